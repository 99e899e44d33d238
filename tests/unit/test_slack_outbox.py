"""What waits to be sent: each once, the newest edit, never old news; who goes first, and when."""

from collections.abc import Callable
from typing import Any

from freezegun import freeze_time
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.slack.outbound import ledger, outbox
from incidentbot.slack.outbound.budget import Budget
from incidentbot.slack.outbound.ledger import Taken, Ways
from incidentbot.slack.outbound.outbox import Rank
from incidentbot.store import Store
from incidentbot.store.models import Delivery

SAID = {"text": "said"}


def edit(session: Session, text: str) -> None:
    outbox.latest(session, "edit:card", "chat.update", "C1", {"text": text})


def post(session: Session) -> None:
    outbox.post(session, "card:INC-1", "C1", {"text": "card"})


def rows(session: Session) -> list[tuple[str, str]]:
    found = session.scalars(select(Delivery).order_by(Delivery.seq))
    return [(row.args["text"], row.state) for row in found]


def taken(store: Store, busy: set[str] | None = None, budget: Budget | None = None) -> Taken:
    ways = Ways(busy or set(), {outbox.ANNOUNCE: "CANN"}, budget or Budget(), 0.0, 20)
    return store.run(ledger.take, ways)


def ids(store: Store, **more: Any) -> list[str]:
    return [call.id for call in taken(store, **more).calls]


def ended(session: Session, id: str, state: str) -> None:
    row = session.scalars(select(Delivery).filter_by(id=id)).one()
    row.state, row.result = state, {"ts": "1.0"}


def queue(store: Store, *work: Callable[[Session], None]) -> None:
    for one in work:
        store.run(one)


def said(id: str, target: str = "C1", **more: Any) -> Callable[[Session], None]:
    def write(session: Session) -> None:
        outbox.post(session, id, target, SAID, **more)

    return write


def test_the_same_id_is_one_row(store: Store) -> None:
    for _ in range(3):
        store.run(post)
    assert store.run(rows) == [("card", "queued")]


def test_the_newest_edit_takes_the_place_of_one_that_waits(store: Store) -> None:
    for text in ("one", "two", "three", "three"):
        store.run(edit, text)
    assert store.run(rows) == [("three", "queued")]


def test_what_is_sent_is_what_stands_there_when_it_is_taken(store: Store) -> None:
    store.run(edit, "old")
    store.run(edit, "new")
    assert [call.args for call in taken(store).calls] == [{"text": "new"}]


def test_an_edit_that_comes_while_one_is_sent_goes_out_after_it(store: Store) -> None:
    store.run(edit, "old")
    assert len(taken(store).calls) == 1
    store.run(edit, "new")
    assert store.run(rows) == [("old", "sending"), ("new", "queued")]


def test_going_back_to_an_earlier_text_is_an_edit_too(store: Store) -> None:
    with freeze_time() as time:
        for text in ("A", "B", "A"):
            store.run(edit, text)
            time.tick(5)
            assert len(taken(store).calls) == 1
    assert [text for text, _ in store.run(rows)] == ["A", "B", "A"]


def test_quick_changes_are_taken_together(store: Store) -> None:
    with freeze_time() as time:
        for text in ("one", "two", "three"):
            store.run(edit, text)
            taken(store)
        assert [state for _, state in store.run(rows)] == ["sending", "queued"]
        again = taken(store).again
        assert again is not None and 0 < again <= 1
        time.tick(1.1)
        assert [call.args["text"] for call in taken(store).calls] == ["three"]


def test_one_of_a_lane_goes_at_a_time_and_those_of_a_channel_keep_their_order(store: Store) -> None:
    queue(store, said("a"), said("b"), said("other", "C2"))
    assert ids(store) == ["a", "other"]
    assert ids(store, busy={"C1/talk", "C2/talk"}) == []
    store.run(ended, "a", "sent")
    assert ids(store, busy={"C2/talk"}) == ["b"]


def test_what_is_in_doubt_keeps_its_place(store: Store) -> None:
    queue(store, said("a"), said("b"))
    store.run(ended, "a", "doubt")
    (call,) = taken(store).calls
    assert (call.id, call.doubt) == ("a", True)


def test_the_urgent_goes_first_and_bulk_last(store: Store) -> None:
    def bulk(session: Session) -> None:
        outbox.latest(session, "topic", "conversations.setTopic", "C1", {"topic": "t"})

    def invite(session: Session) -> None:
        outbox.send(session, "invite", "conversations.invite", "C1", {"users": ["U1"]})

    queue(store, bulk, said("talk"), said("late", "C2", rank=Rank.AHEAD), invite)
    assert ids(store) == ["invite", "late", "talk", "topic:0"]


def test_a_method_without_room_delays_nothing_else(store: Store) -> None:
    budget = Budget()
    budget.hold("chat.postMessage", "C1", 30, 0.0)
    queue(store, said("a"), said("b", "C2"))
    found = taken(store, budget=budget)
    assert [call.id for call in found.calls] == ["b"]
    assert found.again == 30


def test_what_a_message_is_about_waits_for_it_and_falls_with_it(store: Store) -> None:
    def pin(session: Session) -> None:
        outbox.send(session, "pin", "pins.add", "C1", {}, after="a")

    queue(store, said("a"), pin)
    assert ids(store) == ["a"]
    store.run(ended, "a", "failed")
    assert taken(store).again == 0.0
    assert store.run(lambda s: s.scalars(select(Delivery.state).order_by(Delivery.seq)).all()) == [
        "failed",
        "failed",
    ]
    queue(store, said("c"), lambda s: outbox.post(s, "reply", "C2", SAID, after="c"))
    store.run(ended, "c", "sent")
    (reply,) = taken(store).calls
    assert reply.args["thread_ts"] == "1.0"


def test_what_has_no_channel_yet_waits_and_says_where(store: Store) -> None:
    queue(store, said("a", outbox.to_incident("INC-1")), said("n", outbox.ANNOUNCE))
    found = store.run(ledger.take, Ways(set(), {}, Budget(), 0.0, 20))
    assert (found.calls, found.unplaced) == ([], {outbox.ANNOUNCE})
    assert ids(store) == ["n"]


def test_an_answer_that_is_too_late_is_given_up(store: Store) -> None:
    with freeze_time() as time:
        store.run(lambda s: outbox.respond(s, "r", "http://slack/response", SAID))
        time.tick(1801)
        assert taken(store).calls == []
    assert store.run(ledger.waiting) == 0


def test_a_long_lane_stays_within_its_column(store: Store) -> None:
    queue(store, said("a"), lambda s: outbox.edit(s, "x" * 113, "C1", SAID))
    lanes = store.run(lambda s: s.scalars(select(Delivery.lane)).all())
    assert max(map(len, lanes)) <= outbox.LONGEST_LANE
