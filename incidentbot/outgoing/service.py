"""Every webhook of the configuration, side by side: a slow receiver keeps no other waiting."""

import asyncio
from collections.abc import Mapping

from incidentbot import timeline
from incidentbot.http import Http
from incidentbot.incidents import rows
from incidentbot.outgoing import pending
from incidentbot.outgoing.follower import Follower
from incidentbot.outgoing.payload import Subjects
from incidentbot.settings.model import Settings
from incidentbot.store import Store


class Outgoing:
    """`await run()` until cancelled."""

    def __init__(self, store: Store, settings: Settings, http: Http) -> None:
        self._store = store
        subjects = Subjects.of(settings) if settings.webhooks else Subjects({}, {})
        self._followers = {
            webhook.name: Follower(store, http, webhook, subjects) for webhook in settings.webhooks
        }

    async def run(self) -> None:
        await self._store.tx(pending.meet, list(self._followers))
        async with asyncio.TaskGroup() as group:
            for name, follower in self._followers.items():
                for topic in (rows.TOPIC, timeline.TOPIC):
                    self._store.on_commit(topic, follower.ring)
                group.create_task(follower.run(), name=f"webhook {name}")

    def health(self) -> Mapping[str, object]:
        """For /healthz: how each webhook is."""
        return {name: follower.health() for name, follower in self._followers.items()}
