"""When Slack counts as away, and when its refusal of our token is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.slack.outbound.classify import OK, Kind, Outcome
from incidentbot.slack.outbound.reach import STATES, Patience, Reach

BEGIN = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SILENT = Outcome(Kind.IN_DOUBT, "no_answer", 1.0)
LIMITED = Outcome(Kind.LATER, "ratelimited", 30.0)
DEAD = Outcome(Kind.DEAD, "token_revoked")
REFUSED = Outcome(Kind.FORBIDDEN, "missing_scope")


def at(reach: Reach, seconds: float, outcome: Outcome) -> str:
    reach.note(outcome, seconds, BEGIN + timedelta(seconds=seconds))
    return reach.state


def test_a_few_lost_answers_are_no_outage_and_ten_seconds_without_any_are() -> None:
    reach = Reach()
    assert [at(reach, s, SILENT) for s in (0, 1, 2, 9)] == ["ok"] * 4
    assert at(reach, 9.5, OK) == "ok"
    assert [at(reach, s, SILENT) for s in (20, 21, 30)] == ["ok", "ok", "away"]
    assert reach.since == BEGIN + timedelta(seconds=20)
    assert at(reach, 200, OK) == "ok"
    absence = reach.taken()
    assert absence is not None and absence.worth_a_word
    assert (absence.since, absence.until) == (
        BEGIN + timedelta(seconds=20), BEGIN + timedelta(seconds=200),
    )  # fmt: skip
    assert reach.taken() is None


@pytest.mark.parametrize("answer", [OK, LIMITED, REFUSED], ids=lambda outcome: outcome.code)
def test_whatever_slack_says_it_is_there(answer: Outcome) -> None:
    reach = Reach()
    for second in range(60):
        assert at(reach, second, SILENT if second % 2 else answer) == "ok"


def test_a_refused_token_is_asked_about_no_oftener_than_patience_says() -> None:
    reach = Reach(Patience(refused=60))
    assert not reach.refuses(0)
    assert at(reach, 5, DEAD) == "refused"
    assert reach.refuses(64.9) and not reach.refuses(65.1)
    assert at(reach, 66, DEAD) == "refused"
    assert reach.refuses(70) and reach.code == "token_revoked"
    assert at(reach, 130, OK) == "ok"
    assert not reach.refuses(131)


def test_a_token_refused_at_the_end_of_an_outage_was_away_since_its_beginning() -> None:
    reach = Reach()
    for second in (0, 5, 11):
        at(reach, second, SILENT)
    assert at(reach, 50, DEAD) == "refused"
    assert reach.since == BEGIN


OUTCOMES = st.sampled_from([OK, SILENT, LIMITED, DEAD, REFUSED])


@given(steps=st.lists(st.tuples(st.floats(0, 30), OUTCOMES), max_size=60))
def test_it_is_ok_after_every_answer_and_never_away_without_a_long_silence(
    steps: list[tuple[float, Outcome]],
) -> None:
    reach, now, answered = Reach(), 0.0, 0.0
    for gap, outcome in steps:
        now += gap
        state = at(reach, now, outcome)
        assert state in STATES
        if outcome in (OK, LIMITED, REFUSED):
            answered = now
            assert state == "ok"
        if state == "away":
            assert now - answered >= reach.patience.away_after - 1e-6
        if outcome is DEAD:
            assert state == "refused" and reach.refuses(now)
