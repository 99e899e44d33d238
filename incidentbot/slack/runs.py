"""A plan and its run in Slack: what each of its lines becomes in the incident's channel.

The plan is one message, edited as it goes on. New messages are for what people must not miss: a
question, an announcement that can be vetoed, the end.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot.runbooks import approve, attempt, inventory, pauses, stopping
from incidentbot.slack.blocks import asking, card, kit, steps
from incidentbot.slack.blocks.asking import Question
from incidentbot.slack.blocks.view import OfferLine
from incidentbot.slack.outbound import outbox
from incidentbot.slack.present import Presenter
from incidentbot.store.models import Attempt, Delivery, Pause, Plan, TimelineEntry
from incidentbot.timeline import Entry

# A line of its own: how a run ended, whoever goes ahead alone, what people are reminded of.
LOUD_STEPS = (
    "done",
    "halted",
    "failed",
    "in_doubt",
    "break_glass",
    "reminder",
    "approval",
    "vetoed",
)
KILL_SWITCH = (stopping.STOPPED, stopping.ASKED, stopping.REARMED)
WENT_WRONG = ("halted", "failed", "stopped")


class Runs:
    def __init__(self, presenter: Presenter) -> None:
        self._present = presenter

    def show(self, session: Session, entry: Entry) -> None:
        """Queue what one line about a plan changes in Slack."""
        event, plan_id = entry.data.get("event"), entry.data.get("plan_id")
        if event == "offered":
            self._say(session, entry, self._offered(session, entry))
            return
        plan = session.get(Plan, plan_id) if plan_id else None
        if plan is None:  # about no plan, such as a reminder of the way back
            if event in LOUD_STEPS:
                self._say(session, entry, asking.ended(entry, entry.incident_id, None))
            return
        room = outbox.to_incident(entry.incident_id)
        if event == "planned":
            message = self._present.plan_message(self._present.plan(session, plan.id))
            outbox.post(session, f"plan:{plan.id}", room, message)
            return
        if event == "announced":
            outbox.post(session, f"veto:{plan.id}", room, _announced(session, plan))
        elif event == "paused":
            number = int(str(entry.data["question"]))
            message = asking.question(_question(session, plan, number))
            outbox.post(session, f"ask:{plan.id}:{number}", room, message)
        elif event in LOUD_STEPS or (event == "stopped" and _wrote(session, plan)):
            back = self._way_back(session, plan) if event in WENT_WRONG else None
            self._say(session, entry, asking.ended(entry, entry.incident_id, back))
        self._bring_up_to_date(session, plan)

    def stopped(self, session: Session, entry: Entry) -> kit.Message | None:
        """The kill switch was pulled, or is let go: told with what an approver presses, and on
        every plan that is open. None for any other line."""
        event = entry.data.get("event")
        if entry.kind != "note" or event not in KILL_SWITCH:
            return None
        live = (approve.WAITING, *attempt.UNDER_WAY)
        mine = select(Plan).where(Plan.incident_id == entry.incident_id, Plan.state.in_(live))
        for plan in session.scalars(mine):
            self._bring_up_to_date(session, plan)
        return asking.stopped(entry) if event != stopping.REARMED else None

    def _bring_up_to_date(self, session: Session, plan: Plan) -> None:
        """What was said of this plan and may be pressed no more is edited."""
        room = outbox.to_incident(plan.incident_id)
        message = self._present.plan_message(self._present.plan(session, plan.id))
        outbox.edit(session, f"plan:{plan.id}", room, message)
        if _posted(session, f"veto:{plan.id}"):
            outbox.edit(session, f"veto:{plan.id}", room, _announced(session, plan))
        number = pauses.asked(session, plan.id)
        if _posted(session, f"ask:{plan.id}:{number}"):
            asked = asking.question(_question(session, plan, number))
            outbox.edit(session, f"ask:{plan.id}:{number}", room, asked)

    def _offered(self, session: Session, entry: Entry) -> kit.Message:
        """The way back, with its button: it opens a plan like any other."""
        offers = self._present.offers(session, entry.incident_id)
        wanted = (entry.data.get("runbook"), entry.data.get("asset"))
        fits = [o for o in offers if o.available and (o.runbook, o.asset) == wanted]
        buttons = [card.offer_button(entry.incident_id, offer) for offer in fits]
        line = kit.section(f"{kit.when(entry.at)}  {kit.esc(entry.text, 2500)}")
        return kit.message(entry.text, [line, kit.actions(buttons) if buttons else None])

    def _way_back(self, session: Session, plan: Plan) -> OfferLine | None:
        """What takes back a run that wrote: as it is offered now, or why it cannot be."""
        body = approve.shown(plan)
        if not body or not body["undo"]["runbook"] or not _wrote(session, plan):
            return None
        name, target = str(body["undo"]["runbook"]), str(body["target_name"])
        for offer in self._present.offers(session, plan.incident_id):
            if (offer.runbook, offer.asset) == (name, target):
                return offer
        return OfferLine(name, target, str(body["undo"]["words"]), True, "")

    def _say(self, session: Session, entry: Entry, message: kit.Message) -> None:
        room = outbox.to_incident(entry.incident_id)
        outbox.post(session, f"entry:{entry.incident_id}:{entry.seq}", room, message)


def _question(session: Session, plan: Plan, number: int) -> Question:
    row = session.get_one(Pause, (plan.id, number), populate_existing=True)
    body = approve.shown(plan)
    items = steps.checklist(body, row.step) if row.kind == pauses.MANUAL else ()
    open_ = row.answered_at is None and plan.state == "paused"
    text = str(body["steps"][row.step - 1]["ask"]) if items else row.question
    return Question(
        plan_id=plan.id,
        number=number,
        step=row.step,
        title=str(body["runbook"]["title"]) if body else plan.runbook,
        text=text or "To be done, in this order:",
        choices=[(name, pauses.WORDS[name]) for name in pauses.CHOICES[row.kind]] if open_ else (),
        items=items,
        answer=pauses.WORDS.get(row.answer, ""),
        by=row.person,
    )


def _announced(session: Session, plan: Plan) -> kit.Message:
    key = f"plan:{plan.id}:announced"
    row = session.scalars(select(TimelineEntry).filter_by(key=key)).one()
    runs_at = approve.announced_for(session, plan)
    still = plan.state == approve.WAITING
    return asking.announced(row.text, row.at, plan.id, runs_at if still else None)


def _wrote(session: Session, plan: Plan) -> bool:
    """Whether anything it wrote took effect."""
    many = select(func.count()).select_from(Attempt).where(
        Attempt.plan_id == plan.id, Attempt.state.in_(inventory.WRITTEN)
    )  # fmt: skip
    return bool(session.scalar(many))


def _posted(session: Session, id: str) -> bool:
    """Whether that message is on its way, or there: what is not so far will be posted as it then
    stands."""
    return session.scalar(select(Delivery.seq).filter_by(id=id)) is not None
