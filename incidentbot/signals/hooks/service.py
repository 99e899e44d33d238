"""Pushed alerts as one thing: the door for requests, and what works them off."""

from collections.abc import Sequence

from aiohttp import web

from incidentbot.settings import HookSettings
from incidentbot.signals.hooks.door import Door
from incidentbot.signals.hooks.fetching import Fetch
from incidentbot.signals.hooks.hook import hooks_of
from incidentbot.signals.hooks.inbox import Inbox
from incidentbot.signals.hooks.worker import Taken, Worker
from incidentbot.store import Store


class Hooks:
    """`door` answers POST /hooks/<name>; `worker.run` hands what came to `taken`, for ever."""

    def __init__(
        self, store: Store, settings: Sequence[HookSettings], fetch: Fetch, taken: Taken
    ) -> None:
        hooks = hooks_of(settings)
        self._door = Door(hooks, Inbox(store), fetch)
        self.worker = Worker(store, hooks, taken, fetch)

    async def door(self, request: web.Request) -> web.Response:
        """The answer to one request, wherever it is mounted."""
        return await self._door(request)
