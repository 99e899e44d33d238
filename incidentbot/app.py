"""The composition root: watching, and Slack, paging and the runbooks on top, in one process."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from sqlalchemy.orm import Session

from incidentbot import durable, timeline
from incidentbot.console.web import Door
from incidentbot.durable import Durable
from incidentbot.paging.by_runbook import ByRunbook as PagingByRunbook
from incidentbot.paging.policy import Policies
from incidentbot.paging.service import Paging
from incidentbot.postmortem.draft import Drafter
from incidentbot.runbooks import failback
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.wires import House
from incidentbot.settings import Settings
from incidentbot.slack.outbound import deliver
from incidentbot.slack.service import SlackSide
from incidentbot.statuspages import drafts
from incidentbot.statuspages.by_runbook import ByRunbook as TellingByRunbook
from incidentbot.statuspages.publish import Publisher
from incidentbot.store import Store
from incidentbot.timeline import Entry, Wake
from incidentbot.timers import Timers
from incidentbot.watching import Task, Watch, WebServer, known

__all__ = ["App", "WebServer", "known"]


WORK = "work"  # the reader of the timelines that starts workflows


def house_of(store: Store, settings: Settings) -> House:
    """What the bot itself does for a runbook: tell the public, ask people to come."""
    told = TellingByRunbook(store, settings.statuspages).doors
    return {**told, **PagingByRunbook(store, Policies(settings)).doors}


class App(Watch):
    """Everything, built from settings inside the running loop. `run` until cancelled."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        settings = self.settings
        executor = durable.executor_of(self.store.engine.dialect.name)
        self.durable = Durable(self.store.url, executor)
        self.runbooks = Runbooks(
            self.store, settings, self.http, house=house_of(self.store, settings)
        )
        self.drafter = Drafter(self.store, settings)
        self.timers = Timers(self.store)
        self.timers.on(failback.KIND, failback.Reminder(settings).due)
        self.slack = SlackSide(
            self.store,
            settings,
            self.runbooks,
            self.runbooks.offers,
            self.drafter.write,
            self.timers,
            self.http,
        )
        self.paging = Paging(self.store, settings, self.http, self.slack.lookup)
        self.durable.register("open", self.slack.open)
        self.durable.register("room", self.slack.room)
        self.durable.register("run", self.runbooks.run)
        self.durable.register("resolve", self._draft)
        self.publisher = Publisher(self.store, settings.statuspages, self.http)
        self.durable.register("statuspage", self.publisher.run)

    async def _open(self, stack: AsyncExitStack) -> None:
        self.durable.launch()
        stack.push_async_callback(self.durable.close)

    def _tasks(self) -> list[Task]:
        # In this order they are woken by an entry: a channel is waited for, a line in it less so.
        mine: list[Task] = [self._start_work, self.slack.run, self.paging.run, self.timers.run]
        return [*mine, *super()._tasks(), self.runbooks.watch]

    async def _listen(self) -> None:
        await self.slack.listen()

    def _doors(self) -> dict[str, Door]:
        slack = {"/slack/events": self.slack.events, "GET /slack/events": self.slack.events}
        return {**super()._doors(), **slack}

    async def _draft(self, incident_id: str) -> None:
        """The workflow `resolve`: the draft, written anew however often it is interrupted."""
        await durable.step(self.drafter.write, incident_id)

    async def health(self) -> Mapping[str, object]:
        """What /healthz says, with Slack's part of it."""
        return {
            **await super().health(),
            "slack_connected": await self.slack.connected(),
            "slack": await self.slack.health(),
            "slack_delivery": self.slack.delivery(),
            "messages_waiting": await self.store.tx(deliver.waiting),
        }

    async def _start_work(self) -> None:
        """Start the workflow that an entry calls for. Its id makes a second start no start."""
        wake = Wake()
        self.store.on_commit(timeline.TOPIC, wake.ring)
        while True:
            entries = await self.store.first(timeline.unread, WORK)
            for entry in entries:
                await self._start(entry)
            if entries:
                await self.store.first(_seen, entries)
            else:
                await wake.wait()

    async def _start(self, entry: Entry) -> None:
        data = entry.data
        if entry.kind == "state" and entry.seq == 1:
            await self.durable.start("open", entry.incident_id, entry.incident_id)
        elif entry.kind == "runbook" and data.get("event") == "approved":
            await self.durable.start("run", str(data["plan_id"]), data["plan_id"])
        elif entry.kind == "runbook" and data.get("event") == "answered":
            key = f"{data['plan_id']}:{data['question']}"  # it goes on where it waited
            await self.durable.start("run", key, data["plan_id"])
        elif data.get("what") == drafts.WHAT and data.get("event") == "approved":
            key = f"{data['post']}:{entry.seq}"  # one that failed may be tried again
            await self.durable.start("statuspage", key, data["post"], entry.seq)
        elif entry.kind == "state" and (data.get("private") or data.get("previous") == "resolved"):
            await self.durable.start("room", f"{entry.incident_id}:{entry.seq}", entry.incident_id)
        elif entry.kind == "state" and data.get("status") == "resolved":
            if data.get("merged_into"):
                return  # its story is told by the one that goes on
            key = f"{entry.incident_id}:{entry.seq}"  # an incident may be resolved again
            await self.durable.start("resolve", key, entry.incident_id)


def _seen(session: Session, entries: list[Entry]) -> None:
    timeline.seen(session, WORK, entries)
