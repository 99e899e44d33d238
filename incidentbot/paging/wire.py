"""One JSON call to a paging service: what may work later is Temporary, the rest Permanent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings import Duration, Flag, SettingsModel

LATER = (408, 425, 429)
MOST_READ = 1024 * 1024  # bytes of an answer
LONGEST_WAIT = 600.0  # seconds that a service may ask us to wait at most
WORDS = 200  # characters of an answer that are told


class WireOptions(SettingsModel):
    """Keys of every service that is reached over the net."""

    timeout: Duration = Field(timedelta(seconds=10), description="Longest wait for one answer.")
    allow_private: Flag = Field(
        False, description="Let the addresses lead to this machine or a private network."
    )


async def call(
    http: Http,
    options: WireOptions,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Any = None,
) -> dict[str, Any]:
    """The JSON object that came back. Raises Temporary or Permanent; neither holds a secret."""
    try:
        answer = await http.request(
            method,
            url,
            timeout=options.timeout.total_seconds(),
            headers={"Content-Type": "application/json", **headers},
            body=None if body is None else json.dumps(body).encode(),
            allow_private=options.allow_private,
            max_bytes=MOST_READ,
            redirects=0,
        )
    except Failed as error:
        if error.reason == "internal":
            raise Permanent(error.message) from error
        raise Temporary(error.message) from error
    return _judged(answer)


def _judged(answer: Answer) -> dict[str, Any]:
    if answer.status in LATER or answer.status >= 500:
        raise Temporary(f"it answered {answer.status}", _asked(answer))
    if not 200 <= answer.status < 300:
        raise Permanent(f"it answered {answer.status}{_said(answer)}")
    try:
        found = json.loads(answer.body) if answer.body.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # A proxy's page, or an answer that broke off: the call may well have been taken.
        raise Temporary("it answered with something that is no JSON object")
    return found


def _asked(answer: Answer) -> float | None:
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:6]), LONGEST_WAIT)
    return None


def _said(answer: Answer) -> str:
    """The service's own words for a refusal, short."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    parts: list[str] = []
    for source in (told, told.get("error")):
        if isinstance(source, dict):
            errors = source.get("errors")
            parts += [str(source["message"])] if source.get("message") else []
            parts += [str(one) for one in errors] if isinstance(errors, list) else []
    text = "; ".join(dict.fromkeys(parts))
    return f": {text[:WORDS]}" if text else ""
