"""Tell the public, with one of the prepared texts. The plan shows every word, and its approval
by a second person is the approval of the text; the bot's own publisher posts it, once."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from incidentbot import ids
from incidentbot.errors import ConfigError, Refused
from incidentbot.runbooks.actions import _public
from incidentbot.runbooks.contract import (
    Calls,
    Done,
    Goal,
    Live,
    Plane,
    Planned,
    Reads,
    Request,
    Right,
    Way,
)
from incidentbot.settings import AssetSettings, Name, Settings, SettingsModel, Text
from incidentbot.settings.telling import PreparedText, StatusPageSettings

MAY_CHANGE = ("name", "status", "body", "components", "components.*", "impact", "notify")
NOTHING = "nothing"
PUBLIC = ("name", "status", "body", "components", "impact", "notify")
ON_ITS_WAY = "approved"
LOOKS, PAUSE = 40, 0.5  # how long it is waited for the page, in looks and seconds between them


class Arguments(SettingsModel):
    """What a runbook may say of it."""

    page: Name | None = Field(None, description="Name of the page; left out where there is one.")
    text: PreparedText = Field(description="Which of the prepared texts.")


class Options(SettingsModel):
    """Made by `bind`; no switch of an asset has them."""

    incident: Text
    page: StatusPageSettings
    text: PreparedText
    site: Text


def bind(
    settings: Settings, asset: AssetSettings | None, incident_id: str, arguments: Arguments
) -> Options:
    """Raises ConfigError when there is no such page."""
    pages = {page.name: page for page in settings.statuspages}
    name = arguments.page or (next(iter(pages)) if len(pages) == 1 else "")
    if name not in pages:
        allowed = ", ".join(sorted(pages)) or "none is configured"
        raise ConfigError(f"there is no status page {name!r} (allowed: {allowed})")
    return Options(incident=incident_id, page=pages[name], text=arguments.text, site=settings.name)


def plane(options: Options) -> Plane:
    return Plane("data", "", f"The status page's API at {options.page.api_url}")


async def observe(options: Options, calls: Reads) -> Live:
    """What the public was told last of this incident, or is about to be."""
    answer = await calls.read(_look(options), Way())
    told = [post for post in answer["posts"] if post["state"] in (ON_ITS_WAY, "posted")]
    last: Mapping[str, Any] = told[-1] if told else {}
    document = {key: last.get("body", {}).get(key, "") for key in PUBLIC}
    document["dependency"] = answer["dependency"]
    newest = answer["posts"][-1] if answer["posts"] else {"id": NOTHING}
    return Live(_value(document) if told else NOTHING, str(newest["id"]), document)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One text, word for word."""
    body = _public.body(options.page, options.text, options.site, live.document)
    document = {**live.document, **body}
    if _value(document) == live.value:
        raise Refused(f"The status page {options.page.name} says exactly this already.")
    params = {"incident": options.incident, "page": options.page.name, "body": body}
    heard = "its subscribers are told" if body["notify"] else "its subscribers are not told"
    return Planned(
        target=f"statuspage:{options.page.page_id}:{options.incident}",
        requests=(Request("house", "statuspage_post", "", params),),
        after=Live(_value(document), "", document),
        what=f"the status page {options.page.name}: “{body['body']}”",
        touches=(f"What the public reads at {options.page.name}; {heard}",),
        not_touched=("Origins, switches and traffic", "Every other incident of the page"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Hand it to the publisher: the same plan hands it over once."""
    (request,) = requests
    answer, request_id = await calls.write(request, Way())
    return Done(str(answer["post"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Whether the page has taken it; it is waited for, as the publisher tries again by itself."""
    where = f"the status page {options.page.name}"
    for number in range(LOOKS):
        if number:
            await asyncio.sleep(PAUSE)
        answer = await calls.read(_look(options), Way())
        ours = [post for post in answer["posts"] if _value(post["body"]) == after.value]
        if not ours:
            live = await observe(options, calls)
            return False, f"{where} says {live.value}, not {after.value}"
        post = ours[-1]
        if post["state"] == "posted":
            return True, f"{where} says {after.value}: {post['body']['body']}"
        if post["state"] != ON_ITS_WAY:
            return False, f"{where}: the text is {post['state']}: {post['detail']}"
    return False, f"{where} has not taken the text yet; it is tried again"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """What was said cannot be unsaid; another text follows it."""
    return ()


def follows(before: str, after: str) -> bool:
    """People may write to the page as well: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`curl ...`: the page's own incidents"""
    page = options.page
    command = shlex.join(["curl", "-sS", f"{page.api_url}/pages/{page.page_id}/incidents?limit=5"])
    return f'{command} -H "Authorization: OAuth ${page.api_key.name}"'


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def _look(options: Options) -> Request:
    params = {"incident": options.incident, "page": options.page.name}
    return Request("house", "statuspage_look", "", params)


def _value(document: Mapping[str, Any]) -> str:
    """One short word for a text: its status, and a mark of its words."""
    said = {key: document.get(key) for key in PUBLIC}
    return f"{document['status']} {ids.digest(said)[:8]}"
