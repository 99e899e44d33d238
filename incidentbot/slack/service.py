"""The Slack side as one thing: what it needs, what runs, and the workflow it offers."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.errors import ConfigError
from incidentbot.incidents.rights import ADMIN, ANYBODY, APPROVER, COMMANDER, RESPONDER, Rights
from incidentbot.settings import Settings
from incidentbot.slack import announce, directory, http_mode, listeners
from incidentbot.slack.client import SlackClient
from incidentbot.slack.deliver import Deliverer
from incidentbot.slack.directory import Directory
from incidentbot.slack.gestures.gesture import Desk
from incidentbot.slack.gestures.work import Worker
from incidentbot.slack.inbox import Inbox
from incidentbot.slack.opening import Opening
from incidentbot.slack.present import Offers, Presenter
from incidentbot.slack.projection import Projection
from incidentbot.slack.socket_mode import Socket
from incidentbot.slack.telling import Telling
from incidentbot.store import Store
from incidentbot.timeline import Wake
from incidentbot.timers import Timers

READER = "slack"


def rights_of(settings: Settings) -> Rights:
    """Who may do what, as the configuration says."""
    granted, approvers = settings.slack.rights, settings.slack.approvers
    admins = approvers if granted.admin is None else granted.admin
    return Rights(
        {
            ANYBODY: granted.anybody,
            RESPONDER: granted.responder,
            COMMANDER: granted.commander,
            APPROVER: approvers,
            ADMIN: admins,
        }
    )


class SlackSide:
    """`open` is the workflow; `run` is everything else, for ever; `events` serves HTTP mode."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runbooks: Any,
        offers: Offers,
        draft: Callable[[str], Coroutine[Any, Any, Any]],
        timers: Timers,
    ) -> None:
        access = settings.access
        if access is None:
            raise ConfigError("SLACK_BOT_TOKEN is missing")
        self._store = store
        self._timers = timers  # what is due later says here what it does then
        self._client = SlackClient(access.api_url, access.bot_token.get_secret_value())
        self._directory = Directory(
            self._client, store, rights_of(settings), settings.slack.names_of_people
        )
        presenter = Presenter(settings, offers, self._directory.name)
        self._projection = Projection(presenter)
        self._telling = Telling(settings, presenter, timers)
        self._deliverer = Deliverer(store, self._client, self._directory, settings.slack.announce)
        opening = Opening(store, self._client, self._directory, settings, presenter)
        self.open = opening.run
        desk = Desk(
            store=store,
            client=self._client,
            directory=self._directory,
            present=presenter,
            runbooks=runbooks,
            draft=draft,
            settings=settings,
        )
        worker = Worker(desk)
        self._inbox = Inbox(store, worker.work, worker.give_up)
        self._app = listeners.make_app(access, self._inbox)
        self._socket = (
            Socket(self._app, access.app_token.get_secret_value(), access.api_url)
            if access.app_token
            else None
        )

    async def run(self) -> None:
        """Read the timelines, deliver, listen. One part failing ends all: better seen than half."""
        await self._directory.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(directory.keep_warm(self._directory))
            group.create_task(self._deliverer.run())
            group.create_task(self._inbox.run())
            group.create_task(self._follow())
            group.create_task(announce.follow(self._store))
            if self._socket is not None:
                group.create_task(self._socket.run())

    async def events(self, request: web.Request) -> web.Response:
        """POST /slack/events, where there is no socket."""
        return await http_mode.handle(self._app, request)

    async def connected(self) -> bool:
        """Whether Slack can reach us, as far as we can tell."""
        return self._socket is None or await self._socket.connected()

    async def _follow(self) -> None:
        wake = Wake()
        self._store.on_commit(timeline.TOPIC, wake.ring)
        await self._store.tx(self._telling.begin)
        while True:
            while await self._store.tx(self._show_unread):
                pass
            await wake.wait()

    def _show_unread(self, session: Session) -> int:
        # The messages and the cursor move in one transaction: shown once, and never forgotten.
        entries = timeline.unread(session, READER)
        for entry in entries:
            self._telling.heed(session, entry)
            self._projection.show(session, entry)
        timeline.seen(session, READER, entries)
        return len(entries)
