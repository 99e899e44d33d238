"""Messages of the chat that people keep in an incident's timeline, and what becomes of them.

A kept message is one entry, however many people keep it. Entries never change: an edit, a deletion
or a change of mind is a further entry that says so. A message is known by where it stands:
(channel, ts). It may be kept in several incidents.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids, timeline
from incidentbot.errors import NotFound
from incidentbot.incidents.people import BOT, Person
from incidentbot.store.models import Incident, TimelineEntry


@dataclass(frozen=True, slots=True)
class Said:
    """One message as it stands now. `author` is an id, `name` for reading, `link` its address.

    `text` is for reading: nothing in it is marked up. `files` are {"name", "link", "type"}.
    `edited` is when it was last edited, in the chat's own count, or empty. `own`: we wrote it.
    """

    channel: str
    ts: str
    author: str
    name: str
    text: str
    at: datetime
    link: str = ""
    edited: str = ""
    edited_at: datetime | None = None
    files: Sequence[dict[str, str]] = ()
    own: bool = False

    @property
    def words(self) -> str:
        """What it says, and which files hang on it."""
        names = ", ".join(file["name"] for file in self.files)
        return "\n".join(filter(None, [self.text, f"Files: {names}" if names else ""]))


def keep(session: Session, incident_id: str, said: Said, by: Person) -> bool:
    """Put a message into the story, at the time it was said. False when it is there already."""
    _lock(session, incident_id)
    for number in itertools.count():
        key = _key(said.channel, said.ts, number)
        entry = _entry(session, key)
        if entry is None and _append(session, incident_id, said, by, key):
            return True
        if entry is not None and entry.incident_id == incident_id:
            return False
    raise AssertionError("unreachable")


def is_kept(session: Session, channel: str, ts: str) -> bool:
    return _entry(session, _key(channel, ts, 0)) is not None


def changed(session: Session, said: Said) -> bool:
    """It was edited: an entry with the new words in each incident that keeps it.

    Edits may come in any order; each takes its place by its own time. False when it is no news.
    """
    told = [_changed(session, entry, said) for entry in _kept(session, said.channel, said.ts)]
    return any(told)


def deleted(session: Session, channel: str, ts: str, at: datetime | None = None) -> bool:
    """It is gone from the chat; what it said stays here."""
    told = False
    for entry in _kept(session, channel, ts):
        text = f"A message of {entry.data['name']} was deleted in Slack: {_short(entry.text)}"
        told |= _follow(session, entry, "deleted", text, at=at, key=f"deleted:{entry.key}")
    return told


def released(session: Session, channel: str, ts: str, mark: str) -> bool:
    """Nobody keeps it any more; the entry stays, with a note. `mark` tells this time from others.

    False when it was not kept, or was let go before.
    """
    return _turned(session, channel, ts, mark, "released", "The last pushpin was taken off")


def held_again(session: Session, channel: str, ts: str, mark: str) -> bool:
    """Somebody keeps again what was let go."""
    return _turned(session, channel, ts, mark, "held", "A pushpin is back on")


def _turned(session: Session, channel: str, ts: str, mark: str, event: str, words: str) -> bool:
    told = False
    for entry in _kept(session, channel, ts):
        _lock(session, entry.incident_id)
        if _held(session, entry) == (event == "released"):
            text = f"{words} a message of {entry.data['name']}: {_short(entry.text)}"
            key = f"{event}:{entry.key}:{mark}"
            told |= _follow(session, entry, event, text, key=key, kind="note", actor=BOT)
    return told


def _append(session: Session, incident_id: str, said: Said, by: Person, key: str) -> bool:
    data: dict[str, Any] = {
        "event": "kept",
        "name": said.name,
        "channel": said.channel,
        "ts": said.ts,
        "link": said.link,
        "by": by.id,
        "by_name": by.name,
        "edited": said.edited,
    }
    data |= {"files": list(said.files)} if said.files else {}
    data |= {"own": True} if said.own else {}
    author = said.author or "unknown"
    made = timeline.append(
        session, incident_id, "message", said.words, actor=author, at=said.at, data=data, key=key
    )
    return made is not None


def _changed(session: Session, entry: TimelineEntry, said: Said) -> bool:
    before = str(entry.data.get("edited", ""))
    if entry.data.get("own") or said.edited < before:
        return False  # our own messages live; an edit from before it was kept is in it already
    if said.edited == before and said.words == entry.text:
        return False  # Slack says "changed" for a preview too
    more: dict[str, Any] = {"edited": said.edited}
    more |= {"files": list(said.files)} if said.files else {}
    key = f"changed:{entry.key}:{ids.short(said.edited, said.words)}"
    text = f"{entry.data['name']} edited a message in Slack; it says now: {said.words}"
    return _follow(session, entry, "changed", text, at=said.edited_at, key=key, more=more)


def _follow(
    session: Session,
    entry: TimelineEntry,
    event: str,
    text: str,
    *,
    key: str,
    at: datetime | None = None,
    kind: str = "message",
    actor: str = "",
    more: dict[str, Any] | None = None,
) -> bool:
    """A further entry about a kept message, of its author if of nobody else."""
    data = {
        "event": event,
        "of": entry.seq,
        "channel": entry.data["channel"],
        "ts": entry.data["ts"],
        "link": entry.data["link"],
    }
    data |= {} if actor else {"name": entry.data["name"]}
    made = timeline.append(
        session,
        entry.incident_id,
        kind,
        text,
        actor=actor or entry.actor,
        at=at,
        data=data | (more or {}),
        key=key,
    )
    return made is not None


def _lock(session: Session, incident_id: str) -> None:
    """Two who keep one message, or let it go, at once do so one after the other."""
    if session.get(Incident, incident_id, with_for_update=True) is None:
        raise NotFound(f"There is no incident {incident_id}.")


def _held(session: Session, entry: TimelineEntry) -> bool:
    """Whether the newest word on it is that somebody keeps it."""
    later = select(TimelineEntry).where(
        TimelineEntry.incident_id == entry.incident_id,
        TimelineEntry.kind == "note",
        TimelineEntry.seq > entry.seq,
    )
    about = [
        row.data["event"]
        for row in session.scalars(later.order_by(TimelineEntry.seq))
        if row.data.get("of") == entry.seq and row.data.get("event") in ("released", "held")
    ]
    return not about or about[-1] == "held"


def _kept(session: Session, channel: str, ts: str) -> Iterator[TimelineEntry]:
    for number in itertools.count():
        entry = _entry(session, _key(channel, ts, number))
        if entry is None:
            return
        yield entry


def _key(channel: str, ts: str, number: int) -> str:
    """One key for each incident that keeps the message: the first, the second, and so on."""
    return f"kept:{channel}:{ts}:{number}"


def _entry(session: Session, key: str) -> TimelineEntry | None:
    return session.scalar(select(TimelineEntry).filter_by(key=key))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"
