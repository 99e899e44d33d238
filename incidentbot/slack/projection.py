"""Slack as a reader of the timeline: what each entry becomes in the channel.

Runs in the transaction that moves the reader's cursor, so an entry is queued exactly once.
Edit rather than repost: the card, the announcement and each plan are one message each; only what
people must not miss is a new one.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from incidentbot.slack import outbox
from incidentbot.slack.blocks import card, kit
from incidentbot.slack.care import Care
from incidentbot.slack.present import Presenter
from incidentbot.timeline import Entry

QUIET = ("page", "external")  # Slack itself tells these
ON_THE_CARD = ("signal",)  # no message: the card shows them
LOUD_STEPS = ("done", "halted", "failed", "in_doubt")  # the outcome of a run is a line of its own


class Projection:
    def __init__(self, presenter: Presenter, care: Care) -> None:
        self._present = presenter
        self._care = care
        self._special: dict[str, Callable[[Session, Entry], None]] = {
            "runbook": self._runbook,
            "document": self._document,
        }

    def show(self, session: Session, entry: Entry) -> None:
        """Queue what this entry changes in Slack. The opening itself is the workflow's."""
        if entry.kind == "state" and entry.data.get("status") == "open" and entry.seq == 1:
            return
        special = self._special.get(entry.kind)
        if special is not None:
            special(session, entry)
        elif entry.kind in QUIET:
            return
        elif entry.kind not in ON_THE_CARD:
            self._say(session, entry, kit.message(entry.text, [_line(entry)]))
        self._present.refresh(session, entry.incident_id)
        self._care.noticed(session, entry)

    def _say(self, session: Session, entry: Entry, message: kit.Message) -> None:
        room = outbox.to_incident(entry.incident_id)
        outbox.post(session, f"entry:{entry.incident_id}:{entry.seq}", room, message)

    def _runbook(self, session: Session, entry: Entry) -> None:
        event, plan_id = entry.data.get("event"), entry.data.get("plan_id")
        room = outbox.to_incident(entry.incident_id)
        if event == "planned" and plan_id:
            message = self._present.plan_message(self._present.plan(session, plan_id))
            outbox.post(session, f"plan:{plan_id}", room, message)
            return
        if event == "offered":
            self._say(session, entry, self._offered(session, entry))
            return
        if event in LOUD_STEPS:
            self._say(session, entry, kit.message(entry.text, [_proof(entry)]))
        if plan_id:
            message = self._present.plan_message(self._present.plan(session, plan_id))
            outbox.edit(session, f"plan:{plan_id}", room, message)

    def _offered(self, session: Session, entry: Entry) -> kit.Message:
        """The way back, with its button: it opens a plan like any other."""
        offers = self._present.offers(session, entry.incident_id)
        wanted = (entry.data.get("runbook"), entry.data.get("asset"))
        fits = [o for o in offers if o.available and (o.runbook, o.asset) == wanted]
        buttons = [card.offer_button(entry.incident_id, offer) for offer in fits]
        blocks = [_line(entry), kit.actions(buttons) if buttons else None]
        return kit.message(entry.text, blocks)

    def _document(self, session: Session, entry: Entry) -> None:
        view = self._present.view(session, entry.incident_id)
        text = f"The postmortem of {entry.incident_id} is drafted from the recorded facts."
        body = f"{text}\n{card.links(view)}\nQuestions in it are for people to answer."
        self._say(session, entry, kit.message(text, [kit.section(body)]))


def _line(entry: Entry) -> kit.Block:
    if entry.kind in ("note", "update"):
        head = "Update" if entry.kind == "update" else "Note"
        by = kit.who(entry.actor)
        return kit.section(f"*{head}* by {by}, {kit.when(entry.at)}\n{kit.esc(entry.text, 2500)}")
    return kit.section(f"{kit.when(entry.at)}  {kit.esc(entry.text, 2500)}")


def _proof(entry: Entry) -> kit.Block:
    proof = entry.data.get("proof")
    text = f"*{kit.esc(entry.text, 1500)}*"
    lines = proof if isinstance(proof, list) else []
    return kit.section(kit.join([text, *(f"• {kit.esc(line, 250)}" for line in lines)]))
