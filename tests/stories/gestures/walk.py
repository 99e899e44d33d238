"""What the gestures stand on: a list of who does what, and a house to do it in."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.store import changed
from incidentbot.store.models import Delivery, Timer
from incidentbot.timeline import Entry
from incidentbot.timers import TOPIC
from tests.stories.house import House
from tests.stories.status_wire import StatusWire

UNDER_WAY = ("queued", "doubt", "sending")
Name = tuple[str, str]  # kind and name, as in the table
Deed = Callable[["Walk"], Awaitable[None]]


class Deeds:
    """Functions in the order in which they are done, each with the acts it does."""

    def __init__(self) -> None:
        self.all: list[tuple[tuple[Name, ...], Deed]] = []

    def __call__(self, *names: str) -> Callable[[Deed], Deed]:
        """Names like "command declare"."""
        acts = tuple((kind, name) for kind, _, name in (one.partition(" ") for one in names))

        def keep(deed: Deed) -> Deed:
            self.all.append((acts, deed))
            return deed

        return keep


@dataclass
class Walk:
    """The house, with short words for what people do in it. `room` is where they are now."""

    bot: House
    wire: StatusWire
    room: str = ""
    number: str = ""

    def id(self, who: str) -> str:
        found: str = self.bot.slack.workspace.person(who).id
        return found

    async def declare(self, title: str) -> str:
        """Go on in a new incident."""
        before = {channel.name for channel in self.bot.rooms()}
        await self.type("maya", f"declare {title}", "general")
        (made,) = await self.bot.until(lambda: {c.name for c in self.bot.rooms()} - before)
        await self.settle(made)
        return self.room

    async def settle(self, room: str) -> None:
        """Once all that comes by itself is there."""
        channel = self.bot.channel(room)
        people = {self.id("maya")} if channel.is_private else {self.id("maya"), self.id("jonas")}
        await self.bot.until(lambda: channel.pins and channel.purpose["value"])
        await self.bot.until(lambda: people <= set(channel.members))
        self.room = room
        (self.number,) = re.findall(r"INC-\d+", channel.purpose["value"])

    async def type(self, who: str, words: str, where: str = "") -> None:
        said = await self.bot.say(who, where or self.room, f"/incident {words}".strip())
        assert said.ok, said

    async def say(self, who: str, words: str, where: str = "") -> str:
        said = await self.bot.say(who, where or self.room, words)
        assert said.ts, said
        return said.ts

    async def do(self, what: str, by: str, **more: Any) -> None:
        done = await self.bot.do(do=what, user=by, **more)
        assert done.ok, done

    async def form(self, who: str, *words: str) -> Any:
        """The form that opens, once it holds these words."""

        def look() -> Any:
            view = self.bot.slack.workspace.modal_of(self.id(who))
            shown = json.dumps(view.body, ensure_ascii=False) if view else ""
            return view if shown and all(word in shown for word in words) else None

        return await self.bot.until(look)

    async def fill(self, by: str, **values: Any) -> None:
        """Submit it; it closes."""
        given = {name: {"value": value} for name, value in values.items()}
        await self.do("submit", by, values=given)
        await self.bot.until(lambda: not self.bot.slack.workspace.modal_of(self.id(by)))

    async def fault(self, who: str, block: str, words: str, **values: Any) -> None:
        """Submit it with something wrong; it stays, and says so there."""
        given = {name: {"value": value} for name, value in values.items()}
        done = await self.bot.do(do="submit", user=who, values=given)
        assert words in done.errors[block], done

    async def press(self, who: str, action: str, selected: Any = None) -> None:
        """The newest button of this action that only this person sees."""

        def look() -> Any:
            found = [one for one in self._private(who) if action in json.dumps(one[1])]
            return max(found, key=lambda one: float(one[1]["ts"])) if found else None

        channel, message = await self.bot.until(look)
        found = [e for b in message["blocks"] for e in (*b.get("elements", ()), b.get("accessory"))]
        names = [str(e.get("action_id")) for e in found if e]
        name = next(name for name in names if name.startswith(action))
        order = {"channel": channel, "ts": message["ts"], "action_id": name}
        await self.do("click", who, **order, selected=selected)

    async def press_in_room(self, who: str, action: str) -> None:
        await self.bot.until(lambda: action in self.bot.text(self.room))
        assert (await self.bot.click(who, self.room, action)).ok

    async def told(self, who: str, words: str) -> None:
        """Only this person is told so, by a whisper or directly."""
        await self.bot.until(lambda: words in self.bot.heard(who))

    async def shown(self, words: str, where: str = "") -> None:
        """The channel reads it."""
        await self.bot.until(lambda: words in self.bot.text(where or self.room))

    async def card(self, words: str) -> None:
        await self.bot.until(lambda: words in self.bot.card(self.room))

    async def entry(self, kind: str, words: str) -> Entry:
        """The line of the timeline that says so, once it is there."""
        for _ in range(700):
            for entry in await self.bot.story(kind, self.number):
                if words in entry.text:
                    return entry
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {kind} of {self.number} says {words!r}")

    async def hurry(self, kind: str) -> None:
        """What waits for its time in this incident is due now, once it waits."""

        def due(session: Session) -> bool:
            rows = session.scalars(select(Timer).filter_by(kind=kind, incident_id=self.number))
            found = rows.all()
            for row in found:
                row.due_at = clock.now()
            changed(session, TOPIC)
            return bool(found)

        for _ in range(700):
            if await self.bot.app.store.tx(due):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {kind} of {self.number} waits for its time")

    async def still(self) -> None:
        """Nothing is on its way to this channel: what is lost there is told by an event alone."""

        def left(session: Session) -> int:
            here = Delivery.target == f"incident:{self.number}"
            rows = session.scalars(select(Delivery.seq).where(here, Delivery.state.in_(UNDER_WAY)))
            return len(rows.all())

        for _ in range(700):
            if not await self.bot.app.store.tx(left):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"messages of {self.number} still wait")

    def _private(self, who: str) -> list[tuple[str, dict[str, Any]]]:
        ws, person = self.bot.slack.workspace, self.id(who)
        rooms = [c for c in ws.channels.values() if c.is_im and person in c.members]
        kept = [(c.id, m) for c in rooms for m in c.messages]
        for (one, room), told in ws.ephemerals.items():
            kept += [(room, m) for m in told if one == person]
        return kept
