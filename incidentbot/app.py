"""The composition root: the only module that builds everything and lets it run together."""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import durable, plugins, timeline
from incidentbot.console import pages
from incidentbot.console.heartbeats import heartbeat
from incidentbot.console.web import make_app
from incidentbot.durable import Durable
from incidentbot.http import Http
from incidentbot.incidents.watch import Watcher
from incidentbot.postmortem.draft import Drafter
from incidentbot.runbooks.service import Runbooks
from incidentbot.settings import Known, Settings
from incidentbot.signals.anchors import Anchors
from incidentbot.signals.feeds import catalogue
from incidentbot.signals.feeds.poller import Poller
from incidentbot.signals.hooks import inbox
from incidentbot.signals.hooks.fetching import fetch
from incidentbot.signals.hooks.reading import RECEIVERS
from incidentbot.signals.hooks.service import Hooks
from incidentbot.signals.probes.beats import Beats
from incidentbot.signals.probes.contract import Context
from incidentbot.signals.probes.engine import Engine, schedule
from incidentbot.slack import deliver
from incidentbot.slack.service import SlackSide
from incidentbot.store import Store, migrate
from incidentbot.store.lease import held
from incidentbot.store.models import DependencyState
from incidentbot.timeline import Entry, Wake

log = logging.getLogger(__name__)

WORK = "work"  # the reader of the timelines that starts workflows


def known() -> Known:
    """The plug-ins that a configuration may name."""
    checks = plugins.found("incidentbot.signals.probes.checks")
    actions = plugins.found("incidentbot.runbooks.actions")
    receivers = plugins.found(RECEIVERS)
    return Known(
        checks={name: module.Options for name, module in checks.items()},
        formats=tuple(plugins.found("incidentbot.signals.feeds.formats")),
        actions={name: module.Options for name, module in actions.items()},
        sources=tuple(plugins.found("incidentbot.signals.feeds.sources")),
        hooks={name: module.Options for name, module in receivers.items()},
    )


class App:
    """Everything, built from settings inside the running loop. `run` until cancelled."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings = catalogue.complete(settings)
        url = settings.storage.database.get_secret_value()
        self.store = Store(url)
        executor = "main" if self.store.engine.dialect.name == "sqlite" else "leader"
        self.durable = Durable(url, executor)
        self.http = Http()
        self.beats = Beats(self.store, settings)
        self.context = Context(self.http, settings.origins, self.beats)
        anchors = Anchors(self.http, settings.sight)
        self.watcher = Watcher(self.store, settings, anchors)
        self.engine = Engine(schedule(settings), self.context, self.watcher.observed)
        self.poller = Poller(self.http, settings.feeds, self.watcher.heard)
        self.hooks = Hooks(
            self.store, settings.hooks, partial(fetch, self.http), self.watcher.pushed
        )
        self.runbooks = Runbooks(self.store, settings, self.http)
        self.drafter = Drafter(self.store, settings)
        self.slack = SlackSide(
            self.store, settings, self.runbooks, self.runbooks.offers, self.drafter.write
        )
        self.durable.register("open", self.slack.open)
        self.durable.register("run", self.runbooks.run)
        self.durable.register("resolve", self._draft)

    async def run(self) -> None:
        """Take the database, finish what was left unfinished, then watch and serve."""
        async with AsyncExitStack() as stack:
            stack.callback(self.store.close)
            await stack.enter_async_context(held(self.store))
            await asyncio.to_thread(_prepare, self.store)
            stack.push_async_callback(self.http.close)
            stack.callback(self.context.close)
            self.durable.launch()
            stack.push_async_callback(self.durable.close)
            await self.beats.load()  # before the door opens, so that no beat is turned away
            await stack.enter_async_context(self._web())
            await self.watcher.load()
            stack.push_async_callback(self.watcher.flush)
            log.info("incidentbot is running (process %d)", os.getpid())
            async with asyncio.TaskGroup() as group:
                group.create_task(self.slack.run())
                group.create_task(self._start_work())
                group.create_task(self.engine.run())
                group.create_task(self.poller.run())
                group.create_task(self.watcher.run())
                group.create_task(self.hooks.worker.run())
                group.create_task(self.runbooks.watch())

    async def _draft(self, incident_id: str) -> None:
        """The workflow `resolve`: the draft, written anew however often it is interrupted."""
        await durable.step(self.drafter.write, incident_id)

    def _web(self) -> "WebServer":
        documents = self.settings.storage.documents
        beats = partial(heartbeat, self.beats)
        app = make_app(documents, self.health, self.slack.events, self.hooks.door, beats)
        pages.add_routes(app, self.store, self.settings, self.health)
        return WebServer(app, self.settings.web.host, self.settings.web.port)

    async def health(self) -> Mapping[str, object]:
        """What /healthz says. "ok" is about this process, not about what it watches."""
        waiting, states = await self.store.tx(_figures)
        alerts = await self.store.tx(inbox.waiting)
        return {
            "ok": True,
            "slack_connected": await self.slack.connected(),
            "messages_waiting": waiting,
            "alerts_waiting": alerts,
            "probe_lag_s": round(self.engine.lag, 3),
            "dependencies": states,
        }

    async def _start_work(self) -> None:
        """Start the workflow that an entry calls for. Its id makes a second start no start."""
        wake = Wake()
        self.store.on_commit(timeline.TOPIC, wake.ring)
        while True:
            entries = await self.store.tx(timeline.unread, WORK)
            for entry in entries:
                await self._start(entry)
            if entries:
                await self.store.tx(_seen, entries)
            else:
                await wake.wait()

    async def _start(self, entry: Entry) -> None:
        data = entry.data
        if entry.kind == "state" and entry.seq == 1:
            await self.durable.start("open", entry.incident_id, entry.incident_id)
        elif entry.kind == "runbook" and data.get("event") == "approved":
            await self.durable.start("run", str(data["plan_id"]), data["plan_id"])
        elif entry.kind == "state" and data.get("status") == "resolved":
            key = f"{entry.incident_id}:{entry.seq}"  # an incident may be resolved again
            await self.durable.start("resolve", key, entry.incident_id)


class WebServer:
    """aiohttp on one address, as a context."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        self._host, self._port = host, port

    async def __aenter__(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


def _prepare(store: Store) -> None:
    if migrate.pending(store):
        log.info("bringing the database to its newest shape")
        migrate.upgrade(store)


def _seen(session: Session, entries: list[Entry]) -> None:
    timeline.seen(session, WORK, entries)


def _figures(session: Session) -> tuple[int, dict[str, str]]:
    rows = session.scalars(select(DependencyState))
    return deliver.waiting(session), {row.dependency: row.state for row in rows}
