"""Things that may be used for a short time or a few times: trigger ids and response URLs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from .errors import SlackError
from .options import Options


@dataclass(slots=True)
class Trigger:
    app_id: str
    user: str
    made: float
    used: bool = False


class Triggers:
    """A trigger_id is good for one use within three seconds."""

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._all: dict[str, Trigger] = {}

    def mint(self, app_id: str, user: str) -> str:
        part = secrets.randbelow(10**12)
        trigger_id = f"{10**12 + part}.{secrets.randbelow(10**11)}.{secrets.token_hex(16)}"
        self._all[trigger_id] = Trigger(app_id, user, self._clock())
        return trigger_id

    def use(self, app_id: str, trigger_id: str) -> str:
        """The user who caused it. Raises invalid_, expired_ or exchanged_trigger_id."""
        trigger = self._all.get(trigger_id)
        if trigger is None or trigger.app_id != app_id:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.made > self._options.trigger_seconds:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer an interaction. `message_ts` is the message that was clicked."""

    app_id: str
    channel: str
    user: str
    made: float
    message_ts: str | None = None
    is_ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """A response_url is good for five answers within thirty minutes."""

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._all: dict[str, ResponseUrl] = {}

    def mint(
        self,
        app_id: str,
        channel: str,
        user: str,
        *,
        message_ts: str | None = None,
        is_ephemeral: bool = False,
        thread_ts: str | None = None,
    ) -> str:
        key = secrets.token_urlsafe(18)
        self._all[key] = ResponseUrl(
            app_id, channel, user, self._clock(), message_ts, is_ephemeral, thread_ts
        )
        return key

    def find(self, key: str) -> ResponseUrl:
        """The grant, not yet counted as used. Raises no_such_url, expired_url or used_url."""
        grant = self._all.get(key)
        if grant is None:
            raise SlackError("no_such_url")
        if self._clock() - grant.made > self._options.response_seconds:
            raise SlackError("expired_url")
        if grant.uses >= self._options.response_uses:
            raise SlackError("used_url")
        return grant
