"""The Slack side as one thing: what it needs, what runs, and the workflow it offers.

What listens is apart from what works: a process that waits for the database takes in what comes
and keeps it for the one that is at work.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import ConfigError
from incidentbot.http import Http
from incidentbot.incidents import crew
from incidentbot.paging import contract as paging
from incidentbot.settings import Settings
from incidentbot.slack.channel import reshaped
from incidentbot.slack.channel.care import ARCHIVE, Care
from incidentbot.slack.channel.opening import Opening
from incidentbot.slack.channel.returning import Returning
from incidentbot.slack.gestures import table
from incidentbot.slack.gestures.gesture import Desk
from incidentbot.slack.gestures.work import Worker
from incidentbot.slack.home import Home
from incidentbot.slack.inbound import again, http_mode, inbox, listeners
from incidentbot.slack.inbound.inbox import Inbox
from incidentbot.slack.inbound.socket_mode import Socket
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.deliver import Deliverer
from incidentbot.slack.outside import anchoring, announce
from incidentbot.slack.outside.telling import Telling
from incidentbot.slack.people import directory, handing
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.people.grants import rights_of
from incidentbot.slack.people.lookup import Lookup
from incidentbot.slack.people.summons import Summons
from incidentbot.slack.present import Offers, Presenter
from incidentbot.slack.projection import Projection, gives_way
from incidentbot.store import Store
from incidentbot.timeline import Wake
from incidentbot.timers import Timers

READER = "slack"
AT_ONCE = 5  # entries in one transaction: what somebody waits for is not behind all of them


def _on_the_home_tab() -> list[tuple[str, str]]:
    """The verbs that have a button there."""
    known = {verb.name: verb for verb in table.verbs()}
    wanted = ("declare", "subscribe", "search", "help")
    return [(name, known[name].label or name.capitalize()) for name in wanted if name in known]


class SlackSide:
    """`open` and `room` are workflows; `listen` and `events` (HTTP mode) take in, `run` does the
    rest. `lookup` is what paging asks of Slack.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runbooks: Any,
        offers: Offers,
        draft: Callable[[str], Coroutine[Any, Any, Any]],
        timers: Timers,
        http: Http,
    ) -> None:
        access = settings.access
        if access is None:
            raise ConfigError("SLACK_BOT_TOKEN is missing")
        self._store, self._settings = store, settings
        timers.on(again.KIND, again.due)
        token, patience = access.bot_token.get_secret_value(), settings.slack.timeout
        self._client = SlackClient(
            access.api_url, token, patience.total_seconds(), team=settings.slack.team
        )
        self._directory = Directory(
            self._client, store, rights_of(settings), settings.slack.names_of_people
        )
        presenter = Presenter(settings, offers, self._directory.name)
        care = Care(settings)
        timers.on(ARCHIVE, care.archive)
        self._projection = Projection(presenter, Summons(settings), care)
        self._telling = Telling(settings, presenter, timers)
        self.lookup = Lookup(self._client, self._directory)
        self._deliverer = Deliverer(store, self._client, self._directory, settings.slack.announce)
        opening = Opening(store, self._client, self._directory, settings, presenter)
        self.open = opening.run
        self.room = Returning(store, self._client, opening, presenter).run
        self._home = Home(store, self._client, self._directory, settings, _on_the_home_tab)
        table.table()  # every gesture is read now, not when somebody presses the first one
        desk = Desk(
            store=store,
            client=self._client,
            directory=self._directory,
            present=presenter,
            runbooks=runbooks,
            draft=draft,
            settings=settings,
            home=self._home,
            asks=paging.Desk(http, paging.Roster(settings.people), self.lookup),
        )
        timers.on(crew.OFFER, handing.expired)
        timers.on(reshaped.ROOM_NAME, reshaped.named)
        worker = Worker(desk)
        self._inbox = Inbox(store, worker.work, worker.give_up)
        self._app = listeners.make_app(access, self._inbox)
        self._socket = (
            Socket(self._app, access.app_token.get_secret_value(), access.api_url)
            if access.app_token
            else None
        )
        signed = access.signing_secret if access.mode == "http" else None
        self._endpoint = (
            http_mode.Endpoint(self._app, signed.get_secret_value()) if signed else None
        )

    async def listen(self) -> None:
        """Hold the sockets, for ever; by HTTP there is nothing to hold. Needs no lease."""
        if self._socket is not None:
            await self._socket.run()

    async def run(self) -> None:
        """Read the timelines, deliver, work. One part failing ends all: better seen than half."""
        await self._directory.load()
        async with aclosing(self._client), asyncio.TaskGroup() as group:
            group.create_task(directory.keep_warm(self._directory))
            group.create_task(self._deliverer.run())
            group.create_task(self._inbox.run())
            group.create_task(self._home.run())
            group.create_task(self._follow())
            group.create_task(announce.follow(self._store))
            group.create_task(anchoring.follow(self._store, self._settings.audit))

    async def events(self, request: web.Request) -> web.Response:
        """/slack/events, where there is no socket; where there is one, nobody is let in here."""
        if self._endpoint is None:
            raise web.HTTPNotFound(text="Slack reaches this bot by Socket Mode.\n")
        return await self._endpoint.handle(request)

    async def connected(self) -> bool:
        """Whether Slack can reach us, as far as we can tell."""
        return self._socket is None or self._socket.connected()

    async def health(self) -> Mapping[str, object]:
        """What /healthz says of the way in: sockets, what is wrong with them, what waits."""
        way = {"mode": "http"} if self._socket is None else self._socket.health()
        return {**way, "waiting": await self._store.tx(inbox.waiting)}

    def delivery(self) -> dict[str, object]:
        """How the way out stands, for /healthz; see `Deliverer.health`."""
        return self._deliverer.health()

    async def _follow(self) -> None:
        wake = Wake()
        self._store.on_commit(timeline.TOPIC, wake.ring)
        await self._store.tx(self._telling.begin)
        while True:
            pause = await self._store.tx(self._show_unread)
            await (wake.wait() if pause is None else asyncio.sleep(pause))

    def _show_unread(self, session: Session) -> float | None:
        """Seconds until there may be more to show; None when there is nothing left."""
        # The messages and the cursor move in one transaction: shown once, and never forgotten.
        entries = timeline.unread(session, READER, AT_ONCE)
        if not entries:
            return None
        if pause := gives_way(entries[0], clock.now()):
            return pause
        for entry in entries:
            self._telling.heed(session, entry)
            self._projection.show(session, entry)
        timeline.seen(session, READER, entries)
        return 0.0
