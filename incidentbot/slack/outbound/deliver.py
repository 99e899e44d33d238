"""The only module that sends what is in the outbox.

One loop takes turns: a transaction writes down what came of the calls that have ended and takes
those that may go now; they go out side by side, one of each lane. While Slack cannot be reached, or
refuses our token, nothing is sent but one question now and then.
"""

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.slack.outbound import ledger, line, outbox, settle, unheard
from incidentbot.slack.outbound.classify import RATE_LIMITED, Kind
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.ledger import Call, Taken, Ways
from incidentbot.slack.outbound.line import Known
from incidentbot.slack.outbound.places import Places
from incidentbot.slack.outbound.reach import Absence
from incidentbot.slack.outbound.sending import Sender
from incidentbot.slack.outbound.settle import LOST_ROOM, Ended
from incidentbot.slack.people.directory import Directory
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

waiting = ledger.waiting

AT_ONCE = 48  # calls under way together
TICK = 1.0  # seconds between two looks at the outbox: other processes write there too


class Deliverer:
    def __init__(
        self, store: Store, client: SlackClient, directory: Directory, announce: str
    ) -> None:
        self._store = store
        self._client = client
        self._sender = Sender(client)
        self._line = line.Keeper(client)
        self._known: Known | None = None
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._ended: list[Ended] = []
        self._wake = Wake(TICK)
        self._places = Places(directory, announce, self._wake.ring)
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
                self._places.seek(taken.unplaced, group)
                await self._wake.wait(min(TICK, TICK if taken.again is None else taken.again))

    def health(self) -> dict[str, object]:
        """{"state": ok, away or refused, "since", "why"}; the last two are empty while it is ok."""
        return self._line.health()

    async def _turn(self) -> Taken:
        ended, self._ended = self._ended, []
        for one in ended:
            del self._busy[one.call.lane]
            if one.outcome.code in LOST_ROOM and one.outcome.kind is not Kind.DONE:
                self._places.lost(one.call.target, one.outcome.code)
        reach = self._client.reach
        now = clock.monotonic()
        room = AT_ONCE - len(self._busy) if reach.state == "ok" else 0
        budget = self._client.budget
        ways = Ways(set(self._busy), self._places.known, budget, now, room)
        here = Known(reach.state, reach.since, reach.code, self._client.user_id)
        before = self._known or here
        absence = reach.taken()
        unseen = set(self._places.unseen)
        # Ahead of the readers; being one loop, it leaves room for one of them between two turns.
        taken, known = await self._store.first(_turn, ended, ways, before, here, absence, unseen)
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


def _turn(
    session: Session,
    ended: Sequence[Ended],
    ways: Ways,
    before: Known,
    here: Known,
    absence: Absence | None,
    unseen: set[str],
) -> tuple[Taken, Known]:
    settle.settle(session, ended)
    known = line.agreed(session, before, here)
    if absence is not None:
        if absence.worth_a_word:
            settle.tell_lateness(session, absence)
        ledger.hurry(session, but=(RATE_LIMITED, *LOST_ROOM))
    if known.state != "ok" or ways.most <= 0:
        return Taken([]), known
    taken = ledger.take(session, ways)
    for name in taken.unplaced & unseen:
        unheard.look(session, name)
    return taken, known
