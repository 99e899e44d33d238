"""Parity and what it proves: unknown is never ready, and a bad comparison stays bad."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.http import Answer
from incidentbot.runbooks.readiness.judge import judge
from incidentbot.runbooks.readiness.look import Fetched, Look
from incidentbot.runbooks.readiness.prover import keep
from incidentbot.runbooks.readiness.tally import Parity
from incidentbot.runbooks.verify import Seen, is_good, verdict
from incidentbot.store import Store
from incidentbot.store.models import Readiness
from tests.unit.runbook_cases import MINUTE, NOW, asset

GOOD = Parity(total=208, same=208)
FINE = Fetched(22, ())


@pytest.mark.parametrize(
    ("look", "state", "words"),
    [
        (Look(GOOD, FINE), "ready", "208 of 208 objects the same; 22 fetched"),
        (Look(GOOD, None, "us-west-2 does not answer"), "unknown", "does not answer"),
        (Look(GOOD, Fetched(22, ("a", "b"))), "not_ready", "2 cannot be fetched whole: a, b"),
        (Look(Parity(), FINE), "not_ready", "the other origin is empty"),
        (
            Look(Parity(total=208, same=207, missing=1, names={"missing": ["x"]}), FINE),
            "not_ready",
            "1 of 208 objects missing or different: x",
        ),
        (
            Look(Parity(total=20_000, same=19_999, missing=1, names={"missing": ["x"]}), FINE),
            "ready",
            "19,999 of 20,000 objects the same (not: x)",
        ),
        (
            Look(Parity(total=20_000, same=19_999, missing=1, critical=["home"]), FINE),
            "not_ready",
            "1 of the critical ones missing or different: home",
        ),
        (Look(None, FINE, "they cannot be compared now"), "unknown", "and they never were"),
    ],
)
def test_a_look_is_judged(look: Look, state: str, words: str) -> None:
    found = judge(look, None, {})
    assert found[0] == state
    assert words in found[1]


def at(store: Store, look: Look, minute: int) -> Readiness:
    store.run(keep, asset(), "us-west-2", look, NOW + minute * MINUTE)
    return store.run(lambda s: s.get_one(Readiness, ("shop-images", "us-west-2")))


BLIND = Look(None, FINE, "they cannot be compared now: timed out")
MISSING = Look(Parity(total=208, same=100, missing=108, names={"missing": ["x"]}), FINE)


def test_without_the_other_side_the_last_good_comparison_stands_with_its_time(
    store: Store,
) -> None:
    at(store, Look(GOOD, FINE), 0)
    row = at(store, BLIND, 2)
    assert (row.state, row.proven_at) == ("ready", NOW)
    assert "208 of 208 objects the same when last compared at 17:40:00 UTC" in row.reason
    assert row.checked_at == NOW + 2 * MINUTE


def test_without_the_other_side_a_bad_comparison_stays_bad(store: Store) -> None:
    at(store, Look(GOOD, FINE), 0)
    assert at(store, MISSING, 1).state == "not_ready"
    row = at(store, BLIND, 2)
    assert row.state == "not_ready"
    assert "108 of 208 objects missing" in row.reason
    assert at(store, Look(GOOD, FINE), 3).proven_at == NOW + timedelta(minutes=3)


def test_a_backup_that_does_not_answer_is_unknown_whatever_was(store: Store) -> None:
    at(store, Look(GOOD, FINE), 0)
    assert at(store, Look(None, None, "us-west-2 does not answer"), 1).state == "unknown"


looks = st.builds(
    Look,
    st.none() | st.sampled_from([GOOD, MISSING.parity, Parity()]),
    st.none() | st.sampled_from([FINE, Fetched(3, ("a",))]),
    st.just("why"),
)


@given(looks, st.booleans(), st.sampled_from(["", "108 missing"]))
def test_ready_needs_a_fetch_and_a_good_comparison(look: Look, proven: bool, fault: str) -> None:
    detail = {"same": 208, "total": 208, "names": {}, "fault": fault} if proven else {}
    state, _ = judge(look, NOW if proven else None, detail)
    if state == "ready":
        assert look.fetched == FINE
        assert look.parity == GOOD or (look.parity is None and proven and not fault)


@pytest.mark.parametrize(
    ("in_a_row", "goods", "wanted"),
    [
        (2, [True, True], "good"),
        (1, [True, True], "unknown"),
        (0, [True, None], "unknown"),
        (0, [None, None], "unknown"),
        (0, [None, False], "bad"),
        (0, [True, False], "bad"),
    ],
)
def test_a_proof_has_three_values(in_a_row: int, goods: list[bool | None], wanted: str) -> None:
    assert verdict(in_a_row, [Seen("k", good, "") for good in goods]) == wanted


@pytest.mark.parametrize(
    ("key", "status", "body", "kind", "good"),
    [
        ("a.svg", 200, b"x", "image/svg+xml", True),
        ("a.svg", 200, b"x", "text/html", False),
        ("a.svg", 200, b"x", "", False),
        ("a.svg", 200, b"", "image/svg+xml", False),
        ("a.svg", 404, b"x", "image/svg+xml", False),
        ("app.css", 200, b"x", "text/css", True),
        ("unknown", 200, b"x", "", True),
    ],
)
def test_an_object_is_good_when_it_is_what_its_name_promises(
    key: str, status: int, body: bytes, kind: str, good: bool
) -> None:
    assert is_good(key, Answer(status, {}, body, False, "", {}), kind) is good
