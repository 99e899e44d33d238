"""Checks decide over a dependency; feeds warn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.detection.correlate import (
    CheckView,
    DependencyVerdict,
    FeedView,
    correlate,
    vendor_words,
)
from incidentbot.detection.verdict import CheckVerdict, State

START = datetime(2026, 3, 2, 17, 37, tzinfo=UTC)
STATES: dict[str, State] = {"+": "up", "-": "down", "~": "degraded", "?": "unknown"}
TROUBLE = FeedView("aws-status", "major_outage", "Elevated errors", "x1", START)


def views(marks: str, users: str = "") -> list[CheckView]:
    """One check per mark; those whose place is in `users` take the users' way."""
    return [
        CheckView(
            f"c{place}",
            "http",
            str(place) in users,
            CheckVerdict(STATES[mark], START + timedelta(seconds=place), "timeout"),
        )
        for place, mark in enumerate(marks)
    ]


def verdict(marks: str, quorum: int, before: State = "up", users: str = "") -> DependencyVerdict:
    was = DependencyVerdict(before, START, "", before)
    return correlate(was, views(marks, users), [], quorum)


@pytest.mark.parametrize(
    ("marks", "quorum", "state"),
    [
        ("++", 2, "up"),
        ("+-", 2, "degraded"),
        ("--", 2, "down"),
        ("-+", 1, "down"),
        ("~+", 1, "degraded"),
        ("+?", 1, "unknown"),
        ("??", 1, "unknown"),
        ("-?", 2, "degraded"),
        ("-?", 1, "down"),
        ("", 1, "unknown"),
    ],
)
def test_a_quorum_of_confirmed_checks_decides(marks: str, quorum: int, state: str) -> None:
    assert verdict(marks, quorum).state == state


def test_users_served_from_elsewhere_do_not_make_the_vendor_well() -> None:
    assert verdict("-+", 2, before="down", users="1").state == "down"
    assert verdict("-+", 2, before="up", users="1").state == "degraded"
    assert verdict("+-", 2, before="down", users="1").state == "degraded"
    assert verdict("++", 2, before="down", users="1").state == "up"


def test_the_dark_between_two_failures_is_one_outage() -> None:
    dark = correlate(DependencyVerdict("down", START, "", "down"), views("??"), [], 2)
    assert (dark.state, dark.last_known) == ("unknown", "down")


def test_bad_since_the_first_and_well_since_the_last() -> None:
    assert verdict("+--", 2).since == START + timedelta(seconds=1)
    assert verdict("+++", 2, before="down").since == START + timedelta(seconds=2)


def test_the_reason_counts_and_names() -> None:
    assert verdict("-+?", 2).reason == (
        "1 of 3 checks is failing (c0: timeout), 1 of 3 checks is without sight (c2: timeout)"
    )
    assert verdict("++", 2).reason == "2 of 2 checks are well"


def test_a_feed_alone_is_a_heads_up_and_no_failure() -> None:
    found = correlate(DependencyVerdict(), views("++"), [TROUBLE], 1)
    assert found.state == "up"
    assert "heads-up: aws-status reports: Elevated errors" in found.reason


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ([], "No vendor feed is set up."),
        ([FeedView("a", "operational", "All good")], "The vendor's status page is all green."),
        ([FeedView("a")], "The vendor's status page could not be read."),
        ([TROUBLE], "The vendor reports trouble (aws-status: Elevated errors (major outage))."),
        ([FeedView("a", "maintenance", "Moving")], "The vendor announces maintenance (a: Moving)."),
    ],
)
def test_what_the_vendor_says(feeds: list[FeedView], words: str) -> None:
    assert vendor_words(feeds) == words


marks = st.text(alphabet="+-~?", min_size=1, max_size=6)
known = st.sampled_from(["up", "degraded", "down", "unknown"])
feeds = st.lists(
    st.builds(FeedView, st.just("f"), st.sampled_from(["operational", "major_outage", "unknown"]))
)


@given(marks, st.integers(1, 6), known, feeds)
def test_feeds_add_a_voice_to_a_failing_check_and_change_nothing_else(
    checks: str, quorum: int, before: State, said: list[FeedView]
) -> None:
    was = DependencyVerdict(before, START, "", before)
    alone = correlate(was, views(checks), [], quorum).state
    with_feeds = correlate(was, views(checks), said, quorum).state
    outage = any(feed.state in ("partial_outage", "major_outage") for feed in said)
    if outage and "-" in checks:
        assert with_feeds == "down"
    else:
        assert with_feeds == alone


@given(marks, st.integers(1, 6), known)
def test_nothing_is_up_that_has_a_check_which_is_not(
    checks: str, quorum: int, before: State
) -> None:
    found = verdict(checks, quorum, before)
    assert (found.state == "up") == (set(checks) == {"+"})


@given(marks, st.integers(1, 6))
def test_a_well_dependency_falls_exactly_at_the_quorum(checks: str, quorum: int) -> None:
    found = verdict(checks, quorum, before="up")
    assert (found.state == "down") == (checks.count("-") >= quorum)
