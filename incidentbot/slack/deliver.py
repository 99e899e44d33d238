"""The only module that sends what is in the outbox.

One loop takes turns: a transaction writes down what came of the calls that have ended and takes
those that may go now; they go out side by side, one of each lane. While Slack cannot be reached, or
refuses our token, nothing is sent but one question now and then.
"""

import asyncio
import logging
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.slack import ledger, line, outbox, settle
from incidentbot.slack.classify import NO_ANSWER, RATE_LIMITED, Kind
from incidentbot.slack.client import SlackClient
from incidentbot.slack.directory import Directory
from incidentbot.slack.ledger import Call, Taken, Ways
from incidentbot.slack.line import Known
from incidentbot.slack.reach import Absence
from incidentbot.slack.sending import Sender
from incidentbot.slack.settle import LOST_ROOM, Ended
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

waiting = ledger.waiting

AT_ONCE = 48  # calls under way together
PLACE_PAUSE, PLACE_PAUSE_MOST = 2.0, 60.0  # seconds between two looks for a channel by its name
TICK = 1.0  # seconds between two looks at the outbox: other processes write there too


class Deliverer:
    def __init__(
        self, store: Store, client: SlackClient, directory: Directory, announce: str
    ) -> None:
        self._store = store
        self._client = client
        self._directory = directory
        self._announce = announce
        self._place: str | None = None
        self._seeking: asyncio.Task[None] | None = None
        self._sender = Sender(client)
        self._line = line.Keeper(client)
        self._known: Known | None = None
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._ended: list[Ended] = []
        self._wake = Wake(TICK)
        store.on_commit(outbox.TOPIC, self._wake.ring)

    async def run(self) -> None:
        """Deliver for ever. What was being sent when the last process died is now in doubt."""
        await self._store.tx(ledger.doubt_unfinished)
        self._known = known = await self._store.tx(line.read)
        self._client.reach.adopt(known.state, known.since, known.code)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._line.run(self._wake.ring))
            while True:
                taken = await self._turn()
                for call in taken.calls:
                    self._busy[call.lane] = group.create_task(self._one(call))
                if taken.unplaced and self._seeking is None:
                    self._seeking = group.create_task(self._seek())
                await self._wake.wait(min(TICK, TICK if taken.again is None else taken.again))

    def health(self) -> dict[str, object]:
        """{"state": ok, away or refused, "since", "why"}; the last two are empty while it is ok."""
        return self._line.health()

    async def _turn(self) -> Taken:
        ended, self._ended = self._ended, []
        for one in ended:
            del self._busy[one.call.lane]
            self._mind_place(one)
        reach = self._client.reach
        now = clock.monotonic()
        room = AT_ONCE - len(self._busy) if reach.state == "ok" else 0
        budget = self._client.budget
        ways = Ways(set(self._busy), self._place, budget, now, room)
        here = Known(reach.state, reach.since, reach.code, self._client.user_id)
        before = self._known or here
        absence = reach.taken()
        taken, known = await self._store.tx(_turn, ended, ways, before, here, absence)
        self._line.agree(before, known)
        self._known = known
        for call in taken.calls:
            if call.method != outbox.RESPOND:
                budget.take(call.method, call.channel, now)
        return taken

    async def _one(self, call: Call) -> None:
        outcome, result = await self._sender.send(call)
        self._ended.append(Ended(call, outcome, result))
        self._wake.ring()

    def _mind_place(self, one: Ended) -> None:
        if one.outcome.kind is Kind.DONE or one.call.target != outbox.ANNOUNCE:
            return
        if one.outcome.code in LOST_ROOM:
            log.error("slack: no word gets into %s: %s", self._announce, one.outcome.code)
            self._place = None
            self._directory.forget(self._announce)

    async def _seek(self) -> None:
        """Find the announcement channel, for as long as it takes."""
        pause, why = PLACE_PAUSE, ""
        while self._place is None:
            try:
                self._place = await self._directory.channel(self._announce)
                said = f"the bot cannot see {self._announce}; invite it there"
            except (SlackApiError, *NO_ANSWER) as error:
                said = f"cannot look for {self._announce} yet ({error})"
            if self._place is None:
                if said != why:
                    log.warning("slack: %s", said)
                why = said
                await asyncio.sleep(pause)
                pause = min(pause * 2, PLACE_PAUSE_MOST)
        self._seeking = None
        self._wake.ring()


def _turn(
    session: Session,
    ended: Sequence[Ended],
    ways: Ways,
    before: Known,
    here: Known,
    absence: Absence | None,
) -> tuple[Taken, Known]:
    settle.settle(session, ended)
    known = line.agreed(session, before, here)
    if absence is not None:
        if absence.worth_a_word:
            settle.tell_lateness(session, absence)
        ledger.hurry(session, but=(RATE_LIMITED, *LOST_ROOM))
    if known.state != "ok" or ways.most <= 0:
        return Taken([]), known
    return ledger.take(session, ways), known
