"""External selects: a person types, the app offers (block_suggestion), what was offered counts.

Nobody can choose an option that the app did not offer to them at this place.
"""

from __future__ import annotations

from typing import Any

from . import payloads
from .actions import Result, app_of, blocks_of, find_element, find_message, outcome
from .blocks import check_options
from .errors import SlackError
from .hub import Hub
from .offers import EXTERNAL, message_place
from .state import App, Block

MIN_QUERY = 3


@outcome
async def suggest(
    hub: Hub, user: str, channel: str, ts: str, action_id: str, query: str = "",
    *, block_id: str | None = None,
) -> Result:  # fmt: skip
    """Type into an external select of a message; the offered options are the answer."""
    place, message = find_message(hub.workspace, user, channel, ts)
    app = app_of(hub.workspace, message)
    found, element = _external(blocks_of(message), action_id, block_id)
    payload = payloads.message_suggestion(hub, app, user, place, message, found, element, query)
    where = (user, message_place(channel, ts), found)
    return await _ask(hub, app, where, element, query, payload)


@outcome
async def suggest_view(
    hub: Hub, user: str, view_id: str, action_id: str, query: str = "",
    *, block_id: str | None = None,
) -> Result:  # fmt: skip
    """The same in a modal or Home tab."""
    view = hub.workspace.views.get(view_id)
    if view is None or view.user != user:
        raise SlackError("view_not_found")
    app = hub.workspace.apps[view.app_id]
    found, element = _external(view.blocks, action_id, block_id)
    payload = payloads.view_suggestion(hub, app, user, view, found, element, query)
    return await _ask(hub, app, (user, view_id, found), element, query, payload)


def _external(
    blocks: list[Block], action_id: str, block_id: str | None
) -> tuple[str, dict[str, Any]]:
    found, element = find_element(blocks, action_id, block_id)
    if element["type"] not in EXTERNAL:
        raise SlackError("no_such_element")
    return found, element


async def _ask(
    hub: Hub,
    app: App,
    where: tuple[str, str, str],
    element: dict[str, Any],
    query: str,
    payload: dict[str, Any],
) -> Result:
    if len(query) < element.get("min_query_length", MIN_QUERY):
        raise SlackError("query_too_short")
    answer = await hub.ask("interactive", payload, app.app_id, accepts=True)
    check_options(answer)
    key = "option_groups" if "option_groups" in answer else "options"
    offered = {key: answer[key]}
    hub.offers.add(*where, element["action_id"], offered)
    return Result(answer=offered)
