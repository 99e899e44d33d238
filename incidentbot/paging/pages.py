"""The rows of what was asked. Functions of a session; the calls themselves are made by `calls`.

asking -> asked, and for a service that pages by itself on to acking -> acked -> closing -> closed.
`failing` has been told to people and is still tried; `failed` is not. A row is marked before each
call (`attempts`), so that after a crash it is known that the call may have been taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.paging import words
from incidentbot.paging.contract import Someone, What
from incidentbot.paging.policy import Level
from incidentbot.store.models import Incident, Page, PageRound

OPEN = ("asking", "failing")
LOST = ("failed", "failing")
TOLD: dict[str, tuple[What, str]] = {
    "acking": ("acknowledged", "acked"),
    "closing": ("resolved", "closed"),
}
MOST = 100  # rows at once
SAY_AT = 4  # tries after which people hear that it does not work
SAY_AFTER = 30.0  # seconds that the next try is off, after which they hear of it at once
GIVE_UP = 60  # tries to tell a service that it is over: about five hours
LONGEST_PAUSE = 60.0  # seconds between two tries to reach somebody
LONGEST_TELL = 300.0
LOOK, LOOK_LATER = timedelta(seconds=15), timedelta(seconds=60)
FRESH = timedelta(minutes=10)  # how long an answer is looked for more often


@dataclass(frozen=True, slots=True)
class Work:
    """A row as `calls` sees it. `policy` is the round's; `suffix` parts its key from others."""

    id: str
    incident_id: str
    policy: str
    level: int
    place: int
    kind: str
    part: str
    state: str
    targets: tuple[str, ...]
    suffix: str


def ask(session: Session, round_: PageRound, level: Level) -> None:
    """The rows for one level: who is on call, and the page itself, side by side."""
    for place, one in enumerate(level.asks):
        for part, wanted in (("who", one.provider.knows), ("page", one.provider.pages)):
            if wanted(one.options):
                _add(session, round_, round_.level, place, one.kind, part, [])


def ask_people(session: Session, incident_id: str, refs: Sequence[str], by: Person) -> None:
    """Somebody wants these people to come; whatever the policy says."""
    lifecycle.get(session, incident_id)
    made = session.scalars(select(Page.place).filter_by(incident_id=incident_id, level=-1))
    place = max(made, default=-1) + 1
    stand_in = PageRound(incident_id=incident_id, number=0)
    _add(session, stand_in, -1, place, "people", "who", [by.name, *refs])


def due(session: Session, now: datetime) -> list[Work]:
    """What there is to do, the longest waiting first."""
    rows = session.execute(
        select(Page, PageRound.policy)
        .outerjoin(
            PageRound,
            (PageRound.incident_id == Page.incident_id) & (PageRound.number == Page.number),
        )
        .where(Page.at <= now)
        .order_by(Page.at)
        .limit(MOST)
    )
    return [_work(page, policy or "") for page, policy in rows]


def sending(session: Session, work: Work) -> bool:
    """Mark the row before the call. False when it is no longer wanted."""
    row = _locked(session, work)
    if row.state != work.state:
        return False
    row.attempts += 1
    return True


def found(session: Session, work: Work, title: str, people: Sequence[Someone]) -> None:
    """Who is on call: they are asked from now on. Those whom Slack does not know are told of."""
    row = _locked(session, work)
    if row.state not in OPEN:
        return
    reached = [one for one in people if one.id]
    lost = [one for one in people if not one.id]
    if not people:
        _fail(session, row, words.nobody_on_call(title), [])
    elif lost:
        _fail(session, row, words.unknown(lost), [one.name for one in lost])
    if not reached:
        return
    row.state, row.asked_at, row.at = "asked", clock.now(), None
    if work.level >= 0:
        others = _asked_beside(session, row)
        row.targets = [one.id for one in reached]
        reached = [one for one in reached if one.id not in others]
    if reached:
        text = words.asked(reached, work.kind, title)
        if work.level < 0:
            text = words.asked_by(row.targets[0], reached)
        some = [{"id": one.id, "name": one.name} for one in reached]
        _tell(session, row, "asked", text, people=some)


def paged(session: Session, work: Work, title: str, external_id: str) -> None:
    """The service has taken the page."""
    row = _locked(session, work)
    row.external_id = external_id[:200]
    row.asked_at = row.asked_at or clock.now()
    if row.state in OPEN:
        row.state, row.at, row.attempts = "asked", clock.now() + LOOK, 0
        _tell(session, row, "asked", words.paged(title), people=[])


def not_now(
    session: Session, work: Work, text: str, call: Sequence[str], wait: float | None
) -> None:
    """Tried and failed; it is tried again. People hear of it once, if it goes on."""
    row = _locked(session, work)
    if row.state not in OPEN:
        return
    row.at = clock.now() + timedelta(seconds=wait or pause(row.attempts, LONGEST_PAUSE))
    row.detail = text
    late = row.attempts >= SAY_AT or (wait or 0.0) > SAY_AFTER
    if late and row.state == "asking":
        row.state = "failing"
        _tell(session, row, "failed", text, call=list(call), again=True)


def never(session: Session, work: Work, text: str, call: Sequence[str]) -> None:
    """It will not work however often it is tried."""
    row = _locked(session, work)
    if row.state in OPEN:
        _fail(session, row, text, call)


def unanswered(session: Session, work: Work, *, over: bool = False, title: str = "") -> None:
    """Looked, and nobody took it there. `over`: it was closed there instead."""
    row = _locked(session, work)
    if row.state != "asked":
        return
    now = clock.now()
    fresh = row.asked_at is not None and now - row.asked_at < FRESH
    row.at = None if over else now + (LOOK if fresh else LOOK_LATER)
    if over:
        _tell(session, row, "closed", words.closed_there(title))


def answered(session: Session, work: Work, title: str, person: Person) -> None:
    """Somebody took it there: it is theirs here too."""
    row = _locked(session, work)
    if row.state != "asked":
        return
    row.state, row.at = "acked", None
    incident = lifecycle.get(session, work.incident_id)
    if incident.status != "resolved" and lifecycle.acknowledge(session, work.incident_id, person):
        by = {"id": person.id, "name": person.name}
        _tell(session, row, "acknowledged", words.acknowledged(person.name, title), people=[by])


def broke(session: Session, work: Work, text: str) -> None:
    """Something that nobody foresaw: tried again, and told like any other failure."""
    row = _locked(session, work)
    if row.state in OPEN:
        not_now(session, work, text, [], None)
    elif row.at is not None:
        row.at = clock.now() + timedelta(seconds=pause(row.attempts, LONGEST_TELL))


def told(session: Session, work: Work) -> None:
    """The service knows by now."""
    row = _locked(session, work)
    if row.state == work.state:
        row.state, row.at, row.attempts = TOLD[work.state][1], None, 0


def untold(session: Session, work: Work, title: str, why: str, wait: float | None) -> None:
    """The service does not know yet. `wait` below 0: and never will."""
    row = _locked(session, work)
    if row.state != work.state:
        return
    row.detail = why
    if (wait is not None and wait < 0) or row.attempts >= GIVE_UP:
        row.state, row.at = "failed", None
        text = words.untold(title, TOLD[work.state][0], why)
        _tell(session, row, "failed", text, call=[])
        return
    row.at = clock.now() + timedelta(seconds=wait or pause(row.attempts, LONGEST_TELL))


def stop(session: Session, round_: PageRound, *, over: bool) -> None:
    """The round has ended. What a service may know of is acknowledged there, or resolved."""
    rows = select(Page).filter_by(incident_id=round_.incident_id, number=round_.number)
    for row in session.scalars(rows):
        if row.part == "page" and _may_be_known(row):
            _turn(row, "closing" if over else "acking")
        elif row.state in OPEN:
            row.state, row.at = "cancelled", None


def close(session: Session, incident_id: str) -> None:
    """The incident is over: so is whatever a service knows of."""
    for row in session.scalars(select(Page).filter_by(incident_id=incident_id, part="page")):
        if _may_be_known(row):
            _turn(row, "closing")


def all_failed(session: Session, round_: PageRound) -> bool:
    """Whether nobody at all was reached on the present level."""
    where = {"incident_id": round_.incident_id, "number": round_.number, "level": round_.level}
    states = list(session.scalars(select(Page.state).filter_by(**where)))
    return bool(states) and all(state in LOST for state in states)


def pause(attempts: int, most: float) -> float:
    """Seconds before the next try, after so many."""
    return min(2.0 ** min(max(attempts - 1, 0), 16), most)


def _may_be_known(row: Page) -> bool:
    if row.state in OPEN:
        return row.attempts > 0
    return row.state in ("asked", "acking", "acked")


def _turn(row: Page, state: str) -> None:
    if row.state == "acked" and state == "acking":
        return
    row.state, row.at, row.attempts = state, clock.now(), 0


def _add(
    session: Session,
    round_: PageRound,
    level: int,
    place: int,
    kind: str,
    part: str,
    targets: list[str],
) -> None:
    now = clock.now()
    session.add(
        Page(
            id=f"{round_.incident_id}:{round_.number}:{level}:{place}:{part}",
            incident_id=round_.incident_id,
            number=round_.number,
            level=level,
            place=place,
            kind=kind,
            part=part,
            targets=targets,
            state="asking",
            at=now,
            attempts=0,
            asked_at=None,
            external_id="",
            detail="",
        )
    )


def _fail(session: Session, row: Page, text: str, call: Sequence[str]) -> None:
    row.state, row.at, row.detail = "failed", None, text
    _tell(session, row, "failed", text, call=list(call), again=False)


def _tell(session: Session, row: Page, event: str, text: str, **more: Any) -> None:
    data = {"event": event, "level": row.level, "round": row.number, "kind": row.kind, **more}
    timeline.append(session, row.incident_id, "page", text, data=data)


def _asked_beside(session: Session, row: Page) -> set[str]:
    """Whom another provider of this level has named already: nobody is mentioned twice at once."""
    where = {"incident_id": row.incident_id, "number": row.number, "level": row.level}
    rows = session.scalars(select(Page).filter_by(**where, part="who", state="asked"))
    return {id for other in rows if other.id != row.id for id in other.targets}


def _work(row: Page, policy: str) -> Work:
    first = row.number == 1 and row.level == 0
    return Work(
        row.id,
        row.incident_id,
        policy,
        row.level,
        row.place,
        row.kind,
        row.part,
        row.state,
        tuple(row.targets),
        "" if first else f":{row.number}.{row.level}",
    )


def _locked(session: Session, work: Work) -> Page:
    # The incident first, as everybody does, so that no two wait for each other.
    session.get_one(Incident, work.incident_id, with_for_update=True, populate_existing=True)
    return session.get_one(Page, work.id, with_for_update=True, populate_existing=True)
