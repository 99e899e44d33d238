"""What people write down, in the database: kept messages, links, action items, searches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import actions, kept, lifecycle, links, search
from incidentbot.incidents.kept import Said
from incidentbot.incidents.people import Person
from incidentbot.incidents.search import Filters
from incidentbot.postmortem.followups import follow_ups
from incidentbot.postmortem.model import ActionFact
from incidentbot.slack.gestures import said
from incidentbot.slack.inbound import again
from incidentbot.store import Store
from incidentbot.store.models import InboxItem, Timer
from tests.unit import postmortem_cases

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MAYA, JONAS = Person("U1", "Maya"), Person("U2", "Jonas")
NAMES = {"U1": "Maya", "U2": "Jonas"}


def opened(session: Session, number: int, title: str, **more: Any) -> str:
    at = AT + timedelta(hours=number)
    return lifecycle.open_incident(
        session,
        key=f"k{number}",
        title=title,
        severity=more.pop("severity", 3),
        opened_by="U1",
        started_at=at,
        detected_at=at,
        text=f"declared: {title}",
        **more,
    )[0]


def texts(session: Session, incident_id: str = "INC-1") -> list[str]:
    return [entry.text for entry in timeline.read(session, incident_id)]


def message(text: str = "Words", edited: str = "") -> Said:
    at = said.moment(edited) if edited else None
    return Said("C1", "5.000001", "U2", "Jonas", text, AT, edited=edited, edited_at=at)


def test_a_message_is_kept_once_in_each_incident_and_edits_take_their_place(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "One")
        opened(session, 2, "Two")
        assert not kept.changed(session, message("Nobody keeps it"))
        assert kept.keep(session, "INC-1", message(), MAYA)
        assert not kept.keep(session, "INC-1", message(), JONAS)
        assert kept.keep(session, "INC-2", message(), JONAS)
        assert not kept.keep(session, "INC-2", message("Other"), MAYA)
        # The second edit is told before the first, and once more.
        assert kept.changed(session, message("Third", "30.0"))
        assert kept.changed(session, message("Second", "20.0"))
        assert not kept.changed(session, message("Third", "30.0"))
        assert not kept.changed(session, message())  # a preview changes no words
        assert kept.deleted(session, "C1", "5.000001")
        assert not kept.deleted(session, "C1", "5.000001")
        for incident in ("INC-1", "INC-2"):
            found = [
                e for e in timeline.read(session, incident) if e.data.get("event") == "changed"
            ]
            told = [e.text.rpartition(" ")[2] for e in timeline.told(found)]
            assert told == ["Second", "Third"]
            assert timeline.verify(session, incident) is None

    store.run(story)


def test_a_pushpin_that_comes_and_goes_is_noted_each_time(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "One")
        assert not kept.released(session, "C1", "5.000001", "1")
        kept.keep(session, "INC-1", message(), MAYA)
        assert not kept.held_again(session, "C1", "5.000001", "2")
        assert kept.released(session, "C1", "5.000001", "3")
        assert not kept.released(session, "C1", "5.000001", "4")
        assert kept.held_again(session, "C1", "5.000001", "5")
        assert kept.released(session, "C1", "5.000001", "6")

    store.run(story)


def test_our_own_messages_live_and_their_edits_are_no_news(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "One")
        card = Said("C1", "6.0", "UBOT", "incidentbot", "Sev 3", AT, own=True)
        assert kept.keep(session, "INC-1", card, MAYA)
        later = Said("C1", "6.0", "UBOT", "incidentbot", "Sev 1", AT, edited="9.0")
        assert not kept.changed(session, later)

    store.run(story)


def test_what_slack_marks_up_is_read_as_it_was_meant() -> None:
    def words(**message: Any) -> str:
        return said.words(message, lambda id: NAMES.get(id, id))

    assert words(text="<@U1> &amp; <@U9|x>: a &lt; b") == "@Maya & @x: a < b"
    assert words(text="<https://x.example|https://x.example>") == "https://x.example"
    assert words(text="<https://x.example|graph>") == "graph (https://x.example)"
    assert words(text="<!here> <#C1|ops> <#C2|> <!subteam^S1|@oncall>") == "@here #ops #C2 @oncall"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*CPU* high"}}
    button = {"type": "button", "text": {"type": "plain_text", "text": "Silence"}}
    alert = {"title": "Alert", "fields": [{"title": "host", "value": "a1"}]}
    blocks = [section, {"type": "actions", "elements": [button]}]
    assert words(text="", blocks=blocks, attachments=[alert]) == "*CPU* high\nAlert\nhost: a1"
    link = said.permalink("https://shop.slack.com/", "C1", "12.000003", "11.000001")
    assert link == "https://shop.slack.com/archives/C1/p12000003?thread_ts=11.000001&cid=C1"
    assert said.moment("1795612168.414038").microsecond == 414038


def test_search_weighs_title_before_timeline_and_shows_only_what_one_may_see(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "Search is slow", dependency="index")
        opened(session, 2, "Uploads hang", severity=1)
        opened(session, 3, "Uploads leak", private=True)
        lifecycle.note(session, "INC-1", "The UPLOADS index is 100%_full", JONAS)

        def found(words: str, to: Person | None = JONAS, **more: Any) -> list[str]:
            return [h.incident.id for h in search.find(session, words, to, Filters(**more))]

        assert found("uploads") == ["INC-2", "INC-1"]
        assert found("uploads", None) == ["INC-2", "INC-1"]
        assert found("Uploads", MAYA) == ["INC-3", "INC-2", "INC-1"]
        assert found("leak") == []
        assert found("uploads slow") == ["INC-1"]
        assert found("inc-2") == ["INC-2"]
        assert found("100%_full") == ["INC-1"]
        assert found("100__full") == found("'; drop table incident --") == []
        assert found("", severities=(1,)) == ["INC-2"]
        assert found("", dependency="index") == ["INC-1"]
        assert found("", since=AT + timedelta(hours=2)) == ["INC-2"]
        lifecycle.resolve(session, "INC-2", actor=JONAS)
        assert found("uploads", state="open") == ["INC-1"]
        assert found("uploads", state="resolved") == ["INC-2"]
        (hit,) = search.find(session, "full", JONAS)
        assert hit.line == "The UPLOADS index is 100%_full"

    store.run(story)


def test_a_link_to_a_private_incident_shows_on_its_own_side_only(store: Store) -> None:
    def story(session: Session) -> None:
        for number, private in ((1, False), (2, True), (3, True), (4, False)):
            opened(session, number, f"Number {number}", private=private)

        def of(incident: str) -> list[str]:
            return [link.target for link in links.listed(session, incident)]

        assert links.join(session, "INC-1", "INC-2", MAYA)
        assert (of("INC-1"), of("INC-2")) == ([], ["INC-1"])
        assert "INC-2" not in str(texts(session, "INC-1"))
        with pytest.raises(Refused, match="Two private"):
            links.join(session, "INC-2", "INC-3", MAYA)
        with pytest.raises(NotFound):
            links.join(session, "INC-1", "INC-3", JONAS)
        assert links.join(session, "INC-1", "INC-4", JONAS)
        assert not links.join(session, "INC-4", "INC-1", JONAS)
        assert (of("INC-1"), of("INC-4")) == (["INC-4"], ["INC-1"])
        lifecycle.get(session, "INC-4").private = True
        session.flush()
        assert of("INC-1") == []

    store.run(story)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "JAVASCRIPT://x.example/%0aalert(1)",
        "https://",
        "https://maya:secret@x.example",
        "https://x.example/a b",
        "https://x.example/\u202egnp.exe",
        "https://[broken",
        "https://x.example:port/",
        "https://x.example/" + "a" * 500,
        "data:text/html,x",
        "",
    ],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    with pytest.raises(Refused):
        links.checked(url)


def test_an_action_item_is_made_once_and_its_owner_is_let_in(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "One", private=True, severity=2)
        with pytest.raises(Refused):
            actions.add(session, "INC-1", "  ", MAYA, key="a0")
        for _ in range(2):
            assert actions.add(session, "INC-1", "Purge", MAYA, key="a1") == "ACT-1"
        assert texts(session)[1:] == ["ACT-1: Purge"]
        with pytest.raises(NotFound):
            actions.end(session, "ACT-1", "done", JONAS)
        assert actions.assign(session, "act-1", JONAS, MAYA)
        assert not actions.assign(session, "ACT-1", JONAS, MAYA)
        assert [item.id for item in actions.mine(session, JONAS)] == ["ACT-1"]
        assert actions.how_many_open(session, "INC-1") == 1
        assert actions.end(session, "ACT-1", "done", JONAS)
        assert not actions.end(session, "ACT-1", "done", MAYA)
        assert actions.how_many_open(session, "INC-1") == 0
        assert actions.mine(session, JONAS) == []
        incident = lifecycle.get(session, "INC-1")
        assert actions.usual_due(incident) is None
        incident.resolved_at = AT
        assert str(actions.usual_due(incident)) == "2026-12-24"

    store.run(story)


def test_a_note_may_tell_of_what_was_but_not_of_what_will_be(store: Store) -> None:
    def story(session: Session) -> None:
        opened(session, 1, "One")
        lifecycle.note(session, "INC-1", "Earlier", MAYA, at=AT)
        assert timeline.told(timeline.read(session, "INC-1"))[0].text == "Earlier"
        with pytest.raises(Refused, match=r"lies ahead; nothing was written\. You wrote: Soon"):
            lifecycle.note(session, "INC-1", "Soon", MAYA, at=datetime(2999, 1, 1, tzinfo=UTC))

    store.run(story)


def test_what_people_agreed_to_do_stands_first_among_the_follow_ups() -> None:
    facts = postmortem_cases.complete()
    assert not any("ACT-" in row.done_when for row in follow_ups(facts))
    made = ActionFact("ACT-1", "Rotate the key", "open", "U7", "U8", AT, due_at=AT)
    done = ActionFact("ACT-2", "Purge it!", "done", "", "U8", AT, closed_at=AT)
    people = {"U7": "Jonas Weber", "U8": "Maya Okafor"}
    first, second, *_ = follow_ups(replace(facts, actions=(made, done), people=people))
    assert first.text == "Rotate the key."
    assert first.because == "Maya Okafor made it ACT-1; Jonas Weber does it."
    assert (first.done_when, str(first.due)) == ("ACT-1 is marked done", "2026-11-24")
    assert second.because == "Maya Okafor made it ACT-2; nobody has it yet."
    assert second.done_when == "ACT-2 was marked done on 2026-11-24"


def test_what_has_to_wait_for_slack_is_done_again_but_not_for_ever(store: Store) -> None:
    def put(session: Session) -> None:
        values = {"payload": {"event": {"type": "x"}}, "received_at": AT, "attempts": 1}
        values |= {"lane": "C1:1.0", "happened_at": AT, "state": "done", "error": ""}
        session.add(InboxItem(key="event:1", kind="event", **values))

    def again_and_again(session: Session) -> int:
        key, times = "event:1", 0
        while again.later(session, key, 30.0):
            times += 1
            (timer,) = session.scalars(select(Timer), execution_options={"populate_existing": True})
            assert timer.due_at > clock.now()
            again.due(session, timer, clock.now())
            again.due(session, timer, clock.now())  # a second process took it too
            key = f"event:1{again.MARK}{times}"
            item = session.get_one(InboxItem, key)
            assert (item.state, item.payload) == ("new", {"event": {"type": "x"}})
        return times

    store.run(put)
    assert store.run(again_and_again) == again.MOST
