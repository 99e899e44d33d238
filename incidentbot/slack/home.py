"""The Home tab: shown when somebody opens it, and anew when what it shows has changed.

Nobody tells us when a tab is closed, so it is kept up to date for those who opened it in the last
hours, and only when it would look different. Who they are is not remembered over a restart: the
next opening shows it anew in any case.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.incidents import actions, lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import ANYBODY
from incidentbot.settings import Settings
from incidentbot.slack.blocks import home as blocks
from incidentbot.slack.blocks.card import mark_words
from incidentbot.slack.blocks.home import HomeView, OpenIncident, StateLine
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.present import item_line
from incidentbot.store import Store
from incidentbot.store.models import Channel, DependencyState, Incident, Readiness, Role
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

WATCHED = timedelta(hours=4)  # after the last opening
PAUSE = 0.5  # seconds between two rounds: what happens together is shown together
SHARE = 9  # a round that takes long is followed by so many times its length of rest
EVERY = 60.0  # seconds; checks and readiness change without a timeline
MOST_VIEWERS = 50
WORST_FIRST = {"down": 0, "degraded": 1, "unknown": 2, "up": 3}


@dataclass(slots=True)
class Viewer:
    """Somebody who opened the tab: `shown` stands for what they see, `hash` is Slack's."""

    opened_at: datetime
    hash: str = ""
    shown: str = ""


class Home:
    """`opened` shows it; `run` keeps it up to date, for ever."""

    def __init__(
        self,
        store: Store,
        client: SlackClient,
        directory: Directory,
        settings: Settings,
        buttons: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        self._store = store
        self._client = client
        self._directory = directory
        self._settings = settings
        self._buttons = buttons
        self._viewers: dict[str, Viewer] = {}
        self._one_at_a_time = asyncio.Lock()
        self._wake = Wake(EVERY)
        store.on_commit(timeline.TOPIC, self._wake.ring)

    async def opened(self, person: str, hash: str) -> None:
        """Show it now. `hash` is that of what Slack shows at this moment, if anything."""
        now = clock.now()
        viewer = self._viewers.setdefault(person, Viewer(now))
        viewer.opened_at, viewer.hash, viewer.shown = now, hash, ""
        try:
            await self._show(person, viewer)
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: the Home tab of %s is not shown yet (%s)", person, error)
            self._wake.ring()  # the next round tries again

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            began = clock.monotonic()
            await self._round()
            await asyncio.sleep(max(PAUSE, SHARE * (clock.monotonic() - began)))

    async def _round(self) -> None:
        now = clock.now()
        newest = sorted(self._viewers, key=lambda one: self._viewers[one].opened_at, reverse=True)
        for number, person in enumerate(newest):
            if number >= MOST_VIEWERS or now - self._viewers[person].opened_at > WATCHED:
                del self._viewers[person]
                continue
            try:
                await self._show(person, self._viewers[person])
            except (SlackApiError, *NO_ANSWER) as error:
                outcome = classify(error)
                if outcome.kind in (Kind.LATER, Kind.IN_DOUBT):
                    await asyncio.sleep(min(outcome.wait, EVERY))
                    return  # whatever is still old is shown in the next round
                log.warning("slack: the Home tab of %s: %s", person, outcome.code)
                self._viewers.pop(person, None)

    async def _show(self, person: str, viewer: Viewer) -> None:
        async with self._one_at_a_time:
            who = self._directory.person(person)
            view = await self._store.tx(self._view, who)
            shown = ids.digest(view)
            if shown == viewer.shown:
                return
            answer = await self._publish(person, view, viewer.hash)
            viewer.hash = str((answer.get("view") or {}).get("hash") or "")
            viewer.shown = shown

    async def _publish(self, person: str, view: dict[str, Any], hash: str) -> dict[str, Any]:
        args = {"user_id": person, "view": view}
        try:
            return await self._client.call("views.publish", args | ({"hash": hash} if hash else {}))
        except SlackApiError as error:
            if classify(error).code != "hash_conflict":
                raise
            # Another of us was faster; what we have was read after that.
            return await self._client.call("views.publish", args)

    def _view(self, session: Session, person: Person) -> dict[str, Any]:
        command = self._settings.slack.command
        if ANYBODY not in person.rights:
            refused = self._directory.rights.words(ANYBODY)
            return blocks.home(HomeView(command, refused=refused))
        listed, more = _incidents(session, person)
        return blocks.home(
            HomeView(
                command=command,
                incidents=listed,
                more=more,
                roles=_roles(session, person),
                items=[item_line(row) for row in actions.mine(session, person)],
                dependencies=_dependencies(session, self._settings),
                assets=_assets(session, self._settings),
                buttons=self._buttons(),
            )
        )


def _incidents(session: Session, person: Person) -> tuple[list[OpenIncident], int]:
    seen = (Incident.status != "resolved", privacy.seen_by(person))
    many = session.scalar(select(func.count()).select_from(Incident).where(*seen)) or 0
    rows = session.scalars(
        select(Incident)
        .where(*seen)
        .order_by(Incident.severity, Incident.detected_at.desc())
        .limit(blocks.MOST)
    ).all()
    made = []
    for row in rows:
        room = session.get(Channel, row.id)
        made.append(
            OpenIncident(
                row.id,
                row.title,
                row.severity,
                row.status,
                row.started_at,
                (room.channel_id if room else None) or "",
                lifecycle.roles(session, row.id).get("commander", ""),
                mark_words(test=row.test, private=row.private),
            )
        )
    return made, many - len(made)


def _roles(session: Session, person: Person) -> list[tuple[str, str, str]]:
    rows = session.execute(
        select(Role.role, Incident.id, Incident.title)
        .join(Incident, Incident.id == Role.incident_id)
        .where(Role.person == person.id, Incident.status != "resolved", privacy.seen_by(person))
        .order_by(Incident.detected_at.desc(), Role.role)
        .limit(20)
    )
    return [(role, id, title) for role, id, title in rows]


def _dependencies(session: Session, settings: Settings) -> list[StateLine]:
    """As they are in the configuration; those that are not well stand first."""
    rows = {row.dependency: row for row in session.scalars(select(DependencyState))}
    lines = []
    for one in settings.dependencies:
        row = rows.get(one.name)
        if row is None:
            lines.append(StateLine(one.title, "unknown", "not looked at yet"))
        else:
            reason = "" if row.state == "up" else row.held or row.reason
            lines.append(StateLine(one.title, row.state, reason, row.since))
    return sorted(lines, key=lambda line: WORST_FIRST.get(line.state, 2))


def _assets(session: Session, settings: Settings) -> list[StateLine]:
    """The backup of each asset, and when it was last proven ready."""
    rows = {(row.asset, row.origin): row for row in session.scalars(select(Readiness))}
    lines = []
    for one in settings.assets:
        row = rows.get((one.name, one.backup))
        title = f"{one.title} from {one.backup}"
        if row is None:
            lines.append(StateLine(title, "unknown", "never compared yet"))
        else:
            lines.append(StateLine(title, row.state, row.reason, row.proven_at))
    return lines
