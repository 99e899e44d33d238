"""Public status pages: is the key taken, and are the components there? Nothing is written."""

import json
from collections.abc import Sequence
from typing import Any

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.http import Failed
from incidentbot.settings.telling import StatusPageSettings

TITLE = "Status pages"
PLACE = 96
TIMEOUT = 8.0
WHY = "Nothing can be said on this page."


async def examine(ward: Ward) -> list[Finding]:
    pages = ward.usable().statuspages

    async def look(page: StatusPageSettings) -> Finding:
        try:
            answer = await ward.http.get(
                f"{page.api_url}/pages/{page.page_id}/components",
                timeout=TIMEOUT,
                headers={"Authorization": f"OAuth {page.api_key.reveal()}"},
                allow_private=page.allow_private,
                redirects=0,
            )
        except Failed as error:
            return _away(page, error.message)
        if answer.status in (401, 403):
            return fault(
                page.name,
                f"does not take the key ({answer.status})",
                WHY,
                f"Put a key that may write to the page into {page.api_key.name}.",
            )
        if answer.status == 404:
            step = f"Correct `page_id` of the status page {page.name}."
            return fault(page.name, "there is no page of this id", WHY, step)
        if answer.status != 200:
            return _away(page, f"it answered {answer.status}")
        return _judged(page, _ids(answer.text))

    return await ward.each(pages, look, lambda page: _away(page, "no answer in time"))


def _judged(page: StatusPageSettings, there: Sequence[str]) -> Finding:
    lost = sorted(name for name, id in page.components.items() if id not in there)
    if lost:
        return warning(
            page.name,
            f"has no such component for {', '.join(lost)}",
            "The page refuses a text that names a component it does not have.",
            f"Correct `components` of the status page {page.name}.",
        )
    return ok(page.name, f"takes the key and has {len(there)} components; nothing was written")


def _away(page: StatusPageSettings, words: str) -> Finding:
    step = "Let this machine reach the API, or correct `api_url`."
    return warning(page.name, f"cannot be asked: {words}", WHY, step)


def _ids(text: str) -> list[str]:
    try:
        rows: Any = json.loads(text)
    except ValueError:
        return []
    return [str(row.get("id")) for row in rows if isinstance(row, dict)]
