"""Statuspage's API, as much of it as we need: look, create, update. One call, one answer.

What we post carries a mark in its metadata, so that after an answer that was lost a look finds it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings.telling import StatusPageSettings

TIMEOUT = 15.0  # seconds
LIMITED = 60.0  # seconds to wait where they name no time: 60 calls a minute are allowed
PAGE, PAGES = 50, 4  # newest incidents that are looked through
MOST_READ = 8 * 1024 * 1024  # bytes of a list of incidents with all their updates
LATER = (408, 420, 425, 429)


@dataclass(frozen=True, slots=True)
class There:
    """An incident of the page. `mark` is our incident's, `post` the last text that we sent."""

    id: str
    mark: str
    post: str


class StatusPage:
    """One page. Raises Temporary (try again; it may have happened) and Permanent."""

    def __init__(self, http: Http, page: StatusPageSettings) -> None:
        self._http = http
        self._page = page
        self._base = f"{page.api_url}/pages/{page.page_id}/incidents"

    async def find(self, external_id: str, mark: str) -> There | None:
        """By its own id where we know it, else by our mark among the newest ones."""
        if external_id:
            answer = await self._call("GET", self._one(external_id), missing=True)
            if answer is not None:
                return _there(answer)
        for number in range(1, PAGES + 1):
            listed = await self._call("GET", f"{self._base}?limit={PAGE}&page={number}")
            rows = [_there(row) for row in listed or ()]
            found = next((row for row in rows if row.mark == mark), None)
            if found is not None or len(rows) < PAGE:
                return found
        return None

    async def create(self, body: Mapping[str, Any], mark: str, post: str) -> str:
        """The new incident's id."""
        return _there(await self._call("POST", self._base, _payload(body, mark, post))).id

    async def update(self, external_id: str, body: Mapping[str, Any], mark: str, post: str) -> None:
        await self._call("PATCH", self._one(external_id), _payload(body, mark, post))

    def _one(self, external_id: str) -> str:
        return f"{self._base}/{quote(external_id, safe='')}"

    async def _call(
        self,
        method: str,
        url: str,
        payload: Mapping[str, Any] | None = None,
        *,
        missing: bool = False,
    ) -> Any:
        try:
            answer = await self._http.request(
                method,
                url,
                timeout=TIMEOUT,
                headers={
                    "Authorization": f"OAuth {self._page.api_key.reveal()}",
                    "Content-Type": "application/json",
                },
                body=json.dumps(payload).encode() if payload is not None else None,
                allow_private=self._page.allow_private,
                max_bytes=MOST_READ,
                redirects=0,
            )
        except Failed as error:
            if error.reason == "internal":
                raise Permanent(error.message) from error
            raise
        if missing and answer.status == 404:
            return None
        return _judged(answer)


def _judged(answer: Answer) -> Any:
    """The JSON of a good answer."""
    status = answer.status
    if status in LATER or status >= 500:
        asked = answer.headers.get("Retry-After", "")
        wait = float(asked) if asked.isascii() and asked.isdigit() else None
        raise Temporary(f"it answered {status}", wait or (LIMITED if status in LATER else None))
    if not 200 <= status < 300:
        raise Permanent(f"it answered {status}: {_words(answer)}")
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise Temporary("its answer was no JSON") from error


def _words(answer: Answer) -> str:
    """What it says of a refusal, within bounds."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return answer.phrase or "no reason"
    return json.dumps(said.get("error", said) if isinstance(said, dict) else said)[:300]


def _payload(body: Mapping[str, Any], mark: str, post: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": body["name"],
        "status": body["status"],
        "body": body["body"],
        "deliver_notifications": bool(body["notify"]),
        "metadata": {"incidentbot": {"id": mark, "post": post}},
    }
    if body["impact"]:
        made["impact_override"] = body["impact"]
    if body["components"]:
        made["components"] = dict(body["components"])
        made["component_ids"] = list(body["components"])
    return {"incident": made}


def _there(row: Any) -> There:
    if not isinstance(row, dict) or not row.get("id"):
        raise Temporary("its answer holds no incident")
    metadata = row.get("metadata")
    ours = metadata.get("incidentbot") if isinstance(metadata, dict) else None
    ours = ours if isinstance(ours, dict) else {}
    return There(str(row["id"]), str(ours.get("id", "")), str(ours.get("post", "")))
