"""One check is believed after several looks, and never for lack of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incidentbot.detection.verdict import WINDOW, CheckVerdict, Rule, decide, seen_as, unseen
from incidentbot.signals import Observation, Reason

START = datetime(2026, 3, 2, 17, 37, tzinfo=UTC)
RULE = Rule(failures=3, successes=3)
OK, BAD, SLOW, BLIND = "+", "-", "~", "?"
SEEN: dict[str, tuple[bool | None, Reason]] = {
    OK: (True, "ok"),
    BAD: (False, "http_5xx"),
    SLOW: (True, "slow"),
    BLIND: (None, "access_denied"),
}


def look(mark: str, second: int) -> Observation:
    ok, reason = SEEN[mark]
    detail = "answered 503" if mark == BAD else ""
    return Observation("canary", "s3", START + timedelta(seconds=second), ok, reason, detail)


def after(marks: str, rule: Rule = RULE, before: CheckVerdict | None = None) -> CheckVerdict:
    verdict = before or CheckVerdict()
    for second, mark in enumerate(marks):
        verdict = decide(verdict, look(mark, second), rule)
    return verdict


@pytest.mark.parametrize(
    ("looks", "state", "since"),
    [
        ("+", "up", 0),
        ("+--", "up", 0),
        ("+---", "down", 1),
        ("+--+--", "up", 0),
        ("---", "down", 0),
        ("+---+", "down", 1),
        ("+---++", "down", 1),
        ("+---+++", "up", 4),
        ("+---++-++", "down", 1),
        ("+~~~", "degraded", 1),
        ("+~--", "degraded", 1),
        ("+~---", "down", 2),
        ("+---~~~", "degraded", 4),
        ("+---~~~+++", "up", 7),
        ("+---~++", "degraded", 4),
        ("?", "unknown", 0),
        ("+?", "up", 0),
        ("+???", "unknown", 1),
        ("+???+", "up", 4),
        ("+---???", "unknown", 4),
        ("+---???+", "unknown", 4),
        ("+---???+++", "up", 7),
        ("+---???---", "down", 7),
        ("+-?-?-", "down", 1),
    ],
)
def test_a_row_of_looks_is_believed(looks: str, state: str, since: int) -> None:
    verdict = after(looks)
    assert verdict.state == state
    assert verdict.since == START + timedelta(seconds=since)


@pytest.mark.parametrize(
    ("looks", "again"),
    [
        ("+", False),
        ("+-", True),
        ("+--", True),
        ("+---", False),
        ("+----", False),
        ("+-+", False),
        ("+~", True),
        ("+~~~", False),
        ("+~~~~", False),
        ("+~~~-", True),
        ("+?", True),
        ("+???", False),
        ("-", True),
        ("?", False),
        ("+---+", False),
    ],
)
def test_only_an_unconfirmed_failure_asks_for_a_quick_look(looks: str, again: bool) -> None:
    assert after(looks).recheck is again


def test_the_reason_is_that_of_the_state_and_not_of_a_passing_blip() -> None:
    assert after("+-").reason == "ok"
    assert after("+---").reason == "http_5xx"
    assert after("+---+").reason == "http_5xx"
    assert after("???").reason == "access_denied"


marks = st.text(alphabet=OK + BAD + SLOW + BLIND, max_size=40)
rules = st.builds(Rule, st.integers(1, 5), st.integers(1, 5))


@given(marks, rules)
def test_no_failure_is_believed_without_enough_looks(looks: str, rule: Rule) -> None:
    verdict = CheckVerdict()
    for second, mark in enumerate(looks):
        before, verdict = verdict, decide(verdict, look(mark, second), rule)
        if verdict.state == "down" != before.state:
            seen = [mark for mark in looks[: second + 1] if mark != BLIND]
            assert seen[-rule.failures :] == [BAD] * rule.failures


@given(marks, rules)
def test_enough_failures_are_always_believed(looks: str, rule: Rule) -> None:
    assert after(looks + BAD * rule.failures, rule).state == "down"


@given(marks, rules)
def test_enough_good_looks_are_always_believed(looks: str, rule: Rule) -> None:
    steady = replace(rule, flaps=100, fitful=WINDOW + 1)
    assert after(looks + OK * rule.successes, steady).state == "up"


@given(marks, rules, st.integers(1, 4), st.integers(2, 8))
def test_a_check_that_came_and_went_is_believed_once_it_has_settled(
    looks: str, rule: Rule, flaps: int, fitful: int
) -> None:
    damped = replace(rule, flaps=flaps, fitful=fitful, settle=timedelta(seconds=15))
    verdict = after(looks + OK * (WINDOW + rule.successes), damped)
    assert (verdict.state, verdict.fitful) == ("up", False)


@given(marks, rules)
def test_damping_never_hides_a_failure(looks: str, rule: Rule) -> None:
    jumpy = replace(rule, flaps=1, fitful=2, settle=timedelta(hours=1))
    assert after(looks + BAD * rule.failures, jumpy).state == "down"


def test_a_flapping_check_says_so_and_stays_down_until_it_has_settled() -> None:
    rule = Rule(2, 2, flaps=3, within=timedelta(minutes=10), settle=timedelta(seconds=10))
    verdict = after("++--++--++--++++", rule)
    assert (verdict.state, verdict.flapping) == ("down", True)
    assert "flapping: failed 3 times within 10 min" in verdict.detail
    assert verdict.detail.startswith("answered 503")
    assert after("++--++--++--" + OK * 11, rule).state == "up"
    # Long enough apart, three outages are three outages.
    rule = replace(rule, within=timedelta(seconds=5))
    assert after("++--++--++--++", rule).state == "up"


def test_a_check_that_fails_now_and_then_is_degraded_although_never_in_a_row() -> None:
    rule = Rule(3, 3)
    assert after("+" + "-+" * 5, rule).state == "up"
    verdict = after("+" + "-+" * 5 + "-", rule)
    assert (verdict.state, verdict.fitful) == ("degraded", True)
    assert "failed 6 of the last 20 looks" in verdict.detail
    assert after("+" + "-+" * 6 + OK * 5, rule).state == "degraded"
    assert after("+" + "-+" * 6 + OK * 20, rule).state == "up"


def test_an_outage_that_is_over_leaves_nothing_behind() -> None:
    rule = Rule(3, 3)
    verdict = after("+" + "-" * 16 + "+++", rule)
    assert (verdict.state, verdict.fitful) == ("up", False)
    assert after("+" + "-" * 16 + "++++", rule).state == "up"


def test_without_a_look_a_check_is_neither_well_nor_failing() -> None:
    for looks in ("+++", "---", "~~~"):
        known = after(looks)
        gone = unseen(known, START, START + timedelta(seconds=42))
        assert (gone.state, gone.last_known) == ("unknown", known.state)
        assert gone.detail == "no look for 42 s"
        assert unseen(gone, START, START + timedelta(seconds=99)) is gone


def test_the_usual_look_costs_nothing() -> None:
    steady = after("++++")
    assert decide(steady, look(OK, 9), Rule()) is steady


@given(marks, rules)
@example("---~---++", Rule(4, 2))  # many failed looks, and up again before the dark
def test_the_lack_of_sight_never_makes_anything_good_or_bad(looks: str, rule: Rule) -> None:
    before = after(looks, rule)
    verdict = before
    for second in range(6):
        verdict = decide(verdict, look(BLIND, 100 + second), rule)
        assert verdict.state in (before.state, "unknown")
    assert verdict.state == "unknown"


@given(marks, rules)
def test_a_failure_known_before_the_dark_is_not_forgotten_in_it(looks: str, rule: Rule) -> None:
    rule = Rule(rule.failures, max(2, rule.successes))
    dark = after(looks + BAD * rule.failures + BLIND * rule.failures, rule)
    assert (dark.state, dark.last_known) == ("unknown", "down")
    assert decide(dark, look(OK, 200), rule).state == "unknown"


@given(marks, rules)
def test_a_state_is_never_from_the_future(looks: str, rule: Rule) -> None:
    if looks:
        since = after(looks, rule).since
        assert since is not None
        assert since <= START + timedelta(seconds=len(looks) - 1)


def test_a_look_by_itself() -> None:
    assert [seen_as(look(mark, 0)) for mark in (OK, SLOW, BAD, BLIND)] == [
        "up",
        "degraded",
        "down",
        "unknown",
    ]


@pytest.mark.parametrize("reason", ["slow", "cert_expiring", "http_5xx", "differs"])
def test_a_right_answer_with_something_wrong_is_degraded(reason: Reason) -> None:
    assert seen_as(Observation("canary", "s3", START, True, reason)) == "degraded"
