"""What a new name, a merge or a new role means for the channels: links, invitations, their names.

Runs in the transaction in which the channel hears of it, so each is queued once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.incidents import lifecycle, reshape
from incidentbot.slack.blocks import kit
from incidentbot.slack.channel import naming
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import Channel, Delivery, Timer
from incidentbot.timeline import Entry

ROOM_NAME = "room name"  # the kind of timer that looks whether Slack took a new name
LOOK = timedelta(seconds=1)
AT_ONCE = 100  # people in one invitation


def told(session: Session, entry: Entry) -> kit.Message | None:
    """The entry as a message of its own kind; None when it is a line like any other."""
    event = entry.data.get("event")
    other = entry.data.get("merged_into") or (
        entry.data.get("merged") if event == reshape.MERGED_HERE else None
    )
    if other is None and event not in (reshape.RENAMED, "apart"):
        return None
    line = f"{kit.when(entry.at)}  {kit.esc(entry.text, 1500)}"
    room = session.get(Channel, other) if other else None
    if room is not None and room.channel_id:
        line += f" <#{room.channel_id}>"
    return kit.message(entry.text, [kit.section(line)])


def follow(session: Session, entry: Entry, prefix: str) -> None:
    """Queue what belongs to it beside the message. `prefix`: how channels' names begin."""
    data = entry.data
    if data.get("merged_into"):
        goes_on = str(data["merged_into"])
        people = reshape.people_in(session, entry.incident_id)
        _invite(session, f"merged:{entry.incident_id}:{entry.seq}", goes_on, people)
    elif entry.kind == "role" and data.get("person"):
        key = f"role:{entry.incident_id}:{entry.seq}"
        _invite(session, key, entry.incident_id, [str(data["person"])])
    elif data.get("event") == reshape.RENAMED:
        _rename(session, entry, prefix)


def named(session: Session, timer: Timer, now: datetime) -> None:
    """Whether Slack took the new name; if it did not, the old one stays, and is said to."""
    wanted, before = timer.data["wanted"], timer.data["before"]
    row = session.scalar(select(Delivery).filter_by(id=timer.data["delivery"]))
    room = session.get(Channel, timer.incident_id)
    if row is None or room is None:
        return
    if row.state == "sent":
        given = row.result.get("channel")
        if room.name == wanted and isinstance(given, dict) and given.get("name"):
            room.name = str(given["name"])
    elif row.state == "failed":
        room.name = before if room.name == wanted else room.name
        why = "is taken" if row.error.startswith("name_taken") else "was not accepted by Slack"
        text = f"The channel keeps its name: #{wanted} {why}."
        target = outbox.to_incident(str(timer.incident_id))
        outbox.post(session, f"{row.id}:kept", target, kit.message(text, [kit.section(text)]))
    else:
        _look_later(session, str(timer.incident_id), timer.data)


def _invite(session: Session, key: str, incident_id: str, people: Sequence[str]) -> None:
    real = [one for one in people if one[:1] in ("U", "W")]
    for n in range(0, len(real), AT_ONCE):
        args = {"users": real[n : n + AT_ONCE], "force": True}
        room = outbox.to_incident(incident_id)
        outbox.send(session, f"{key}:invite:{n}", "conversations.invite", room, args)


def _rename(session: Session, entry: Entry, prefix: str) -> None:
    """Only while the channel has the name that we gave: what a person chose stays."""
    incident = lifecycle.get(session, entry.incident_id)
    room = session.get(Channel, entry.incident_id)
    if room is None or room.channel_id is None:
        return  # it will be made under the new name
    at, titles = incident.detected_at, _titles_before(session, entry)
    wanted = naming.channel_name(prefix, at, str(entry.data["title"]))
    ours = any(naming.given(room.name, prefix, at, title) for title in titles)
    if not ours or room.name == wanted:
        return
    key = f"rename:{entry.incident_id}:{entry.seq}"
    target = outbox.to_incident(entry.incident_id)
    outbox.send(session, key, "conversations.rename", target, {"name": wanted})
    data = {"delivery": key, "wanted": wanted, "before": room.name}
    _look_later(session, entry.incident_id, data)
    room.name = wanted  # so that Slack's own word of the change is no news


def _look_later(session: Session, incident_id: str, data: dict[str, str]) -> None:
    key, due = f"{ROOM_NAME}:{data['delivery']}", clock.now() + LOOK
    timers.set_timer(session, key, ROOM_NAME, due, incident_id=incident_id, data=data)


def _titles_before(session: Session, entry: Entry) -> list[str]:
    return [
        str(one.data["before"])
        for one in timeline.read(session, entry.incident_id)
        if one.data.get("event") == reshape.RENAMED and one.seq <= entry.seq
    ]
