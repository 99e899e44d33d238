"""What waits to be sent: each once, the newest edit, and never old news."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.slack import deliver, outbox
from incidentbot.store import Store
from incidentbot.store.models import Delivery


def edit(session: Session, text: str) -> None:
    outbox.latest(session, "edit:card", "chat.update", "C1", {"text": text})


def post(session: Session) -> None:
    outbox.post(session, "card:INC-1", "C1", {"text": "card"})


def last(session: Session) -> int:
    return session.scalars(select(Delivery.seq).order_by(Delivery.seq.desc())).first() or 0


def rows(session: Session) -> list[tuple[str, str]]:
    found = session.scalars(select(Delivery).order_by(Delivery.seq))
    return [(row.args["text"], row.state) for row in found]


def test_the_same_id_is_one_row(store: Store) -> None:
    for _ in range(3):
        store.run(post)
    assert store.run(rows) == [("card", "queued")]


def test_the_newest_edit_takes_the_place_of_one_that_waits(store: Store) -> None:
    for text in ("one", "two", "three", "three"):
        store.run(edit, text)
    assert store.run(rows) == [("three", "queued")]


def test_an_edit_that_comes_between_looking_and_sending_is_what_is_sent(store: Store) -> None:
    store.run(edit, "old")
    seq = store.run(last)
    store.run(edit, "new")  # the sender had read "old" by now
    assert store.run(deliver.claim, seq) == {"text": "new"}


def test_an_edit_that_comes_while_one_is_sent_goes_out_after_it(store: Store) -> None:
    store.run(edit, "old")
    store.run(deliver.claim, store.run(last))
    store.run(edit, "new")
    assert store.run(rows) == [("old", "sending"), ("new", "queued")]


def test_going_back_to_an_earlier_text_is_an_edit_too(store: Store) -> None:
    for text in ("A", "B", "A"):
        store.run(edit, text)
        store.run(deliver.claim, store.run(last))
    assert [text for text, _ in store.run(rows)] == ["A", "B", "A"]
