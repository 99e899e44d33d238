"""`incidentbot demo --auto`: the whole story without hands, every beat seen from outside."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp

from . import story_look as look
from .beats import Missed, Step, Teller, until
from .images import pictures
from .regions import BACKUP, CANARY, PRIMARY
from .story_hands import Hands
from .world import World

OPEN_WITHIN_S = 10.0  # promised: from the break to the channel
RESOLVED = "/incident resolve The region failed; it is well again, and serves again"
HEALTHY_FOR_S = 20.0  # as the rehearsal's configuration has it


class Story:
    """`out`: where the bot keeps its documents. `teller` prints and remembers the beats."""

    def __init__(self, world: World, hands: Hands, out: Path) -> None:
        self.world = world
        self.hands = hands
        self.out = out
        self.keys = [picture.key for picture in pictures()]
        self.channel_id = ""
        self.broken_at = self.healed_at = 0.0
        self.last_ts = "0"  # the newest message when the present beat began

    def steps(self) -> Sequence[tuple[str, Step]]:
        return (
            ("ready", self.ready),
            ("break", self.break_region),
            ("channel open", self.channel_open),
            ("card pinned", self.card_pinned),
            ("announcement", self.announcement),
            ("acknowledged", self.acknowledged),
            ("command taken", self.command_taken),
            ("plan shown", self.plan_shown),
            ("own approval refused", self.own_approval_refused),
            ("second person approves", self.second_person_approves),
            ("pictures are back", lambda: self.pictures_from(BACKUP, version=2)),
            ("ran once", lambda: self.ran_times(1)),
            ("proof posted", lambda: self.proof_posted(BACKUP)),
            ("vendor admits", self.vendor_admits),
            ("region healed", self.region_healed),
            ("way back offered", self.way_back_offered),
            ("way back planned and approved", self.way_back),
            ("pictures from home again", lambda: self.pictures_from(PRIMARY, version=3)),
            ("ran once more", lambda: self.ran_times(2)),
            ("way back proven", lambda: self.proof_posted(PRIMARY)),
            ("resolved", self.resolved),
            ("documents", self.documents),
        )

    # looking

    async def channel(self) -> look.Channel:
        """The incident's channel as it is now."""
        return look.channel_of(await self.hands.snapshot(), self.channel_id)

    async def latest(self) -> str:
        """The end of the channel in one line, for a beat that was missed."""
        if not self.channel_id:
            snapshot = await self.hands.snapshot()
            return "channels " + ", ".join(f"#{c['name']}" for c in snapshot["channels"])
        messages = (await self.channel())["messages"]
        ends = [re.sub(r"\s+", " ", look.words(m["blocks"] or m))[:160] for m in messages[-3:]
                if m.get("blocks")]  # fmt: skip
        return " | ".join(ends) or "an empty channel"

    async def mark(self) -> None:
        """Remember the newest message, so that a beat sees only what came after."""
        messages = (await self.channel())["messages"]
        self.last_ts = messages[-1]["ts"] if messages else "0"

    async def told(self, expected: str, *patterns: str, within: float = 15) -> str:
        """A new message, or the card, saying all patterns; its first words."""

        async def find() -> look.Message | None:
            found = look.messages_saying(await self.channel(), *patterns, after=self.last_ts)
            return found[0] if found else None

        return first_words(await until(expected, find, within, self.latest))

    async def button(self, prefix: str, expected: str, label: str = "") -> look.Button:
        async def find() -> look.Button | None:
            found = look.buttons(await self.channel(), prefix)
            return next((b for b in found if label in b.label), None)

        return await until(expected, find, 10, self.latest)

    async def on_card(
        self, expected: str, right: Callable[[look.Message], bool], within: float = 10
    ) -> look.Message:
        async def find() -> look.Message | None:
            card = look.card(await self.channel())
            return card if card is not None and right(card) else None

        return await until(expected, find, within, self.latest)

    async def press(self, person: str, button: look.Button) -> None:
        answer = await self.hands.click(person, button)
        if not answer["ok"]:
            raise Missed(f"“{button.label}” to answer {person}", str(answer.get("message")))

    # the beats

    async def ready(self) -> str:
        await self.hands.meet()
        seen = await self.hands.picture(self.keys[5])
        if not (seen.whole and seen.origin == PRIMARY):
            raise Missed(f"a whole picture from {PRIMARY}", str(seen))

        async def probed() -> bool | None:
            calls = list(self.world.primary.proxy.calls)
            return any(c.path.endswith(CANARY) and c.status == 200 for c in calls) or None

        async def calls_so_far() -> str:
            return f"{self.world.primary.proxy.count()} calls, none of them for {CANARY}"

        await until("the bot's probes to read the canary", probed, 30, calls_so_far)
        return f"the bot is connected and its probes run; the shop shows {seen}"

    async def break_region(self) -> str:
        self.broken_at = time.monotonic()
        await self.hands.post("/demo/break", mode="errors")
        seen = await self.hands.picture(self.keys[5])
        if seen.whole:
            raise Missed("no picture after the break", str(seen))
        return f"{PRIMARY} answers 503; the shop gets {seen}"

    async def channel_open(self) -> str:
        async def find() -> look.Channel | None:
            rooms = look.incident_channels(await self.hands.snapshot())
            return next((c for c in rooms if self.hands.people["maya"] in c["members"]), None)

        left = OPEN_WITHIN_S - (time.monotonic() - self.broken_at)
        room = await until("a channel with the on-call engineer in it", find, left, self.latest)
        after = time.monotonic() - self.broken_at
        self.channel_id = room["id"]
        if not re.fullmatch(r"inc-\d{8}-[a-z0-9-]+", room["name"]):
            raise Missed("a name like inc-20261124-what-fails", room["name"])
        return f"#{room['name']} {after:.1f} s after the break, Maya is in it"

    async def card_pinned(self) -> str:
        def right(card: look.Message) -> bool:
            return look.says(
                card, r"sev", r"since", r"evidence", r"canary", r"503", r"shop-image", "all green"
            )

        card = await self.on_card("a pinned card with evidence and “all green”", right)
        for prefix in (look.ACKNOWLEDGE, look.COMMAND, look.PLAN):
            await self.button(prefix, f"a button {prefix} on the card")
        html = await self.hands.channel_page("maya", self.channel_id)
        if "all green" not in html:
            raise Missed("the card on Maya's page", f"{len(html)} characters without it")
        return first_words(card)

    async def announcement(self) -> str:
        async def find() -> look.Message | None:
            board = look.named(await self.hands.snapshot(), "incidents")
            found = look.messages_saying(board, rf"<#{self.channel_id}")
            return found[0] if found else None

        return first_words(await until("a line in #incidents", find, 10, self.latest))

    async def acknowledged(self) -> str:
        await self.press("maya", await self.button(look.ACKNOWLEDGE, "a button to acknowledge"))
        return first_words(await self.on_card("an acknowledged card", look.acknowledged))

    async def command_taken(self) -> str:
        await self.press("maya", await self.button(look.COMMAND, "a button to take command"))
        maya = self.hands.people["maya"]
        await self.on_card("Maya as commander", lambda card: look.commanded_by(card, maya))
        return "Maya commands"

    async def plan_shown(self) -> str:
        await self.mark()
        await self.press("maya", await self.button(look.PLAN, f"a way to {BACKUP}", BACKUP))
        return await self.a_plan(PRIMARY, BACKUP)

    async def a_plan(self, before: str, after: str) -> str:
        """A plan with everything a second person needs to see."""
        pattern = rf"before\s+{before}\s+after\s+{after}"

        async def find() -> look.Message | None:
            return next(
                (
                    plan
                    for plan in look.plans(await self.channel())
                    if plan["ts"] > self.last_ts
                    and look.says(
                        plan, pattern, "does not depend", "touches", "verified", "expires"
                    )
                ),
                None,
            )

        await until(f"a plan from {before} to {after}", find, 15, self.latest)
        return f"before {before}, after {after}, with undo, proof, plane and expiry"

    async def own_approval_refused(self) -> str:
        approve = await self.button(look.APPROVE, "a button to approve")
        await self.press("maya", approve)
        maya = self.hands.people["maya"]

        async def find() -> look.Message | None:
            said = look.whispers(await self.channel(), maya)
            return next((m for m in said if look.refuses_own(m)), None)

        said = await until("a refusal that only Maya sees", find, 10, self.latest)
        await self.ran_times(0)
        return first_words(said)

    async def second_person_approves(self) -> str:
        """Jonas clicks twice and Maya once more, all at the same time: it must run once."""
        await self.hands.join("jonas", self.channel_id)
        if "Approve" not in await self.hands.channel_page("jonas", self.channel_id):
            raise Missed("a button to approve on Jonas's page", await self.latest())
        approve = await self.button(look.APPROVE, "a button to approve")
        await self.mark()
        clicks = [self.hands.click(person, approve) for person in ("jonas", "maya", "jonas")]
        await asyncio.gather(*clicks)
        view, name = await self.asked_for_a_name("jonas")
        wrong = await self.hands.type_target("jonas", view, f"{name}x")
        if wrong["ok"]:
            raise Missed("a wrong name to be refused", str(wrong))
        await self.ran_times(0)
        await self.hands.type_target("jonas", view, name)
        return f"Jonas clicks twice while Maya clicks too; he mistypes, then types {name}"

    async def asked_for_a_name(self, person: str) -> tuple[str, str]:
        """The form in which the target's name is typed, and that name."""
        who = self.hands.people[person]

        async def find() -> tuple[str, str] | None:
            return look.target_to_type(await self.hands.snapshot(), who)

        return await until("a form that asks for the target's name", find, 10, self.latest)

    async def pictures_from(self, origin: str, *, version: int) -> str:
        """Many pictures come whole from this origin, and the parameter changed exactly so often."""
        last = "nothing looked at"

        async def find() -> bool | None:
            nonlocal last
            for key in self.keys[::8]:
                seen = await self.hands.picture(key)
                last = f"{key}: {seen}"
                if not (seen.whole and seen.origin == origin):
                    return None
            return True

        async def told() -> str:
            return f"{last}; {await self.latest()}"

        await until(f"pictures from {origin}", find, 20, told)
        known = (await self.hands.edge())["version"]
        if known != version:
            raise Missed(f"version {version} of the parameter", f"version {known}")
        return f"{len(self.keys[::8])} pictures come whole from {origin}"

    async def ran_times(self, times: int) -> str:
        made = self.world.backup.proxy.count("PutParameter")
        if made != times:
            raise Missed(f"{times} writes of the parameter so far", f"{made} writes")
        return f"the parameter was written {made} time{'s' if made != 1 else ''} in all"

    async def proof_posted(self, origin: str) -> str:
        return await self.told(f"the proof that {origin} serves", look.PROOF, origin, look.SEEN)

    async def vendor_admits(self) -> str:
        await self.mark()
        await self.hands.post("/demo/admit")
        return await self.told(
            "the bot to say that the vendor admits it, and how late",
            *look.VENDOR_REPORTS,
        )

    async def region_healed(self) -> str:
        await self.mark()
        self.healed_at = time.monotonic()
        await self.hands.post("/demo/heal")
        said = await self.told(
            "the bot to say that the region is back",
            look.REGION_BACK,
            PRIMARY,
            within=35,
        )
        after = time.monotonic() - self.healed_at
        if look.runbook_buttons(await self.channel(), PRIMARY):
            raise Missed("no way back before the region stayed healthy", "the way back is offered")
        return f"{after:.1f} s after healing: {said}"

    async def way_back_offered(self) -> str:
        found = await self.button_within(35, PRIMARY)
        after = time.monotonic() - self.healed_at
        if after < HEALTHY_FOR_S:
            raise Missed(
                f"the way back after {HEALTHY_FOR_S:g} s of health", f"after {after:.1f} s"
            )
        return f"“{found.label}”, {after:.1f} s after healing"

    async def button_within(self, within: float, region: str) -> look.Button:
        async def find() -> look.Button | None:
            return next(iter(look.runbook_buttons(await self.channel(), region)), None)

        return await until(f"a way to {region}", find, within, self.latest)

    async def way_back(self) -> str:
        await self.mark()
        await self.press("maya", await self.button_within(5, PRIMARY))
        said = await self.a_plan(BACKUP, PRIMARY)
        approve = await self.button(look.APPROVE, "a button to approve")
        await self.mark()
        await self.press("jonas", approve)
        return said

    async def resolved(self) -> str:
        answer = await self.hands.say("maya", self.channel_id, RESOLVED)
        if not answer["ok"]:
            raise Missed("/incident resolve to be taken", str(answer.get("message")))
        return first_words(await self.on_card("a resolved card", look.resolved))

    async def documents(self) -> str:
        async def find() -> dict[str, str] | None:
            found = look.documents(await self.channel())
            return found if ".html" in found else None

        posted = await until("the postmortem's link in the channel", find, 20, self.latest)
        html = await self.hands.text(posted[".html"])
        if "<html" not in html:
            raise Missed("a page behind the link", html[:80])
        files = {p.suffix: p for p in (self.out / "documents").rglob("*") if p.is_file()}
        missing = {".md", ".html", ".json"} - set(files)
        if missing:
            raise Missed(
                "Markdown, HTML and JSON in the folder", f"no {', '.join(sorted(missing))}"
            )
        facts = json.loads(files[".json"].read_text())
        if not facts:
            raise Missed("facts in the JSON document", "an empty one")
        return f"{posted['.html']} opens; {', '.join(sorted(p.name for p in files.values()))}"


def first_words(message: look.Message) -> str:
    """The beginning of a message on one line, dates and links as a reader sees them."""
    text = look.words(message.get("blocks") or message)
    text = re.sub(r"<!date\^[^>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 110 else text[:109] + "…"


async def play(world: World, out: Path, teller: Teller) -> bool:
    """Tell the story; True when every beat was seen."""
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        story = Story(world, Hands(http, world.url, world.shop_url), out)
        try:
            return await teller.play(story.steps())
        except (aiohttp.ClientError, TimeoutError) as fault:
            teller.add("the story", False, f"{type(fault).__name__}: {fault}")
            return False
