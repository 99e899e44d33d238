"""The line to Slack: asked now and then whether it stands, and remembered across restarts."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.store import insert_once
from incidentbot.store.models import Line

log = logging.getLogger(__name__)

NAME = "slack"  # the one row
_LINE = select(Line.state, Line.since, Line.code, Line.me).where(Line.name == NAME)
WARM = 2  # connections: a new channel's card and invitation go out side by side


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the line. `me`: the bot's own user id."""

    state: str
    since: datetime | None
    code: str
    me: str


class Keeper:
    """Asks Slack: rarely while all is well, sooner while it is away, and once a minute at most
    while it refuses our token. `health` and the log say how it stands."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client
        self._reach = client.reach
        self._changed = asyncio.Event()
        self._at_once = False  # is it so? One call may be denied, an event may be an old one

    async def run(self, ring: Callable[[], None]) -> None:
        """For ever; `ring` after each answer."""
        patience = self._reach.patience
        pause = 0.0  # at the start at once
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
                self._changed.clear()
                pause = 0.0 if self._at_once else self._pause(patience.probe)
                self._at_once = False
                continue
            except TimeoutError:
                pass
            many = WARM if self._reach.state == "ok" else 1
            await asyncio.gather(*(self._client.probe() for _ in range(many)))
            ring()
            longer = min(max(pause, patience.probe) * 2, patience.probe_most)
            pause = self._pause(longer)

    def agree(self, before: Known, known: Known) -> None:
        """The line is known to stand so now; a change is said once in the log."""
        if (known.state, known.code) == (before.state, before.code):
            return
        if self._reach.state != known.state:
            self._reach.adopt(known.state, known.since, known.code)
        self._at_once = known.state == "refused"
        self._changed.set()
        _say(known)

    def health(self) -> dict[str, object]:
        """See `Deliverer.health`."""
        since = self._reach.since
        return {
            "state": self._reach.state,
            "since": clock.iso(since) if since and self._reach.state != "ok" else "",
            "why": self._reach.code,
        }

    def _pause(self, away: float) -> float:
        patience = self._reach.patience
        pauses = {"ok": patience.keep_warm, "away": away, "refused": patience.refused}
        return pauses[self._reach.state]


def read(session: Session) -> Known:
    """What an earlier process knew."""
    insert_once(session, Line, name=NAME, state="ok", since=None, code="", me="")
    return _known(session)


def agreed(session: Session, before: Known, here: Known) -> Known:
    """Write what we learned since `before`, or learn what somebody else wrote meanwhile."""
    known = _known(session)
    if (known.state, known.code) != (before.state, before.code):
        return known
    if here != known:
        row = session.get_one(Line, NAME)
        row.state, row.since, row.code = here.state, here.since, here.code[:80]
        row.me = here.me or row.me
    return here


def _known(session: Session) -> Known:
    return Known(*session.execute(_LINE).one())


def _say(known: Known) -> None:
    if known.state == "refused":
        log.error(
            "slack: the bot token is refused (%s). Messages wait: install the app again, or start"
            " with a good SLACK_BOT_TOKEN. Slack is asked again once a minute.",
            known.code,
        )
    elif known.state == "away":
        log.warning("slack: no answer any more (%s); messages wait", known.code)
    else:
        log.info("slack: it answers")
