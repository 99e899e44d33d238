"""The daily word on what is open, in the main announcement channel; nothing while nothing is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timers
from incidentbot.incidents import privacy
from incidentbot.settings.telling import DigestSettings
from incidentbot.slack.blocks import telling
from incidentbot.slack.blocks.telling import Day
from incidentbot.slack.outbound import outbox
from incidentbot.slack.present import Presenter
from incidentbot.store.models import ActionItem, Incident, Timer

KIND = KEY = "digest"


class Digest:
    def __init__(self, settings: DigestSettings, presenter: Presenter) -> None:
        self._settings = settings
        self._present = presenter

    def plan(self, session: Session) -> None:
        """At the start: one that fell due meanwhile stays due, another time of day counts now."""
        if self._settings.off:
            timers.cancel(session, KEY)
            return
        waiting = timers.get(session, KEY)
        if waiting is None or waiting.data.get("wish") != self._wish():
            last = clock.iso(clock.now() - timedelta(days=1))
            self._set(session, clock.now(), waiting.data["since"] if waiting else last)

    def due(self, session: Session, timer: Timer, now: datetime) -> None:
        """The handler of its timer: at most one a day, whoever is restarted when."""
        self._set(session, now, clock.iso(now))
        day = self._day(session, clock.parse(timer.data["since"]), now)
        if day.open:
            local = timer.due_at.astimezone(ZoneInfo(self._settings.timezone))
            name = f"digest:{local:%Y-%m-%d}"
            outbox.post(session, name, outbox.ANNOUNCE, telling.digest(day))

    def next_after(self, at: datetime) -> datetime:
        """The next time of day in its zone, in UTC; one that the clocks leave out comes later."""
        zone = ZoneInfo(self._settings.timezone)
        local = at.astimezone(zone)
        for days in (0, 1):
            wanted = datetime.combine(local.date() + timedelta(days), self._settings.at, zone)
            if wanted.astimezone(UTC) > at:
                return wanted.astimezone(UTC)
        return (wanted + timedelta(1)).astimezone(UTC)

    def _set(self, session: Session, after: datetime, since: str) -> None:
        data: dict[str, Any] = {"since": since, "wish": self._wish()}
        timers.set_timer(session, KEY, KIND, self.next_after(after), data=data)

    def _wish(self) -> str:
        return f"{self._settings.at:%H:%M} {self._settings.timezone}"

    def _day(self, session: Session, since: datetime, now: datetime) -> Day:
        public = select(Incident).where(privacy.seen_by(None), Incident.test.is_(False))
        live = public.where(Incident.status != "resolved")
        rows = session.scalars(live.order_by(Incident.severity, Incident.started_at)).all()
        closed = public.where(Incident.status == "resolved", Incident.resolved_at > since)
        late = (
            select(ActionItem)
            .join(Incident, Incident.id == ActionItem.incident_id)
            .where(privacy.seen_by(None), ActionItem.state == "open", ActionItem.due_at < now)
            .order_by(ActionItem.due_at)
        )
        return Day(
            [self._present.view(session, row.id) for row in rows],
            [self._present.view(session, row.id) for row in session.scalars(closed)],
            [(item.id, item.text, item.owner) for item in session.scalars(late)],
        )
