"""Watching alone: probes, feeds, the web side and the outgoing webhooks, in one light process.

`incidentbot watch` is this and nothing more; `incidentbot run` adds Slack and the runbooks to it
(see app). What a configuration does not name is not imported either.
"""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import plugins
from incidentbot.audit import begin
from incidentbot.audit.service import Anchorer
from incidentbot.console import pages
from incidentbot.console.heartbeats import heartbeat
from incidentbot.console.web import Door, make_app
from incidentbot.errors import ConfigError
from incidentbot.http import Http
from incidentbot.incidents import privacy
from incidentbot.incidents.watch import Watcher
from incidentbot.outgoing.service import Outgoing
from incidentbot.paging.policy import PROVIDERS
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
from incidentbot.signals.probes.engine import CHECKS, Engine, schedule
from incidentbot.statuspages.echo import unheard
from incidentbot.store import Store, migrate, notices
from incidentbot.store.lease import held
from incidentbot.store.models import DependencyState, Incident

log = logging.getLogger(__name__)

Task = Callable[[], Coroutine[Any, Any, None]]
STANDBY = "This incidentbot stands by; another one is at work on its database.\n"


class _OptionsOf(Mapping[str, type[BaseModel]]):
    """The options of plug-ins by their name; a plug-in is imported when it is asked for."""

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self._modules = modules

    def __getitem__(self, name: str) -> type[BaseModel]:
        options: type[BaseModel] = self._modules[name].Options
        return options

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class _SwitchesOf(_OptionsOf):
    """Those that turn a switch; what a runbook does besides takes its own arguments."""

    def __contains__(self, name: object) -> bool:
        return name in self._modules and not hasattr(self._modules[str(name)], "Arguments")

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._modules if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def known() -> Known:
    """The plug-ins that a configuration may name."""
    return Known(
        checks=_OptionsOf(plugins.found(CHECKS)),
        formats=tuple(plugins.found("incidentbot.signals.feeds.formats")),
        origins=_OptionsOf(plugins.found("incidentbot.runbooks.origins")),
        actions=_SwitchesOf(plugins.found("incidentbot.runbooks.actions")),
        hooks=_OptionsOf(plugins.found(RECEIVERS)),
        sources=tuple(plugins.found("incidentbot.signals.feeds.sources")),
        pagers=_OptionsOf(plugins.found(PROVIDERS)),
    )


class Watch:
    """Built from settings inside the running loop. `run` until cancelled."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings = catalogue.complete(settings)
        self.store = Store(settings.storage.database.get_secret_value())
        self.http = Http()
        self.beats = Beats(self.store, settings)
        self.context = Context(self.http, settings.origins, self.beats)
        anchors = Anchors(self.http, settings.sight)
        self.watcher = Watcher(self.store, settings, anchors)
        self.engine = Engine(schedule(settings), self.context, self.watcher.observed)
        self.engine.pulse.stalled = self.beats.unheard
        self.poller = Poller(self.http, settings.feeds, self.watcher.heard)
        self.hooks = Hooks(
            self.store,
            settings.hooks,
            partial(fetch, self.http),
            unheard(settings.statuspages, self.watcher.pushed),
        )
        self.outgoing = Outgoing(self.store, settings, self.http)
        self.anchorer = Anchorer(self.store, settings.audit)
        self.standby = True
        self._front_is_open = False

    async def run(self) -> None:
        """Take the database, finish what was left unfinished, then watch and serve.

        While another process has it, stand by: what comes from outside is kept for that one.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self.store.close)
            stack.push_async_callback(self.http.close)
            await stack.enter_async_context(held(self.store, partial(self._stand_by, stack)))
            await asyncio.to_thread(_prepare, self.store)
            await self.store.tx(begin.started, begin.digests(self.settings))
            stack.callback(self.context.close)
            await self._open(stack)
            await self.beats.load()  # before the door opens, so that no beat is turned away
            self.standby = False
            await self._open_front(stack)
            await self.watcher.load()
            stack.push_async_callback(self.watcher.flush)
            _settle_memory()
            where = self.settings.web.listen
            log.info(
                "incidentbot is running (process %d), its pages at http://%s/", os.getpid(), where
            )
            async with asyncio.TaskGroup() as group:
                for task in self._tasks():
                    group.create_task(task())

    async def _stand_by(self, stack: AsyncExitStack) -> None:
        # In a shape that is not ours nothing can be kept; taking over will make it so.
        if not self._front_is_open and not await asyncio.to_thread(migrate.pending, self.store):
            await self._open_front(stack)

    async def _open_front(self, stack: AsyncExitStack) -> None:
        if not self._front_is_open:
            self._front_is_open = True
            await stack.enter_async_context(self._web())
            await stack.enter_async_context(_beside(self._listen))

    async def _listen(self) -> None:
        """For what is built on this: take in what others send, also while standing by."""

    async def _open(self, stack: AsyncExitStack) -> None:
        """For what is built on this: open what must be there before the first request comes."""

    def _tasks(self) -> list[Task]:
        return [
            self.engine.run,
            self.poller.run,
            self.watcher.run,
            self.hooks.worker.run,
            self.outgoing.run,
            self.anchorer.run,
            partial(notices.follow, self.store),
        ]

    def _doors(self) -> dict[str, Door]:
        """What may come in, by its path."""
        return {"/hooks/{hook}": self.hooks.door}

    def _web(self) -> "WebServer":
        app = make_app(
            self.settings.storage.documents, self.health, self._doors(), self._beat, self._public
        )
        pages.add_routes(app, self.store, self.settings, self.health)
        return WebServer(app, self.settings.web.host, self.settings.web.port)

    async def _public(self, incident_id: str) -> bool:
        """Whether the documents of this incident are for everybody."""
        return await self.store.tx(_seen_by_all, incident_id)

    async def _beat(self, request: web.Request) -> web.Response:
        if self.standby:
            # Beats are judged in the memory of the one at work; it alone may say "noted".
            return web.Response(status=503, headers={"Retry-After": "1"}, text=STANDBY)
        return await heartbeat(self.beats, request)

    async def health(self) -> Mapping[str, object]:
        """What /healthz says. "ok" is about this process, not about what it watches."""
        engine = self.engine
        return {
            "ok": True,
            "standby": self.standby,  # alive, and another process does the work
            "alerts_waiting": await self.store.tx(inbox.waiting),
            "probe_lag_s": round(engine.lag, 3),
            "probes": {
                "under_way": engine.under_way,
                "overruns": engine.overruns,
                "held_back": engine.held_back,
                "unproven": engine.unproven,
                "longest_stall_s": round(engine.pulse.longest, 3),
            },
            "webhooks": self.outgoing.health(),
            "audit": self.anchorer.health(),
            "dependencies": await self.store.tx(_states),
        }


class WebServer:
    """aiohttp on one address, as a context."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        self._host, self._port = host, port

    async def __aenter__(self) -> None:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise ConfigError(
                f"web.listen: cannot listen on {self._host}:{self._port}: {why.lower()};"
                " name another port there, or in PORT"
            ) from error

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@asynccontextmanager
async def _beside(task: Task) -> AsyncIterator[None]:
    """Run a task until the block ends; if it fails, so does the block."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(task())
        try:
            yield
        finally:
            running.cancel()


def _prepare(store: Store) -> None:
    with store.in_words():
        if migrate.pending(store):
            log.info("bringing the database to its newest shape")
            migrate.upgrade(store)


def _seen_by_all(session: Session, incident_id: str) -> bool:
    incident = session.get(Incident, incident_id)
    return incident is not None and privacy.may_see(session, incident, None)


def _settle_memory() -> None:
    """What is here now stays until the end: the collector need not look it through ever again."""
    gc.collect()
    gc.freeze()


def _states(session: Session) -> dict[str, str]:
    return {row.dependency: row.state for row in session.scalars(select(DependencyState))}
