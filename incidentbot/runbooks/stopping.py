"""The kill switch: one person stops every next write, everywhere; two let them go on.

It undoes nothing. `stopped` is asked in the transaction of each intent, and holds the row: once
`stop` has returned, nothing more is written.
"""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import audit, clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents.people import Person
from incidentbot.runbooks import humans
from incidentbot.settings import Settings
from incidentbot.store import insert_once
from incidentbot.store.models import Incident, KillSwitch

ALL = "all"
STOPPED, ASKED, REARMED = "stopped", "rearm_asked", "rearmed"  # data["event"] of the entries
MOST = 500  # letters of a reason


def stop(session: Session, person: Person, why: str) -> bool:
    """Nothing is written from now on. False when it was stopped already; a wish to go on that
    somebody had is gone even then."""
    reason = " ".join(why.split())[:MOST]
    if not reason:
        raise Refused("Say why, in a few words: everybody reads it.")
    row = _held(session)
    was = row.pulled_at is not None
    row.asked_at, row.asked_by, row.asked_behind = None, "", ""
    if not was:
        row.pulled_at, row.pulled_by, row.why = clock.now(), person.id, reason
        row.number += 1
    text = f"{person.name} stopped all runbooks: {reason}. Nothing is written until two re-arm."
    key = f"{row.number}:{person.id}:{clock.iso(clock.now())}" if was else str(row.number)
    _tell(session, STOPPED, text, person, key)
    return not was


def ask_rearm(session: Session, settings: Settings, person: Person, behind: str = "") -> str:
    """A wish to let writes go on, in words; the second wish, of another human, does it.

    `behind`: whoever used sudo to act as this person. Raises Refused with why not.
    """
    row = _held(session)
    if row.pulled_at is None:
        raise Refused("Nothing is stopped.")
    if not person.approver:
        raise Refused(f"{person.name} is not among the approvers; two of them re-arm.")
    if humans.is_bot(session, person.id):
        raise Refused("Two people re-arm; a bot is none.")
    if row.asked_at is None:
        row.asked_at, row.asked_by, row.asked_behind = clock.now(), person.id, behind
        text = f"{person.name} asks to let runbooks go on; one more person must agree."
        _tell(session, ASKED, text, person, f"{row.number}:{clock.iso(row.asked_at)}")
        return text
    first = (row.asked_by, row.asked_behind)
    if humans.overlap(session, settings, first, (person.id, behind)):
        raise Refused("Somebody else must agree: the first wish was yours.")
    row.pulled_at, row.asked_at, row.asked_by, row.asked_behind = None, None, "", ""
    text = f"{person.name} agreed: runbooks may write again."
    _tell(session, REARMED, text, person, str(row.number))
    return f"{text}{_file_still(settings)}"


def stopped(session: Session, settings: Settings, *, hold: bool = False) -> str | None:
    """Why nothing may be written now; None when it may. `hold` keeps it so until the end of this
    transaction: asked before each write."""
    row = _held(session) if hold else session.get(KillSwitch, ALL, populate_existing=True)
    if row is not None and row.pulled_at is not None:
        return f"All runbooks are stopped since {row.pulled_at:%H:%M:%S} UTC: {row.why}."
    return by_file(settings.policy.stop_file)


def status(session: Session, settings: Settings) -> dict[str, str | bool]:
    """What a person reads: stopped, why, who asked to go on."""
    why = stopped(session, settings)
    row = session.get(KillSwitch, ALL)
    asked = row.asked_by if row is not None and row.asked_at is not None else ""
    return {"stopped": why is not None, "why": why or "", "rearm_asked_by": asked}


def by_file(path: Path | None) -> str | None:
    """A file that cannot be looked at stops too: it may be there."""
    if path is None:
        return None
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"All runbooks are stopped: {path} cannot be looked at ({error.strerror})."
    return f"All runbooks are stopped: the file {path} is there."


def _file_still(settings: Settings) -> str:
    why = by_file(settings.policy.stop_file)
    return f" But: {why}" if why else ""


def _held(session: Session) -> KillSwitch:
    insert_once(session, KillSwitch, name=ALL, pulled_at=None, asked_at=None)
    return session.get_one(KillSwitch, ALL, with_for_update=True, populate_existing=True)


def _tell(session: Session, event: str, text: str, person: Person, key: str) -> None:
    data = {"event": event, "name": person.name}
    audit.append(session, f"kill_switch.{event}", person.id, data={"text": text, "key": key})
    # In one order, so that two who tell at once do not wait for each other in a circle.
    live = select(Incident.id).where(Incident.status != "resolved").order_by(Incident.id)
    for incident_id in list(session.scalars(live)):
        whole = f"{event}:{key}:{incident_id}"
        timeline.append(session, incident_id, "note", text, actor=person.id, data=data, key=whole)
