"""How the chain grows: h_n = SHA256(h_(n-1) + the canonical form of row n).

Rows gather while a transaction runs, and are chained at its very end: the head, which all of them
share, is locked for a moment only, and nothing else is locked after it, so it causes no deadlock.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.errors import IncidentbotError
from incidentbot.store import changed
from incidentbot.store.models import AuditHead, AuditRow
from incidentbot.timeline import Entry

TOPIC = "audit"
WAITING = "audit rows"  # in Session.info: those of this transaction
HEAD = 1  # the id of the one head
GENESIS = ""  # the hash before the first row


def append(
    session: Session,
    kind: str,
    actor: str,
    incident_id: str = "",
    plan_id: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write one row when this transaction commits, and none when it does not.

    `kind` as in "runbook.approved", "role", "kill_switch". `data` is JSON; secrets never.
    """
    session.info.setdefault(WAITING, []).append(
        {
            "at": clock.iso(clock.now()),
            "kind": kind,
            "actor": actor,
            "incident_id": incident_id,
            "plan_id": plan_id,
            "data": ids.canonical(dict(data or {})).decode(),
        }
    )
    changed(session, TOPIC)


def told(session: Session, entry: Entry | None, plan_hash: str) -> None:
    """The same for what the timeline tells of a plan; nothing for a repeat, which is no entry."""
    if entry is None:
        return
    event_of = str(entry.data.get("event", "told"))
    data = {**entry.data, "text": entry.text, "plan_hash": plan_hash, "entry": entry.seq}
    plan_id = str(entry.data.get("plan_id", ""))
    append(session, f"runbook.{event_of}", entry.actor, entry.incident_id, plan_id, data)


def hash_of(
    prev_hash: str,
    seq: int,
    at: str,
    kind: str,
    actor: str,
    incident_id: str,
    plan_id: str,
    data: str,
) -> str:
    """The hash of one row, as 64 hexadecimal digits. Pure."""
    row = ids.canonical([seq, at, kind, actor, incident_id, plan_id, data])
    return hashlib.sha256(prev_hash.encode() + row).hexdigest()


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    waiting: list[dict[str, Any]] = session.info.pop(WAITING, [])
    if not waiting:
        return
    session.flush()  # so that no other row is locked after the head
    head = session.get(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    if head is None:
        raise IncidentbotError(
            "The head of the audit log is gone, so nothing can be written down and nothing is done."
            " Look: incidentbot audit verify"
        )
    for row in waiting:
        row |= {"seq": head.seq + 1, "prev_hash": head.hash}
        row["hash"] = hash_of(**row)
        head.seq, head.hash = row["seq"], row["hash"]
    session.execute(insert(AuditRow), waiting)
