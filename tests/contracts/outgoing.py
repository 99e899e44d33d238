"""The way out alone: store, client and deliverer against the local workspace, without the rest of
the bot. Quick to start, and patient for less long than in earnest."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.rights import Rights
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.slack.channel.opening import Opening
from incidentbot.slack.outbound import ledger, outbox
from incidentbot.slack.outbound.budget import Budget
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.deliver import Deliverer
from incidentbot.slack.outbound.reach import Patience, Reach
from incidentbot.slack.outside.telling import Telling
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.present import Presenter
from incidentbot.store import Store
from incidentbot.store.models import Channel, Delivery
from incidentbot.timers import Timers
from tests.stories.house import CONFIG, settings_for

T = TypeVar("T")

QUICK = Patience(
    away_after=0.2, failures=2, probe=0.1, probe_most=0.2, refused=0.3, worth_a_word=0.2
)
TIMEOUT = 2.0  # far above what a busy machine needs for a call: only a hang may reach it
UNSAID = 0.5


@dataclass
class Post:
    """`bot` is the bot's own id; people are named as in the workspace."""

    slack: Running
    store: Store
    client: SlackClient
    deliverer: Deliverer
    opening: Opening
    telling: Telling

    @property
    def bot(self) -> str:
        return self.slack.workspace.app.bot_user_id

    def person(self, name: str) -> str:
        return self.slack.workspace.person(name).id

    async def do(self, **order: Any) -> None:
        result = await acting.act(self.slack.hub, order)
        assert result.ok, result.error

    def broken(self, *faults: Fault) -> None:
        self.slack.hub.gate.faults.extend(faults)

    def room(self, title: str, *, by: str = "incidentbot") -> tuple[str, Any]:
        """A living incident with its channel, made by the bot: (incident id, channel)."""
        channel = self.slack.workspace.create_channel(self.bot, f"inc-{title}")
        return self.store.run(_incident, title, by, channel.id, channel.name), channel

    def texts(self, channel: Any) -> list[str]:
        """What the bot said there, oldest first."""
        kept = [m for m in channel.messages if not m.get("subtype")]
        return [m["text"] for m in kept if m.get("user") == self.bot]

    def named(self, name: str) -> Any:
        return next(c for c in self.slack.workspace.channels.values() if c.name == name)

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [line for line in self.slack.hub.gate.lines() if line["method"] == method]

    async def tell(self, incident: str, *texts: str) -> None:
        for text in texts:
            await self.store.tx(said, f"{incident}:{text}", outbox.to_incident(incident), text)

    async def until(self, what: Callable[[], T | None], seconds: float = 60.0) -> T:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = what()
            if value:
                return value
            await asyncio.sleep(0.02)
        raise AssertionError(f"still not true after {seconds} s: {self.store.run(unsent)}")

    async def quiet(self, seconds: float = 60.0) -> None:
        """Wait until nothing is left to deliver."""
        end = time.monotonic() + seconds
        while await self.store.tx(ledger.waiting):
            assert time.monotonic() < end, self.store.run(unsent)
            await asyncio.sleep(0.03)

    async def story(self, incident: str) -> list[str]:
        return [entry.text for entry in await self.store.tx(timeline.read, incident)]


@asynccontextmanager
async def announcing(post: Post) -> AsyncIterator[None]:
    """Until the block ends the timelines are read for those outside the channels, too."""
    task = asyncio.create_task(_telling(post))
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended


async def _telling(post: Post) -> None:
    def read(session: Session) -> None:
        entries = timeline.unread(session, "telling")
        for entry in entries:
            post.telling.heed(session, entry)
        timeline.seen(session, "telling", entries)

    wake = timeline.Wake(0.1)
    post.store.on_commit(timeline.TOPIC, wake.ring)
    while True:
        await post.store.tx(read)
        await wake.wait()


def said(session: Session, id: str, target: str, text: str) -> None:
    outbox.post(session, id, target, {"text": text})


def unsent(session: Session) -> Sequence[Any]:
    rows = select(Delivery.id, Delivery.state, Delivery.error).where(Delivery.state != "sent")
    return session.execute(rows).all()


def _incident(session: Session, title: str, by: str, channel: str, name: str) -> str:
    now = clock.now()
    id, _ = lifecycle.open_incident(
        session, key=title, title=title, severity=2, opened_by=by, started_at=now,
        detected_at=now, text=f"{title} was opened.",
    )  # fmt: skip
    session.add(Channel(incident_id=id, channel_id=channel, name=name, state="open", error=""))
    return id


@asynccontextmanager
async def post_office(
    folder: Path, store: Store, patience: Patience = QUICK
) -> AsyncIterator[Post]:
    """A workspace without rate limits, and a deliverer that runs until the block ends."""
    async with (
        running(options=Options(rate_limits=False)) as slack,
        delivering(slack, folder, store, patience) as post,
    ):
        yield post


@asynccontextmanager
async def delivering(
    slack: Running, folder: Path, store: Store, patience: Patience = QUICK
) -> AsyncIterator[Post]:
    """The same in a workspace that is there already."""
    token = slack.workspace.app.bot_token
    client = SlackClient(
        f"{slack.url}api/", token, TIMEOUT, Budget(scale=1000), Reach(patience), UNSAID
    )
    directory = Directory(client, store, Rights({}))
    settings = settings_for(slack, folder, store.url, CONFIG, 1)
    presenter = Presenter(settings, lambda *_: [])
    deliverer = Deliverer(store, client, directory, "#incidents")
    opening = Opening(store, client, directory, settings, presenter)
    telling = Telling(settings, presenter, Timers(store))
    task = asyncio.create_task(deliverer.run())
    try:
        yield Post(slack, store, client, deliverer, opening, telling)
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        await client.aclose()
    assert isinstance(ended, asyncio.CancelledError), ended
