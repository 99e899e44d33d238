"""What a person can do, for the page and for tests. Nothing here trusts more than ids.

Buttons, options and views are looked up in the stored state: nobody can press a button that was
never posted. Every function gives a Result; none raises SlackError.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

from . import payloads
from .errors import SlackError
from .hub import Hub
from .inputs import elements_of, read, states
from .offers import message_place
from .responding import answer_slash
from .state import App, Channel, Draft, Message, Workspace
from .typed import encode, rich_text

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Result:
    """How it went. `errors` are per block_id; `answer` is what an external select was offered."""

    ok: bool = True
    error: str = ""
    ts: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)


def outcome(
    action: Callable[P, Coroutine[Any, Any, Result]],
) -> Callable[P, Coroutine[Any, Any, Result]]:
    """Give a Slack error as a Result."""

    @wraps(action)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return await action(*args, **kwargs)
        except SlackError as error:
            return Result(ok=False, error=error.code)

    return run


@outcome
async def say(hub: Hub, user: str, channel: str, text: str, thread_ts: str | None = None) -> Result:
    """Post what a person typed; text that starts with "/" is a slash command."""
    ws = hub.workspace
    if text.startswith("/"):
        return await _slash(hub, user, ws.visible(channel, user), text, thread_ts)
    if not text.strip():
        raise SlackError("no_text")
    draft = Draft(
        text=encode(ws, text),
        blocks=[rich_text(ws, text)],
        thread_ts=thread_ts,
        extra={"client_msg_id": str(uuid.uuid4())},
    )
    return Result(ts=ws.post_message(user, channel, draft)["ts"])


def _apps_for(hub: Hub, user: str) -> list[App]:
    """Commands and shortcuts are only for people of the organisation that installed the app."""
    ws = hub.workspace
    return [] if ws.is_external(user) else list(ws.apps.values())


async def _slash(hub: Hub, user: str, channel: Channel, line: str, thread_ts: str | None) -> Result:
    ws = hub.workspace
    name, _, text = line.partition(" ")
    known = ((a, c) for a in _apps_for(hub, user) for c in a.commands if c.command == name)
    # Two apps with one command: the one installed last answers.
    app, command = next(reversed(list(known)), (None, None))
    if app is None or command is None:
        ws.notice(user, channel.id, f"`{encode(ws, name)}` is not a valid command.")
        return Result(ok=False, error="unknown_command")
    if thread_ts:
        ws.notice(user, channel.id, f"{name} is not supported in threads. Sorry!")
        return Result(ok=False, error="not_supported_in_threads")
    payload = payloads.slash(hub, app, user, channel, command, text.strip())
    try:
        answer = await hub.ask("slash_commands", payload, app.app_id, accepts=True)
        answer_slash(ws, app, user, channel.id, answer)
    except SlackError as error:
        ws.notice(user, channel.id, f'{name} failed with the error "{error.code}"')
        return Result(ok=False, error=error.code)
    return Result()


def find_message(ws: Workspace, user: str, channel: str, ts: str) -> tuple[Channel, Message]:
    """A message this person sees: in the channel, or ephemeral and theirs."""
    place = ws.visible(channel, user)
    message = place.find(ts) or ws.find_ephemeral(user, channel, ts)
    if message is None:
        raise SlackError("message_not_found")
    return place, message


def app_of(ws: Workspace, message: Message) -> App:
    """The app that made a message, or what stands under one of its links."""
    shown = [one.get("app_id", "") for one in message.get("attachments", [])]
    for app_id in (message.get("app_id", ""), *shown):
        if app_id in ws.apps:
            return ws.apps[app_id]
    raise SlackError("no_such_element")


def blocks_of(message: Message) -> list[dict[str, Any]]:
    """The blocks of a message, those in its attachments too."""
    attached = (b for a in message.get("attachments", []) for b in a.get("blocks", []))
    return [*message.get("blocks", []), *attached]


def find_element(
    blocks: list[dict[str, Any]], action_id: str, block_id: str | None
) -> tuple[str, dict[str, Any]]:
    """(block_id, element); no_such_element when it is not there."""
    for block in blocks:
        if block_id in (None, block["block_id"]):
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block["block_id"], element
    raise SlackError("no_such_element")


def action_of(hub: Hub, block_id: str, element: dict[str, Any], raw: Any) -> dict[str, Any]:
    action = {"action_id": element["action_id"], "block_id": block_id, "type": element["type"]}
    if element["type"] == "button":
        action["text"] = element["text"]
        action |= {k: element[k] for k in ("value", "style", "url") if k in element}
    else:
        action |= read(element, raw)
        action |= {k: element[k] for k in ("placeholder", "initial_option") if k in element}
    return action | {"action_ts": payloads.action_ts(hub)}


@outcome
async def click(
    hub: Hub,
    user: str,
    channel: str,
    ts: str,
    action_id: str,
    *,
    block_id: str | None = None,
    selected: Any = None,
    values: dict[str, Any] | None = None,
) -> Result:
    """Press a button or pick in a menu of a message.

    `selected` is an option's value (or a list, an id, a date); a button's value comes from the
    message itself. `values` is what stands in the other fields of the message.
    """
    ws = hub.workspace
    place, message = find_message(ws, user, channel, ts)
    if place.is_archived:
        raise SlackError("is_archived")
    app = app_of(ws, message)
    blocks = hub.offers.fill(user, message_place(channel, ts), blocks_of(message))
    found_block, element = find_element(blocks, action_id, block_id)
    action = action_of(hub, found_block, element, selected)
    typed = dict(values or {})
    if element["type"] != "button":
        typed[action_id] = selected
    payload = payloads.message_click(hub, app, user, place, message, action, states(blocks, typed))
    return await _interact(hub, app.app_id, payload, user, channel)


async def _interact(
    hub: Hub, app_id: str, payload: dict[str, Any], user: str, channel: str | None
) -> Result:
    try:
        await hub.ask("interactive", payload, app_id, accepts=False)
    except SlackError as error:
        if channel is not None:
            hub.workspace.notice(user, channel, f'That did not work: "{error.code}"')
        raise
    return Result()


async def select(
    hub: Hub,
    user: str,
    channel: str,
    ts: str,
    action_id: str,
    selected: Any,
    *,
    block_id: str | None = None,
) -> Result:
    """Pick in a menu of a message: an option's value, a list of them, an id or a date."""
    return await click(hub, user, channel, ts, action_id, block_id=block_id, selected=selected)


@outcome
async def global_shortcut(hub: Hub, user: str, callback_id: str) -> Result:
    """Run a shortcut from the lightning menu."""
    for app in _apps_for(hub, user):
        for shortcut in app.shortcuts:
            if (shortcut.type, shortcut.callback_id) == ("global", callback_id):
                payload = payloads.global_shortcut(hub, app, user, shortcut)
                return await _interact(hub, app.app_id, payload, user, None)
    raise SlackError("no_such_shortcut")


@outcome
async def message_shortcut(hub: Hub, user: str, channel: str, ts: str, callback_id: str) -> Result:
    """Run a shortcut from the menu of a message."""
    place, message = find_message(hub.workspace, user, channel, ts)
    for app in _apps_for(hub, user):
        for shortcut in app.shortcuts:
            if (shortcut.type, shortcut.callback_id) == ("message", callback_id):
                payload = payloads.message_shortcut(hub, app, user, shortcut, place, message)
                return await _interact(hub, app.app_id, payload, user, channel)
    raise SlackError("no_such_shortcut")


@outcome
async def open_home(hub: Hub, user: str, tab: str = "home") -> Result:
    """Open the app's Home (or "messages") tab; the app hears app_home_opened."""
    ws = hub.workspace
    channel, _ = ws.open_im(user, ws.app.bot_user_id)
    ws.emit("home_opened", channel=channel.id, user=user, tab=tab)
    return Result()


@outcome
async def react(
    hub: Hub, user: str, channel: str, ts: str, name: str, *, remove: bool = False
) -> Result:
    """Add or take back a reaction."""
    (hub.workspace.unreact if remove else hub.workspace.react)(user, channel, ts, name)
    return Result(ts=ts)


@outcome
async def pin(hub: Hub, user: str, channel: str, ts: str, *, remove: bool = False) -> Result:
    """Pin or unpin a message."""
    (hub.workspace.unpin if remove else hub.workspace.pin)(user, channel, ts)
    return Result(ts=ts)


@outcome
async def join(hub: Hub, user: str, channel: str) -> Result:
    """Join a public channel."""
    hub.workspace.join(user, channel)
    return Result()
