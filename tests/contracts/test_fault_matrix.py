"""Every call of the bot x every fault of Slack: what a person sees in the end is right, once."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Temporary
from incidentbot.incidents import lifecycle
from incidentbot.incidents.rights import Rights
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.methods import METHODS
from incidentbot.slack.channel import rooms
from incidentbot.slack.outbound import outbox
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.people.lookup import Lookup
from incidentbot.store import Store
from tests.contracts.outgoing import Post, announcing, post_office

T = TypeVar("T")
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ROOT = Path(__file__).parents[2] / "incidentbot"
LATE: tuple[dict[str, Any], ...] = (
    {},
    {"commit": True},
)  # nothing was done; or it was done, and only the answer is lost
FAULTS: list[dict[str, Any]] = [
    {"mode": "429", "retry_after": 1},
    *({"mode": f"error:{word}"} for word in (
        "ratelimited", "rate_limited", "message_limit_exceeded", "too_many_requests",
        "service_unavailable", "fatal_error")),
    *({"mode": f"{status}_html"} | late for status in (200, 503) for late in LATE),
    {"mode": "500_html"},
    *({"mode": "empty"} | late for late in LATE),
    *({"mode": "hang"} | late for late in LATE),
    {"mode": "reset_before"},
    {"mode": "reset_after_commit"},
    {"mode": "fatal_after_commit"},
    {"mode": "error_after_commit:internal_error"},
    {"mode": "truncated"},
    {"mode": "slow", "seconds": 0.1},
    {"mode": "body", "status": 403, "body": "<html>blocked by the proxy</html>"},
]  # fmt: skip
CASES = range(len(FAULTS))


@dataclass(frozen=True)
class Case:
    """One fault of one method, in a channel of its own. `name` is unique."""

    post: Post
    name: str
    incident: str
    channel: Any
    done: bool  # the fault lets the call take effect

    @property
    def room(self) -> str:
        return outbox.to_incident(self.incident)

    def queue(self, method: str, args: dict[str, Any], **more: Any) -> None:
        self.post.store.run(lambda s: outbox.send(s, self.name, method, self.room, args, **more))

    def message(self, **more: Any) -> None:
        said = {"text": self.name}
        self.post.store.run(lambda s: outbox.post(s, self.name, self.room, said, **more))

    async def first(self) -> None:
        """Another message of ours in the channel, for what is about one."""
        first = {"text": "first"}
        self.post.store.run(lambda s: outbox.post(s, f"{self.name} first", self.room, first))
        await self.post.until(lambda: "first" in self.post.texts(self.channel))


Queue = Callable[[Case], Awaitable[None]]
Seen = Callable[[Case], int]
TWICE = {"chat.postEphemeral", "response_url"}  # cannot be looked for; see slack.sending


async def say(case: Case) -> None:
    case.message()


async def change(case: Case) -> None:
    await case.first()
    outbox_edit = {"text": case.name}
    case.post.store.run(outbox.edit, f"{case.name} first", case.room, outbox_edit)


async def whisper(case: Case) -> None:
    words, maya = {"text": case.name}, case.post.person("maya")
    await case.post.do(do="join", user="maya", channel=case.channel.name)
    case.post.store.run(outbox.whisper, case.name, case.channel.id, maya, words)


async def pin(case: Case) -> None:
    await case.first()
    case.queue("pins.add", {}, after=f"{case.name} first")


async def topic(case: Case) -> None:
    case.queue("conversations.setTopic", {"topic": case.name})


async def invite(case: Case) -> None:
    case.queue("conversations.invite", {"users": [case.post.person("maya")], "force": True})


async def bookmark(case: Case) -> None:
    args = {"title": case.name, "type": "link", "link": "https://status.example"}
    case.queue("bookmarks.add", args)


async def come_in(case: Case) -> None:
    """A message into a channel that we are not in."""
    await case.post.do(do="join", user="maya", channel=case.channel.name)
    await case.post.do(do="kick", user="maya", channel=case.channel.name, who="incidentbot")
    case.message()


async def open_again(case: Case) -> None:
    """A person archived the channel."""
    await case.post.do(do="join", user="maya", channel=case.channel.name)
    await case.post.do(do="archive", user="maya", channel=case.channel.name)
    case.message()
    case.post.store.run(rooms.channel_archive, {"channel": case.channel.id})


async def lost_answer(case: Case) -> None:
    """A message whose answer is lost, so that it is looked for."""
    case.post.broken(Fault("reset_after_commit", "chat.postMessage", case.channel.id))
    case.message()


async def lost_reply(case: Case) -> None:
    await case.first()
    case.post.broken(Fault("reset_after_commit", "chat.postMessage", case.channel.id))
    case.message(after=f"{case.name} first")


async def react(case: Case) -> None:
    """Our mark on a message that was kept."""
    await case.first()
    said = next(m for m in case.channel.messages if m.get("text") == "first")
    case.queue("reactions.add", {"timestamp": said["ts"], "name": "memo"})


async def rename(case: Case) -> None:
    case.queue("conversations.rename", {"name": f"{case.name}-x"})


async def archive(case: Case) -> None:
    case.queue("conversations.archive", {})


async def take_back(case: Case) -> None:
    """An announcement whose incident went private."""
    await case.first()
    case.queue("chat.delete", {}, after=f"{case.name} first")


async def purpose(case: Case) -> None:
    case.queue("conversations.setPurpose", {"purpose": case.name})


def texts(case: Case) -> int:
    return case.post.texts(case.channel).count(case.name)


def whispers(case: Case) -> int:
    kept = case.post.slack.workspace.ephemerals.values()
    return sum(m["text"] == case.name for messages in kept for m in messages)


def topics(case: Case) -> int:
    return int(case.channel.topic["value"] == case.name)


def members(case: Case) -> int:
    return list(case.channel.members).count(case.post.person("maya"))


def pins(case: Case) -> int:
    return len(case.channel.pins)


def bookmarks(case: Case) -> int:
    return len(case.channel.bookmarks)


def purposes(case: Case) -> int:
    return int(case.channel.purpose["value"] == case.name)


def marks(case: Case) -> int:
    said = next(m for m in case.channel.messages if m.get("text") == "first")
    return sum(r["name"] == "memo" for r in said.get("reactions", []))


def renamed(case: Case) -> int:
    return int(case.channel.name == f"{case.name}-x")


def archived(case: Case) -> int:
    return int(case.channel.is_archived)


def gone(case: Case) -> int:
    return int("first" not in case.post.texts(case.channel))


IN_A_CHANNEL: dict[str, tuple[Queue, Seen]] = {
    "chat.postMessage": (say, texts),
    "chat.update": (change, texts),
    "chat.postEphemeral": (whisper, whispers),
    "pins.add": (pin, pins),
    "conversations.setTopic": (topic, topics),
    "conversations.setPurpose": (purpose, purposes),
    "conversations.rename": (rename, renamed),
    "conversations.archive": (archive, archived),
    "chat.delete": (take_back, gone),
    "reactions.add": (react, marks),
    "conversations.invite": (invite, members),
    "conversations.join": (come_in, texts),
    "conversations.unarchive": (open_again, texts),
    "conversations.history": (lost_answer, texts),
    "conversations.replies": (lost_reply, texts),
    "bookmarks.add": (bookmark, bookmarks),
}
# Calls that name no channel are in the test of openings below.
OPENING = (("conversations.create",), ("conversations.list", "auth.test"))
# Looking for people, to page them: failed looks are tried again.
OF_PEOPLE = ("users.list", "usergroups.list", "users.lookupByEmail")
# What is not delivered but done in answer to a person, who is told and presses again.
IN_ANSWER = {"views.open", "views.push", "views.update", "views.publish"}
# What only looks, on the way to something above; a failed look is tried again with it.
LOOKS = {"bookmarks.list", "conversations.open", "auth.teams.list"}
# Shown elsewhere: the line of the sockets in test_slack_sockets; whoever cannot be looked up counts
# as a plain member, see Directory.meet.
ELSEWHERE = {"apps.connections.open", "users.info"}
# Named where methods are compared, and called by nobody.
COMPARED = {"chat.getPermalink", "pins.remove", "reactions.remove", "bookmarks.edit",
            "bookmarks.remove"}  # fmt: skip
TABLES = {"budget.py", "classify.py", "client.py"}  # they name methods only to compare


@pytest.fixture
async def post(tmp_path: Path, store: Store) -> AsyncIterator[Post]:
    async with post_office(tmp_path, store) as made:
        yield made


def test_no_call_of_the_bot_is_missing_here() -> None:
    named: dict[str, str] = {}
    for path in (ROOT / "slack").rglob("*.py"):
        if path.name not in TABLES:
            for name in re.findall(r'"([a-z]+(?:\.\w+)+)"', path.read_text(encoding="utf-8")):
                named[name] = path.name
    known = {*IN_A_CHANNEL, *IN_ANSWER, *LOOKS, *OF_PEOPLE, *ELSEWHERE, *COMPARED}.union(*OPENING)
    missing = {n: where for n, where in named.items() if n in METHODS and n not in known}
    assert not missing, f"a call without its faults in this matrix: {missing}"
    assert not (COMPARED | ELSEWHERE) & {*IN_A_CHANNEL, *IN_ANSWER, *LOOKS, *OF_PEOPLE}


@SQLITE
async def test_each_fault_of_each_call_in_a_channel_leaves_one_of_what_was_meant(
    post: Post,
) -> None:
    async def run(method: str, number: int) -> tuple[Case, str, Seen]:
        fault, name = FAULTS[number], f"{method}-{number}".lower().replace(".", "-")
        incident, channel = post.room(name)
        done = bool(fault.get("commit")) or fault["mode"] not in ("reset_before",)
        case = Case(post, f"inc-{name}", incident, channel, done)
        queue, seen = IN_A_CHANNEL[method]
        post.broken(Fault(**fault, method=method, channel=channel.id))
        await queue(case)
        return case, method, seen

    started = await asyncio.gather(*(run(m, n) for m in IN_A_CHANNEL for n in CASES))
    await post.quiet()
    wrong = [
        f"{case.name} ({FAULTS[int(case.name.rpartition('-')[2])]}): {count} times"
        for case, method, seen in started
        if not 1 <= (count := seen(case)) <= (2 if method in TWICE else 1)
    ]
    assert not wrong, "\n".join(wrong)
    unhit = [fault for fault in post.slack.hub.gate.faults if not fault.hit]
    assert not unhit, unhit


@SQLITE
async def test_an_answer_to_a_person_arrives_whatever_its_address_does(post: Post) -> None:
    maya = post.person("maya")
    general = post.named("general")
    urls = post.slack.hub.response_urls
    for number, fault in enumerate(FAULTS):
        post.broken(Fault(**fault, method="response_url"))
        key = urls.mint(post.slack.workspace.app.app_id, general.id, maya)
        url = f"{post.slack.url}response/{key}"
        await post.store.tx(outbox.respond, f"answer {number}", url, {"text": f"answer {number}"})
    await post.quiet()
    told = [m["text"] for kept in post.slack.workspace.ephemerals.values() for m in kept]
    assert {text: told.count(text) for text in told if told.count(text) > 2} == {}
    assert set(told) == {f"answer {number}" for number in CASES}


@SQLITE
async def test_each_fault_of_a_look_for_people_is_asked_again_until_they_are_found(
    post: Post,
) -> None:
    post.broken(*(Fault(**fault, method=method) for fault in FAULTS for method in OF_PEOPLE))
    maya = (post.person("maya"), "Maya Okafor")

    async def look() -> None:
        lookup = Lookup(post.client, Directory(post.client, None, Rights({})))  # knows nobody
        assert await found(lambda: lookup.identify("maya", "")) == maya
        assert await found(lambda: lookup.identify("", "maya@shop.example")) == maya
        assert await found(lambda: lookup.members("@oncall")) == ["maya"]

    await asyncio.gather(*(look() for _ in CASES))
    unhit = [fault for fault in post.slack.hub.gate.faults if not fault.hit]
    assert not unhit, unhit


async def found(look: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await look()
        except Temporary:
            await asyncio.sleep(0.1)


@SQLITE
@pytest.mark.parametrize("methods", OPENING, ids=lambda methods: methods[0])
async def test_each_fault_of_an_opening_leaves_one_channel_one_card_and_everybody_in_it(
    post: Post, methods: tuple[str, ...]
) -> None:
    post.broken(*(Fault(**fault, method=method) for fault in FAULTS for method in methods))
    if "conversations.list" in methods:  # asked only when a creation was in doubt
        post.broken(*(Fault("reset_after_commit", "conversations.create") for _ in CASES))
    maya, jonas = post.person("maya"), post.person("jonas")

    async def run(number: int) -> str:
        title = f"Number {number} hangs"
        incident = await post.store.tx(_opened, title, maya, jonas)
        pause: float | None = 0.0
        while pause is not None:
            await asyncio.sleep(min(pause, 0.5))
            pause = await post.opening.make_channel(incident)
        await post.opening.furnish(incident)
        return f"number-{number}-hangs"

    announced = post.named("incidents")
    async with announcing(post):
        ends = await asyncio.gather(*(run(number) for number in CASES))
        await post.until(lambda: len(post.texts(announced)) >= len(FAULTS))
        await post.quiet()
    channels = [c for c in post.slack.workspace.channels.values() if c.name.startswith("inc-")]
    assert sorted(c.name.partition("-number")[2] for c in channels) == sorted(
        end.removeprefix("number") for end in ends
    )
    for channel in channels:
        assert len(post.texts(channel)) == len(channel.pins) == 1, channel.name
        assert {maya, jonas} <= set(channel.members), channel.name
    assert len(post.texts(announced)) == len(FAULTS)


def _opened(session: Session, title: str, by: str, asked: str) -> str:
    """Declared by one person; another one is paged before the channel is there."""
    now = clock.now()
    id, _ = lifecycle.open_incident(
        session, key=title, title=title, severity=2, opened_by=by, started_at=now,
        detected_at=now, text=f"{title}.",
    )  # fmt: skip
    page = {"event": "asked", "people": [{"id": asked, "name": "Jonas"}]}
    timeline.append(session, id, "page", "Jonas is asked.", data=page)
    return id
