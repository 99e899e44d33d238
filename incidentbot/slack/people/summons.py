"""What Slack shows of a page: an invitation and one line to whoever is asked, and bad news.

Phone numbers come from the configuration at the moment of showing; the timeline holds none.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle
from incidentbot.paging.contract import Roster
from incidentbot.settings import Settings
from incidentbot.slack.blocks import kit
from incidentbot.slack.outbound import outbox
from incidentbot.slack.setup.needs import is_id
from incidentbot.store.models import Channel, Incident
from incidentbot.timeline import Entry

AT_ONCE = 100  # people in one invitation, by Slack
QUIET = ("acknowledged", "cancelled")  # the card and the entry of the acknowledgement say it
NUMBERS = 8  # phone numbers shown at most


class Summons:
    """`show` an entry of kind "page", in the transaction that moves the reader's cursor."""

    def __init__(self, settings: Settings) -> None:
        self._roster = Roster(settings.people)

    def show(self, session: Session, entry: Entry) -> None:
        event = entry.data.get("event")
        if event is None or event in QUIET:
            return  # without an event: an invitation as an earlier version wrote it
        ids = _ids(entry)
        if event == "asked" and ids:
            _invite(session, entry, ids)
            _say(session, entry, _to_them(session, entry, ids))
            return
        lines = [f"{kit.when(entry.at)}  {kit.esc(entry.text, 2000)}"]
        if event in ("failed", "nobody"):
            lines = [f"*{kit.esc(entry.text, 2000)}*", *self._numbers(session, entry)]
        _say(session, entry, kit.message(entry.text, [kit.section(kit.join(lines))]))

    def _numbers(self, session: Session, entry: Entry) -> list[str]:
        """Where to call, for those who are known to have a phone."""
        names = [str(name) for name in entry.data.get("call") or []]
        if entry.data.get("event") == "nobody":
            names = _asked_names(session, entry.incident_id)
        found = {p.name: p.phone for p in map(self._roster.find, dict.fromkeys(names)) if p.phone}
        told = [f"{kit.esc(phone)} ({kit.esc(name, 80)})" for name, phone in found.items()]
        return [f"Please call {', '.join(told[:NUMBERS])}."] if told else []


def asked(session: Session, incident_id: str) -> list[str]:
    """The ids of all who were asked so far, for the first invitation of a new channel.

    Locks the incident, as whoever writes the next entry does: that one is then shown by `show`,
    which finds the channel open, and none falls between the two.
    """
    _lock(session, incident_id)
    pages = [entry for entry in timeline.read(session, incident_id) if entry.kind == "page"]
    return list(dict.fromkeys(id for entry in pages for id in _ids(entry)))


def asked_since(session: Session, incident_id: str, person: str, since: datetime) -> bool:
    """Whether this person was asked after that moment: they have the call and the card before
    them."""
    pages = [entry for entry in timeline.read(session, incident_id) if entry.kind == "page"]
    return any(entry.recorded_at >= since and person in _ids(entry) for entry in pages)


def _asked_names(session: Session, incident_id: str) -> list[str]:
    return [
        str(one.get("name"))
        for entry in timeline.read(session, incident_id)
        if entry.kind == "page" and entry.data.get("event") == "asked"
        for one in _people(entry)
    ]


def _to_them(session: Session, entry: Entry, ids: list[str]) -> kit.Message:
    """One line to those who are asked; nobody else is mentioned."""
    incident = lifecycle.get(session, entry.incident_id)
    who = " ".join(kit.who(id) for id in ids)
    what = f"{entry.incident_id}, sev {incident.severity}: {kit.esc(incident.title, 300)}"
    step = "Please acknowledge it or take command, on the card."
    plain = f"{entry.text} {entry.incident_id}: {incident.title}"
    return kit.message(
        plain,
        [
            kit.section(f"{who} You are asked to take {what}"),
            kit.context(f"{kit.esc(entry.text, 1500)} {step}"),
        ],
    )


def _say(session: Session, entry: Entry, message: kit.Message) -> None:
    room = outbox.to_incident(entry.incident_id)
    outbox.post(session, f"summons:{entry.incident_id}:{entry.seq}", room, message)


def _invite(session: Session, entry: Entry, ids: list[str]) -> None:
    _lock(session, entry.incident_id)
    channel = session.get(Channel, entry.incident_id)
    if channel is None or channel.state != "open":
        return  # the opening invites everybody who was asked by then
    room = outbox.to_incident(entry.incident_id)
    for number, start in enumerate(range(0, len(ids), AT_ONCE)):
        args = {"users": ids[start : start + AT_ONCE], "force": True}
        key = f"invite:{entry.incident_id}:{entry.seq}:{number}"
        outbox.send(session, key, "conversations.invite", room, args)


def _lock(session: Session, incident_id: str) -> None:
    session.get_one(Incident, incident_id, with_for_update=True, populate_existing=True)


def _ids(entry: Entry) -> list[str]:
    """Those of Slack among the people that an entry asks."""
    if entry.data.get("event") != "asked":
        return []
    ids = [str(one.get("id", "")) for one in _people(entry)]
    return [id for id in ids if is_id(id, "UW")]


def _people(entry: Entry) -> Sequence[dict[str, str]]:
    people = entry.data.get("people")
    return people if isinstance(people, list) else []
