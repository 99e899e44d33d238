"""The way out while Slack is away, the token is dead, or people close the channels."""

from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running
from incidentbot.slack.channel import rooms
from incidentbot.slack.outbound import outbox
from incidentbot.store import Store
from incidentbot.store.models import Delivery, Notice
from tests.contracts.outgoing import Post, announcing, delivering, post_office, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def post(tmp_path: Path, store: Store) -> AsyncIterator[Post]:
    async with post_office(tmp_path, store) as made:
        yield made


def state(post: Post) -> str:
    return str(post.deliverer.health()["state"])


def late(texts: list[str]) -> list[str]:
    return [text for text in texts if text.startswith("Cut off from Slack")]


async def test_after_an_outage_each_channel_hears_once_how_late_it_is_then_all_in_order(
    tmp_path: Path, store: Store
) -> None:
    async with running(options=Options(rate_limits=False)) as slack:
        async with delivering(slack, tmp_path, store) as post:
            (one, room), (two, other), (_, silent) = (post.room(n) for n in "abc")
            await post.tell(one, "before")
            await post.quiet()
            await slack.hub.set_down(True)
            await post.tell(one, "first", "second")
            await post.until(lambda: state(post) == "away")
            since = post.deliverer.health()["since"]
            asked = len(slack.hub.gate.journal)
            for n in range(20):
                await post.store.tx(outbox.latest, "topic", "conversations.setTopic",
                                    outbox.to_incident(one), {"topic": f"number {n}"})  # fmt: skip
        async with delivering(slack, tmp_path, store) as post:  # a restart forgets nothing
            await post.tell(one, "third")
            await post.tell(two, "elsewhere")
            await post.until(lambda: state(post) == "away")
            assert post.deliverer.health()["since"] == since
            more = len(slack.hub.gate.journal) + 3
            await post.until(lambda: len(slack.hub.gate.journal) >= more)
            since_then = [line.method for line in slack.hub.gate.journal[asked:]]
            assert set(since_then) == {"auth.test"}, "a Slack that is away is only asked"
            await slack.hub.set_down(False)
            await post.quiet()
            texts = post.texts(room)
            assert texts[0] == "before"
            assert late(texts[1:2]) and "what follows is late" in texts[1]
            assert texts[2:] == ["first", "second", "third"]
            assert late(post.texts(other)) and post.texts(other)[1:] == ["elsewhere"]
            assert post.texts(silent) == []
            assert room.topic["value"] == "number 19"
            assert len([c for c in post.calls("conversations.setTopic") if c["ok"]]) == 1
            assert state(post) == "ok"


async def test_a_refused_token_is_said_once_asked_about_rarely_and_nothing_is_lost(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    incident, room = post.room("a")
    app = post.slack.workspace.app
    post.slack.workspace.revoke(app)
    await post.tell(incident, "one", "two")
    await post.until(lambda: state(post) == "refused")
    assert post.deliverer.health()["why"] == "token_revoked"
    before = len(post.slack.hub.gate.journal)
    await post.until(lambda: len(post.slack.hub.gate.journal) >= before + 3)
    asked = [line.at for line in post.slack.hub.gate.journal[before - 1 :]]
    pauses = [b - a for a, b in pairwise(asked[1:])]
    assert min(pauses) >= 0.25, pauses  # a minute in earnest
    app.is_revoked = False
    await post.quiet()
    assert [t for t in post.texts(room) if not late([t])] == ["one", "two"]
    assert len([r for r in caplog.records if "token is refused" in r.message]) == 1


async def test_the_event_that_the_app_is_gone_stops_delivery_and_stands_in_the_story(
    post: Post,
) -> None:
    incident, room = post.room("a")
    post.slack.workspace.app.is_revoked = True
    for handler, event in (
        (rooms.tokens_revoked, {"tokens": {"oauth": ["U1"], "bot": []}}),
        (rooms.tokens_revoked, {"tokens": {"oauth": [], "bot": ["U2"]}}),
        (rooms.app_uninstalled, {}),
    ):
        await post.store.tx(handler, event)
    await post.until(lambda: state(post) == "refused")
    await post.tell(incident, "kept")
    story = await post.story(incident)
    assert [text for text in story if "Slack took the bot's token back" in text] == story[1:]
    post.slack.workspace.app.is_revoked = False
    await post.until(lambda: "kept" in post.texts(room))


async def test_a_channel_archived_under_a_living_incident_is_opened_again_once_then_asked_about(
    post: Post,
) -> None:
    maya, jonas = post.person("maya"), post.person("jonas")
    incident, room = post.room("a", by=jonas)
    for who in ("maya", "jonas"):
        await post.do(do="join", user=who, channel=room.name)
    await post.do(do="archive", user="maya", channel=room.name)
    event = {"channel": room.id, "user": maya}
    await post.tell(incident, "one", "two")  # a delivery finds out, too
    await post.store.tx(rooms.channel_archive, event)
    await post.store.tx(rooms.channel_archive, event)
    await post.quiet()
    assert (room.is_archived, post.texts(room)) == (False, ["one", "two"])
    story = await post.story(incident)
    assert [t for t in story if "#inc-a" in t] == [
        "The channel #inc-a was archived.",
        "The channel #inc-a was brought back.",
    ]
    await post.do(do="archive", user="maya", channel=room.name)
    await post.store.tx(rooms.channel_archive, event)
    await post.tell(incident, "three")
    announced = post.named("incidents")
    await post.until(lambda: any("was archived" in text for text in post.texts(announced)))
    assert room.is_archived, "it was somebody's wish"
    direct = next(c for c in post.slack.workspace.channels.values()
                  if c.is_im and set(c.members) == {post.bot, jonas})  # fmt: skip
    await post.until(lambda: post.texts(direct))
    assert incident in post.texts(direct)[0]
    await post.do(do="archive", user="maya", channel=room.name, undo=True)
    await post.store.tx(rooms.channel_unarchive, event)
    await post.quiet()
    assert post.texts(room) == ["one", "two", "three"]
    assert len(post.texts(announced)) == 1


async def test_after_the_end_an_archived_channel_is_left_in_peace(post: Post) -> None:
    incident, room = post.room("a")
    await post.store.tx(lifecycle.resolve, incident, actor=Person("U1", "Maya"), text="")
    await post.do(do="join", user="maya", channel=room.name)
    await post.do(do="archive", user="maya", channel=room.name)
    await post.store.tx(rooms.channel_archive, {"channel": room.id, "user": "U1"})
    await post.tell(incident, "a late word")
    await post.quiet()
    assert room.is_archived and not post.calls("conversations.unarchive")
    assert post.texts(post.named("incidents")) == []
    assert (await post.story(incident)).count("The channel #inc-a was archived.") == 1


async def test_what_slack_forbids_to_open_again_is_said_where_people_look(post: Post) -> None:
    incident, room = post.room("a")
    await post.do(do="join", user="maya", channel=room.name)
    await post.do(do="archive", user="maya", channel=room.name)
    post.broken(Fault("error:restricted_action", "conversations.unarchive", room.id))
    await post.tell(incident, "kept")
    announced = post.named("incidents")
    await post.until(lambda: "Slack does not let me (" in " ".join(post.texts(announced)))
    assert len(post.calls("conversations.unarchive")) == 1


async def test_taken_out_of_a_public_channel_it_joins_again_and_of_a_private_one_it_asks(
    post: Post,
) -> None:
    jonas = post.person("jonas")
    incident, room = post.room("open")
    await post.do(do="join", user="maya", channel=room.name)
    await post.do(do="kick", user="maya", channel=room.name, who="incidentbot")
    await post.store.tx(rooms.channel_left, {"channel": room.id})
    await post.tell(incident, "public")
    await post.quiet()
    assert post.texts(room) == ["public"]

    incident, room = post.room("shut", by=jonas)
    await post.do(do="join", user="maya", channel=room.name)
    room.is_private = True
    await post.store.tx(lifecycle.assign, incident, "commander", Person(jonas, "Jonas"),
                        Person(jonas, "Jonas"))  # fmt: skip
    await post.do(do="kick", user="maya", channel=room.name, who="incidentbot")
    await post.tell(incident, "private")
    direct = await post.until(
        lambda: next((c for c in post.slack.workspace.channels.values()
                      if c.is_im and set(c.members) == {post.bot, jonas}), None)
    )  # fmt: skip
    await post.until(lambda: post.texts(direct))
    await post.do(do="invite", user="maya", channel=room.name, who="incidentbot")
    await post.until(lambda: post.client.user_id)
    await post.store.tx(rooms.member_joined_channel, {"channel": room.id, "user": post.bot})
    await post.quiet()
    assert post.texts(room) == ["private"]


async def test_a_new_name_a_new_id_and_a_deleted_channel(post: Post) -> None:
    incident, room = post.room("a")
    await post.store.tx(
        rooms.channel_rename, {"channel": {"id": room.id, "name": "inc-better-name"}}
    )
    assert "The channel #inc-a is called #inc-better-name now." in await post.story(incident)
    moved = post.slack.workspace.create_channel(post.bot, "moved")
    change = {"old_channel_id": room.id, "new_channel_id": moved.id}
    await post.store.tx(rooms.channel_id_changed, change)
    await post.tell(incident, "after the move")
    await post.until(lambda: post.texts(moved) == ["after the move"])
    del post.slack.workspace.channels[moved.id]
    await post.tell(incident, "kept")
    await post.store.tx(rooms.channel_deleted, {"channel": moved.id, "actor_id": "U1"})
    announced = post.named("incidents")
    await post.until(lambda: "was deleted" in " ".join(post.texts(announced))
                     or "cannot be seen" in " ".join(post.texts(announced)))  # fmt: skip
    await post.store.tx(rooms.channel_deleted, {"channel": "C0STRANGE"})
    assert len([t for t in await post.story(incident) if "#inc-better-name" in t]) == 3


async def test_what_a_scope_is_missing_for_is_said_once_and_all_else_goes_on(post: Post) -> None:
    app = post.slack.workspace.app
    app.scopes = app.scopes - {"pins:write"}
    for name in "abc":
        incident, _ = post.room(name)
        target = outbox.to_incident(incident)
        await post.store.tx(said, f"card {name}", target, "card")
        await post.store.tx(_pin, name, target)
    await post.quiet()
    (notice,) = await post.store.tx(_notices)
    for words in ("pins.add", "the scope pins:write", "not pinned", "doctor"):
        assert words in notice
    assert all(post.texts(post.named(f"inc-{name}")) == ["card"] for name in "abc")


async def test_a_single_call_that_is_denied_is_not_taken_for_a_dead_token(post: Post) -> None:
    incident, room = post.room("a")
    target = outbox.to_incident(incident)
    post.broken(Fault("error:access_denied", "pins.add", times=99))
    await post.store.tx(said, "card a", target, "card")
    await post.store.tx(_pin, "a", target)
    await post.quiet()
    await post.tell(incident, "on it goes")
    await post.quiet()
    assert post.texts(room) == ["card", "on it goes"]
    assert len(post.calls("pins.add")) == 3
    (notice,) = await post.store.tx(_notices)
    assert "access_denied" in notice


async def test_without_leave_to_make_channels_the_incident_is_announced_and_the_reason_said_once(
    post: Post,
) -> None:
    maya = post.person("maya")
    incident = await post.store.tx(_declared, maya)
    post.broken(Fault("error:restricted_action", "conversations.create", times=2))
    async with announcing(post):
        for _ in range(2):
            assert (await post.opening.make_channel(incident) or 0) >= 60
        announced = post.named("incidents")
        await post.until(lambda: any("Uploads hang" in text for text in post.texts(announced)))
        (notice,) = await post.store.tx(_notices)
        assert "conversations.create" in notice and "an admin can allow it" in notice
        assert await post.opening.make_channel(incident) is None  # allowed by now
        await post.opening.furnish(incident)
        await post.quiet()
    (room,) = (c for c in post.slack.workspace.channels.values() if c.name.startswith("inc-"))
    assert maya in room.members and len(room.pins) == 1
    assert len(post.texts(announced)) == 1
    assert f"<#{room.id}>" in str(announced.messages[-1]["blocks"])
    told = [t for t in await post.story(incident) if t.startswith("There is no channel")]
    assert len(told) == 1


async def test_who_could_not_be_invited_stands_in_the_story(post: Post) -> None:
    incident, _ = post.room("a")
    people = {"users": ["U0NOBODY", post.person("maya")], "force": True}
    room = outbox.to_incident(incident)
    await post.store.tx(lambda s: outbox.send(s, "invite", "conversations.invite", room, people))
    await post.quiet()
    (told,) = [t for t in await post.story(incident) if t.startswith("Not everybody")]
    assert "U0NOBODY (user_not_found)" in told
    assert post.person("maya") in post.named("inc-a").members


def _declared(session: Session, by: str) -> str:
    now = clock.now()
    return lifecycle.open_incident(
        session, key="k", title="Uploads hang", severity=2, opened_by=by, started_at=now,
        detected_at=now, text="Uploads hang.",
    )[0]  # fmt: skip


def _pin(session: Session, name: str, target: str) -> None:
    outbox.send(session, f"pin {name}", "pins.add", target, {}, after=f"card {name}")


def _notices(session: Session) -> list[str]:
    return list(session.scalars(select(Notice.text)))


async def test_a_message_that_is_gone_is_said_anew_once_and_a_thread_without_head_on_top(
    post: Post,
) -> None:
    incident, room = post.room("a")
    target = outbox.to_incident(incident)
    await post.store.tx(said, "card", target, "card")
    await post.store.tx(lambda s: outbox.send(s, "pin", "pins.add", target, {}, after="card"))
    await post.quiet()
    for number in (1, 2):
        room.messages.remove(room.find(room.pins[-1]["ts"]) or {})
        await post.store.tx(outbox.edit, "card", target, {"text": f"card {number}"})
        await post.quiet()
        assert post.texts(room) == (["card 1"] if number == 1 else [])
        assert len(room.pins) == 2
    post.broken(Fault("error:thread_not_found", "chat.postMessage", room.id))
    reply = {"text": "reply", "thread_ts": "1.000000"}
    await post.store.tx(lambda s: outbox.post(s, "reply", target, reply))
    await post.until(lambda: post.texts(room) == ["reply"])


async def test_a_thousand_messages_leave_once_and_in_order(tmp_path: Path, store: Store) -> None:
    async with running(options=Options(rate_limits=False)) as slack:
        made = [slack.workspace.create_channel(slack.workspace.app.bot_user_id, f"inc-{n}")
                for n in range(8)]  # fmt: skip

        def queue(session: Session) -> None:
            for number in range(125):
                for room in made:
                    said(session, f"{room.id}:{number}", room.id, str(number))

        store.run(queue)
        async with delivering(slack, tmp_path, store) as post:
            post.broken(
                Fault("reset_after_commit", "chat.postMessage", made[0].id, nth=20),
                Fault("429", "chat.postMessage", made[1].id, nth=50, retry_after=1),
                Fault("503_html", "chat.postMessage", made[2].id, nth=100),
            )
            await post.quiet(60)
            expected = [str(number) for number in range(125)]
            assert {room.name: post.texts(room) for room in made} == {
                room.name: expected for room in made
            }
            states = store.run(lambda s: Counter(s.scalars(select(Delivery.state))))
            assert states == {"sent": 1000}
