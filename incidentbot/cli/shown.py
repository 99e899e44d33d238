"""What the commands about incidents print: lines for people, the same as JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.store.models import Channel, Incident, Profile
from incidentbot.timeline import Entry

LAST = 10
Facts = dict[str, Any]


def facts(session: Session, incident_id: str) -> Facts:
    """One incident, as plain JSON values."""
    row = lifecycle.get(session, incident_id)
    channel = session.get(Channel, incident_id)
    roles = lifecycle.roles(session, incident_id)
    return {
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "severity": row.severity,
        "severity_word": lifecycle.SEVERITIES[row.severity],
        "summary": row.summary,
        "dependency": row.dependency,
        "private": row.private,
        "test": row.test,
        "merged_into": row.merged_into,
        "channel": channel.name if channel and channel.channel_id else None,
        "channel_error": channel.error if channel else "",
        "roles": {role: name_of(session, person) for role, person in roles.items()},
        **{key: _iso(getattr(row, key)) for key in MOMENTS},
    }


MOMENTS = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at")


def listed(session: Session, rows: Sequence[Incident]) -> list[Facts]:
    return [facts(session, row.id) for row in rows]


def whole(session: Session, incident_id: str, last: int) -> Facts:
    """With its newest lines, the oldest of them first."""
    entries = timeline.told(timeline.read(session, incident_id))
    found = facts(session, incident_id)
    return found | {"timeline": [_entry(e) for e in entries[-last:]], "entries": len(entries)}


def name_of(session: Session, person: str) -> str:
    """As Slack calls them, else their id."""
    profile = session.get(Profile, person)
    return profile.name if profile else person


def row(found: Facts) -> str:
    """INC-1  sev 3  open  4 min  Maya Okafor  Uploads hang"""
    return "  ".join(_cells(found))


def table(found: Sequence[Facts]) -> str:
    if not found:
        return "No incident so far."
    head = ("ID", "SEVERITY", "STATE", "SINCE", "COMMANDER", "WHAT FAILS")
    return columns([head, *(_cells(one) for one in found)])


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Aligned; the last column may be as long as it is."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def page(found: Facts) -> str:
    """One incident whole, for reading."""
    roles = found["roles"]
    since = clock.parse(found["started_at"])
    lines = [
        f"{found['id']}  {_marks(found)}Sev {found['severity']} ({found['severity_word']}), "
        f"{found['status']}: {plain(found['title'])}",
        "",
        *_pairs(
            [
                ("failing since", f"{since:%Y-%m-%d %H:%M:%S} UTC ({_age(found)})"),
                ("dependency", found["dependency"] or ""),
                ("channel", _channel(found)),
                *((role, roles.get(role, "nobody" if role == "commander" else ""))
                  for role in lifecycle.ROLES),
                ("merged into", found["merged_into"] or ""),
                ("now", found["summary"]),
            ]
        ),
        "",
        *(line(entry) for entry in found["timeline"]),
    ]  # fmt: skip
    more = found["entries"] - len(found["timeline"])
    if more > 0:
        lines.append(f"({more} earlier: incidentbot timeline {found['id']})")
    return "\n".join(lines)


def line(entry: Mapping[str, Any]) -> str:
    return f"{clock.parse(entry['at']):%H:%M:%S}  {entry['kind']:<9} {plain(entry['text'])}"


def plain(text: object) -> str:
    """Foreign text for a terminal, in one line: nothing in it can move the cursor or colour."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{what:<14} {plain(value)}" for what, value in pairs if value]


def _cells(found: Facts) -> tuple[str, ...]:
    commander = found["roles"].get("commander", "nobody")
    what = f"{_marks(found)}{plain(found['title'])}"
    return (found["id"], f"sev {found['severity']}", found["status"], _age(found),
            plain(commander), what)  # fmt: skip


def _marks(found: Facts) -> str:
    return "".join(f"{word} · " for word, key in (("TEST", "test"), ("PRIVATE", "private"))
                   if found[key])  # fmt: skip


def _channel(found: Facts) -> str:
    if found["channel"]:
        return f"#{found['channel']}"
    why = found["channel_error"]
    return f"none so far ({why})" if why else "none so far"


def _age(found: Facts) -> str:
    end = clock.parse(found["resolved_at"]) if found["resolved_at"] else clock.now()
    return lifecycle.words((end - clock.parse(found["started_at"])).total_seconds())


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": clock.iso(entry.at),
        "kind": entry.kind,
        "actor": entry.actor,
        "text": entry.text,
    }


def _iso(at: datetime | None) -> str | None:
    return clock.iso(at) if at else None
