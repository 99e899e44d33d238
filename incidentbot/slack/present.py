"""From the tables to what messages show, and into the outbox. Runs inside a transaction."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids, timeline
from incidentbot.incidents import actions, crew, finding, lifecycle, links
from incidentbot.paging import rounds
from incidentbot.runbooks import stopping
from incidentbot.settings import DependencySettings, Settings
from incidentbot.slack.blocks import card, kit, plan
from incidentbot.slack.blocks.view import (
    CheckLine,
    IncidentView,
    OfferLine,
    PlanView,
    RoleLine,
    VendorLine,
)
from incidentbot.slack.blocks.writing import ItemLine
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import (
    ActionItem,
    Approval,
    Channel,
    CheckState,
    Delivery,
    Document,
    FeedState,
    Plan,
)


class Offer(Protocol):
    """What we need of runbooks.offers."""

    @property
    def runbook(self) -> str: ...
    @property
    def asset(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def available(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def where(self) -> str: ...


Offers = Callable[[Session, str], Sequence[Offer]]


class Presenter:
    def __init__(
        self, settings: Settings, offers: Offers, name: Callable[[str], str] = str
    ) -> None:
        """`name` turns a person's id into a name for reading."""
        self._settings = settings
        self._name = name
        self._offers = offers

    @property
    def channel_prefix(self) -> str:
        return self._settings.slack.channel_prefix

    def view(self, session: Session, incident_id: str) -> IncidentView:
        row = lifecycle.get(session, incident_id)
        channel = session.get(Channel, incident_id)
        about = row.dependency or next(iter(finding.dependencies_in(session, row.id)), None)
        dependency = self._dependency(about)
        roles = self.crew(session, incident_id)
        commander = roles[0].person
        goes_on = finding.survivor(session, row) if row.merged_into else None
        room = session.get(Channel, goes_on.id) if goes_on else None
        live = row.status != "resolved"
        return IncidentView(
            id=row.id,
            title=row.title,
            status=row.status,
            severity=row.severity,
            severity_word=lifecycle.SEVERITIES[row.severity],
            summary=row.summary,
            dependency=about,
            opened_by=row.opened_by,
            commander=commander,
            commander_name=self._name(commander) if commander else "",
            started_at=row.started_at,
            detected_at=row.detected_at,
            vendor_reported_at=row.vendor_reported_at,
            mitigated_at=row.mitigated_at,
            resolved_at=row.resolved_at,
            channel=channel.channel_id if channel else None,
            checks=_checks(session, dependency) if dependency else (),
            vendor=_vendor(session, dependency) if dependency else (),
            offers=self.offers(session, incident_id) if live else (),
            documents=self.documents(session, incident_id),
            unowned=live and rounds.unowned(session, incident_id),
            crew=roles,
            merged_into=goes_on.id if goes_on else None,
            merged_room=room.name if room and room.channel_id else "",
            merged_channel=(room.channel_id if room else None) or "",
            links=links.listed(session, incident_id),
            actions=actions.how_many_open(session, incident_id),
            next_update_at=row.next_update_at,
            private=row.private,
            test=row.test,
            where=_where(dependency),
        )

    def crew(self, session: Session, incident_id: str) -> list[RoleLine]:
        """Every role there is, the commander first."""
        held = {row.role: row for row in crew.crew(session, incident_id)}
        return [
            RoleLine(role, row.person, self._name(row.person), row.since)
            if (row := held.get(role))
            else RoleLine(role, None)
            for role in crew.ROLES
        ]

    def offers(self, session: Session, incident_id: str) -> list[OfferLine]:
        return [
            OfferLine(o.runbook, o.asset, o.title, o.available, o.reason, o.where)
            for o in self._offers(session, incident_id)
        ]

    def plan(self, session: Session, plan_id: str) -> PlanView:
        row = session.get_one(Plan, plan_id)
        approvals = select(Approval.person).filter_by(plan_id=plan_id).order_by(Approval.at)
        steps = [
            (entry.at, entry.text)
            for entry in timeline.read(session, row.incident_id)
            if entry.kind == "runbook"
            and entry.data.get("plan_id") == plan_id
            and entry.data.get("event") not in ("planned", "refused")
        ]
        return PlanView(
            id=row.id,
            hash=row.hash,
            state=row.state,
            body=ids.read_canonical(row.body),
            created_by=row.created_by,
            expires_at=row.expires_at,
            approvals=session.scalars(approvals).all(),
            outcome=row.outcome,
            progress=steps,
            test=lifecycle.get(session, row.incident_id).test,
            incident_id=row.incident_id,
            stopped=stopping.stopped(session, self._settings) or "",
            break_glass=bool(self._settings.policy.break_glass.people),
        )

    def documents(self, session: Session, incident_id: str) -> list[tuple[str, str]]:
        """(format, address) of each written document, the one for reading first.

        Those of a private incident have no address: a path in the documents folder instead.
        """
        rows = session.scalars(select(Document).filter_by(incident_id=incident_id)).all()
        base = self._settings.web.public_url
        order = {"html": 0, "markdown": 1}
        rows = sorted(rows, key=lambda row: (order.get(row.format, 9), row.format))
        if lifecycle.get(session, incident_id).private:
            return [(row.format, row.path) for row in rows]
        return [
            (row.format, f"{base}/documents/{incident_id}/{Path(row.path).name}") for row in rows
        ]

    def card(self, view: IncidentView) -> kit.Message:
        return card.card(view)

    def plan_message(self, view: PlanView) -> kit.Message:
        return plan.plan_message(view)

    def refresh(self, session: Session, incident_id: str) -> None:
        """Bring card and topic up to date; the latest state wins."""
        if session.scalar(select(Delivery.seq).filter_by(id=f"card:{incident_id}")) is None:
            return  # the opening has not come so far; it will show the state of that moment
        view = self.view(session, incident_id)
        room = outbox.to_incident(incident_id)
        outbox.edit(session, f"card:{incident_id}", room, card.card(view))
        self.topic(session, view)

    def topic(self, session: Session, view: IncidentView) -> None:
        """Each change of the topic is a line in the channel, so only real changes are queued."""
        room = outbox.to_incident(view.id)
        args = {"topic": card.topic(view)}
        outbox.latest(session, f"topic:{view.id}", "conversations.setTopic", room, args)

    def _dependency(self, name: str | None) -> DependencySettings | None:
        return next((d for d in self._settings.dependencies if d.name == name), None)


def item_line(row: ActionItem) -> ItemLine:
    return ItemLine(
        row.id, row.incident_id, row.text, row.owner or "", row.state, row.due_at, row.link
    )


def _checks(session: Session, dependency: DependencySettings) -> list[CheckLine]:
    kinds = {check.name: check.kind for check in dependency.checks}
    rows = session.scalars(select(CheckState).filter_by(dependency=dependency.name))
    lines = [
        CheckLine(
            row.check, kinds.get(row.check, "gone"), row.state, row.detail or row.reason, row.since
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (line.state != "down", line.name))


def _vendor(session: Session, dependency: DependencySettings) -> list[VendorLine]:
    rows = session.scalars(select(FeedState).filter_by(dependency=dependency.name))
    return [VendorLine(row.feed, row.state, row.title, row.since) for row in rows]


def _where(dependency: DependencySettings | None) -> str:
    if dependency is None:
        return ""
    region = dependency.region or ""
    title = dependency.title
    return f"{title} ({region})" if region not in title else title
