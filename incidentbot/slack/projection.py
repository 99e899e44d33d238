"""Slack as a reader of the timeline: what each entry becomes in the channel.

Runs in the transaction that moves the reader's cursor, so an entry is queued exactly once.
Edit rather than repost: the card, the announcement and each plan are one message each; only what
people must not miss is a new one.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from incidentbot.slack.blocks import card, kit, story, telling, writing
from incidentbot.slack.channel import reshaped
from incidentbot.slack.channel.care import Care
from incidentbot.slack.outbound import outbox
from incidentbot.slack.people.summons import Summons
from incidentbot.slack.present import Presenter, item_line
from incidentbot.slack.runs import Runs
from incidentbot.store.models import ActionItem, Channel, Incident
from incidentbot.timeline import Entry

QUIET = ("external",)  # Slack itself tells these
ON_THE_CARD = ("signal",)  # no message: the card shows them
KNOWN_THERE = ("released", "held")  # whoever took a pushpin off, or put it back, saw it
MARK = "memo"  # our reaction on a message of the channel that was kept

# A run that was just let go is waited for by the millisecond: its lines are shown a moment later,
# so that showing them does not keep it from the database.
BUSY = ("approved", "started", "intent", "acked")
GIVES_WAY = 0.3  # seconds


class Projection:
    def __init__(self, presenter: Presenter, summons: Summons, care: Care) -> None:
        self._present = presenter
        self._care = care
        self._runs = Runs(presenter)
        self._special: dict[str, Callable[[Session, Entry], None]] = {
            "runbook": self._runs.show,
            "document": self._document,
            "page": summons.show,
            "message": self._message,
            "update": self._update,
        }

    def show(self, session: Session, entry: Entry) -> None:
        """Queue what this entry changes in Slack. The opening itself is the workflow's."""
        if entry.kind == "state" and entry.data.get("status") == "open" and entry.seq == 1:
            return
        reshaped.follow(session, entry, self._present.channel_prefix)
        special = self._special.get(entry.kind)
        if special is not None:
            special(session, entry)
        elif (
            entry.kind in QUIET or entry.data.get("quiet") or entry.data.get("event") in KNOWN_THERE
        ):
            return
        elif entry.kind not in ON_THE_CARD:
            own = reshaped.told(session, entry) or self._runs.stopped(session, entry)
            self._say(session, entry, own or kit.message(entry.text, [_line(entry)]))
        self._owner(session, entry)
        self._present.refresh(session, entry.incident_id)
        self._care.noticed(session, entry)

    def _say(self, session: Session, entry: Entry, message: kit.Message) -> None:
        room = outbox.to_incident(entry.incident_id)
        outbox.post(session, f"entry:{entry.incident_id}:{entry.seq}", room, message)

    def _update(self, session: Session, entry: Entry) -> None:
        view = self._present.view(session, entry.incident_id)
        self._say(session, entry, telling.update(view, entry))

    def _message(self, session: Session, entry: Entry) -> None:
        """A kept message is marked where it stands; one from elsewhere is shown."""
        if entry.data.get("event") != "kept":
            return
        channel, ts = str(entry.data["channel"]), str(entry.data["ts"])
        room = session.get(Channel, entry.incident_id)
        if room is None or room.channel_id != channel:
            self._say(session, entry, kit.message(entry.text, [kit.section(story.line(entry))]))
            return
        args = {"timestamp": ts, "name": MARK}
        outbox.send(session, f"mark:{channel}:{ts}", "reactions.add", channel, args)

    def _owner(self, session: Session, entry: Entry) -> None:
        """Whoever is given an action item by somebody else hears of it, once, directly."""
        owner, item_id = entry.data.get("owner"), entry.data.get("action")
        if not item_id or not entry.data.get("owner_name") or owner == entry.actor:
            return
        item = session.get_one(ActionItem, item_id)
        title = session.get_one(Incident, item.incident_id).title
        message = writing.item_for_owner(item_line(item), title)
        outbox.post(session, f"action:{item_id}:{owner}", str(owner), message)

    def _document(self, session: Session, entry: Entry) -> None:
        view = self._present.view(session, entry.incident_id)
        text = f"The postmortem of {entry.incident_id} is drafted from the recorded facts."
        body = f"{text}\n{card.links(view)}\nQuestions in it are for people to answer."
        self._say(session, entry, kit.message(text, [kit.section(body)]))


def gives_way(entry: Entry, now: datetime) -> float:
    """Seconds for which this entry, and all after it, are not shown yet. Pure."""
    if entry.kind != "runbook" or entry.data.get("event") not in BUSY:
        return 0.0
    passed = (now - entry.at).total_seconds()
    return GIVES_WAY - passed if 0 <= passed < GIVES_WAY else 0.0  # a clock may be set back


def _line(entry: Entry) -> kit.Block:
    if entry.kind == "note" and not entry.data.get("event"):
        by, when = kit.who(entry.actor), f"{kit.when(entry.at)}{story.late(entry)}"
        return kit.section(f"*Note* by {by}, {when}\n{kit.esc(entry.text, 2500)}")
    return kit.section(f"{kit.when(entry.at)}  {kit.esc(entry.text, 2500)}")
