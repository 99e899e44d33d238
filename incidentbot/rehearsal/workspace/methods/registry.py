"""What a Web API method is: a function with its name, tier and scopes written beside it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..errors import SlackError
from ..links import Links
from ..state import App, Channel, Team, Workspace
from ..tickets import Triggers

T = TypeVar("T")


def argument_error(message: str) -> SlackError:
    """invalid_arguments as Slack words it."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}"]})


@dataclass(slots=True)
class Call:
    """One call: who calls, with what. The readers know how forms and JSON write values."""

    workspace: Workspace
    triggers: Triggers
    links: Links
    app: App
    args: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    @property
    def bot(self) -> str:
        """The user id this call acts as."""
        return self.app.bot_user_id

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        if value is None:
            return default
        if isinstance(value, (dict, list)):
            raise argument_error(f"must provide a string [json-pointer:/{name}]")
        return str(value)

    def need(self, name: str) -> str:
        """A required string."""
        value = self.text(name)
        if not value:
            raise argument_error(f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name)
        if value is None or value == "":
            return default
        return str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.args.get(name)
        if value is None or value == "":
            return default
        try:
            return int(str(value))
        except ValueError:
            raise argument_error(f"must be an integer [json-pointer:/{name}]") from None

    def words(self, name: str) -> list[str]:
        """A list: JSON array, JSON in a string, or comma-joined."""
        value = self.args.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, str):
            if value.startswith("["):
                value = self.nested(name, "invalid_array_arg")
            else:
                return [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list):
            raise SlackError("invalid_array_arg")
        return [str(part) for part in value]

    def nested(self, name: str, code: str = "invalid_json") -> Any:
        """A JSON value, given as itself or as a string of JSON; None when not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if value == "":
            return None
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise SlackError(code) from None

    @property
    def team(self) -> Team:
        """The workspace a call is about: `team_id`, which only org-wide tokens need to give."""
        if self.app.is_org_install and self.text("team_id"):
            return self.workspace.teams[self.text("team_id")]
        return self.workspace.teams.get(next(iter(self.app.team_ids), ""), self.workspace.team)

    def channel(self, name: str = "channel") -> Channel:
        """The channel named by an argument: an id, or the name of a public one."""
        given = self.need(name)
        channel = self.workspace.channels.get(given)
        if channel is None and given[:1] not in ("C", "D", "G"):
            if self.app.is_org_install:
                raise SlackError("team_not_found")  # names do not resolve for a whole organisation
            channel = self.workspace.channel_named(given.removeprefix("#"), self.team.id)
        return self.workspace.visible(channel.id if channel else given, self.bot)

    def page(self, items: list[T], limit: int) -> tuple[list[T], str]:
        """One page by offset cursor, and the next cursor ("" at the end)."""
        start = read_cursor(self.text("cursor"), "offset")
        if start > len(items):
            raise SlackError("invalid_cursor")
        end = start + limit
        return items[start:end], make_cursor("offset", end) if end < len(items) else ""


def make_cursor(kind: str, value: int) -> str:
    return base64.b64encode(f"{kind}:{value}".encode()).decode()


def read_cursor(cursor: str, kind: str) -> int:
    """The number in a cursor, 0 for none; invalid_cursor for anything we did not write."""
    if not cursor:
        return 0
    try:
        name, _, value = base64.b64decode(cursor, validate=True).decode().partition(":")
        if name == kind:
            return int(value)
    except (binascii.Error, ValueError):
        pass
    raise SlackError("invalid_cursor")


Handler = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """`tier` 0 means Slack's "special". One of `scopes` is enough; none means none is needed."""

    name: str
    handler: Handler
    tier: int
    scopes: tuple[str, ...] = ()
    mutates: bool = False
    token: str = "bot"  # or "app", "client" (id and secret) or "any"


class Table:
    """The methods of one family."""

    def __init__(self) -> None:
        self.methods: dict[str, Method] = {}

    def method(
        self,
        name: str,
        *,
        tier: int,
        scopes: Iterable[str] = (),
        mutates: bool = False,
        token: str = "bot",
    ) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.methods[name] = Method(name, handler, tier, tuple(scopes), mutates, token)
            return handler

        return add


def fitting_scopes(method: Method, channel: Channel | None) -> tuple[str, ...]:
    """Of scopes given per conversation type, those for the type at hand; else all."""
    kinds = {"channels", "groups", "im", "mpim"}
    if channel is None or not any(s.split(":")[0] in kinds for s in method.scopes):
        return method.scopes
    kind = "im" if channel.is_im else "groups" if channel.is_private else "channels"
    kind = "mpim" if channel.is_mpim else kind
    return tuple(s for s in method.scopes if s.split(":")[0] == kind) or method.scopes
