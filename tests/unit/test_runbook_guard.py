"""Guards: each alone stops a switch, says why, and refuses rather than breaks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.runbooks import guard
from incidentbot.runbooks.guard import Facts, Guarded, evaluate, refusal
from tests.unit.runbook_cases import MINUTE, NOW, to_backup, to_primary


def verdicts(facts: Facts) -> dict[str, str]:
    return {one.name: one.verdict for one in evaluate(facts)}


@pytest.mark.parametrize("facts", [to_backup(), to_primary()], ids=["there", "back"])
def test_in_a_good_moment_every_guard_passes(facts: Facts) -> None:
    assert set(verdicts(facts).values()) == {"pass"}
    assert refusal(evaluate(facts)) is None


SPOILED: list[tuple[Facts, str, str]] = [
    (
        to_backup(live_value="eu-central-1", live_origin=None),
        "from_inventory",
        "'eu-central-1', which is neither origin",
    ),
    (
        to_backup(live_value="us-west-2", live_origin="us-west-2"),
        "changes_something",
        "us-west-2 serves already",
    ),
    (to_backup(source_state="up"), "fits_the_moment", "us-east-1 is not proven down (it is up)"),
    (to_backup(source_state="degraded"), "fits_the_moment", "it is degraded"),
    (to_backup(source_state="unknown"), "fits_the_moment", "it is unknown"),
    (to_primary(to_state="down"), "fits_the_moment", "not proven healthy (it is down)"),
    (to_primary(to_state="unknown"), "fits_the_moment", "it is unknown"),
    (to_primary(to_since=None), "fits_the_moment", "not proven healthy"),
    (
        to_primary(to_since=NOW - 9 * MINUTE),
        "fits_the_moment",
        "healthy for 9 min; 10 min are needed",
    ),
    (
        to_backup(readiness_state="not_ready", readiness_words="3 objects missing"),
        "destination_ready",
        "not proven ready: 3 objects missing",
    ),
    (to_backup(readiness_state="unknown"), "destination_ready", "not proven ready"),
    (to_backup(proven_at=None), "destination_ready", "not proven ready"),
    (to_backup(checked_at=None), "destination_ready", "not proven ready"),
    (
        to_backup(checked_at=NOW - 6 * MINUTE),
        "destination_ready",
        "was last looked at 6 min ago",
    ),
    (
        to_backup(proven_at=NOW - 8 * MINUTE),
        "destination_ready",
        "compared 6 min before; 5 min is the limit",
    ),
    (to_primary(proven_at=NOW - 6 * MINUTE), "destination_ready", "compared 6 min before"),
    (to_backup(to_state="down"), "leaves_a_healthy_origin", "nothing healthy would be left"),
    (to_backup(running="P-1"), "one_at_a_time", "Plan P-1 is running on the same target"),
    (
        to_backup(same_before=NOW - 2 * MINUTE),
        "not_going_round",
        "same switch was made 2 min ago; something goes back and forth",
    ),
]


@pytest.mark.parametrize(("facts", "name", "words"), SPOILED)
def test_each_guard_alone_refuses_and_says_why(facts: Facts, name: str, words: str) -> None:
    found = {one.name: one for one in evaluate(facts)}
    assert found[name].verdict == "refuse"
    assert words in found[name].words
    others = {other for other, one in found.items() if one.verdict == "refuse"} - {name}
    destination_down = {"fits_the_moment", "leaves_a_healthy_origin"}  # two words for one fact
    assert others <= (destination_down if facts.to_state == "down" else set())
    assert refusal(evaluate(facts)) is not None


def test_every_guard_has_a_case_that_it_stops_or_points_out() -> None:
    assert {name for _, name, _ in SPOILED} | {"survives_the_outage"} == set(guard.GUARDS)


def test_a_call_through_the_failing_region_is_pointed_out() -> None:
    found = {g.name: g for g in evaluate(to_backup(plane_region="us-east-1"))}
    assert found["survives_the_outage"].verdict == "warn"
    assert "the region that fails" in found["survives_the_outage"].words


def test_the_same_switch_later_is_only_pointed_out_and_then_nothing() -> None:
    assert verdicts(to_backup(same_before=NOW - 12 * MINUTE))["not_going_round"] == "warn"
    assert verdicts(to_backup(same_before=NOW - 20 * MINUTE))["not_going_round"] == "pass"


def test_a_long_outage_does_not_make_the_comparison_before_it_old() -> None:
    facts = to_backup(source_since=NOW - 60 * MINUTE, proven_at=NOW - 61 * MINUTE)
    assert refusal(evaluate(facts)) is None


def test_a_guard_that_breaks_refuses() -> None:
    broken = replace(to_backup(), max_age=None)  # type: ignore[arg-type]
    found = {one.name: one for one in evaluate(broken)}
    assert found["destination_ready"] == Guarded(
        "destination_ready", "refuse", "The guard destination_ready broke (TypeError)."
    )


moments = st.none() | st.integers(-300, 300).map(lambda m: NOW + timedelta(minutes=m))
states = st.sampled_from(["up", "degraded", "down", "unknown", "", "UP"])
values = st.none() | st.sampled_from(["us-east-1", "us-west-2", "", "us-east-1 "])


@st.composite
def any_facts(draw: Any) -> Facts:
    base: Facts = draw(st.sampled_from([to_backup(), to_primary()]))
    return replace(
        base,
        live_value=draw(values),
        live_origin=draw(st.sampled_from([None, "us-east-1", "us-west-2"])),
        source_state=draw(states),
        source_since=draw(moments),
        to_state=draw(states),
        to_since=draw(moments),
        readiness_state=draw(st.sampled_from(["ready", "not_ready", "unknown", "", "Ready"])),
        proven_at=draw(moments),
        checked_at=draw(moments),
        running=draw(st.sampled_from([None, "P-1"])),
        same_before=draw(moments),
    )


def old(at: datetime | None, most: timedelta, now: datetime = NOW) -> bool:
    return at is None or now - at > most


@given(any_facts())
def test_nothing_passes_without_every_proof(facts: Facts) -> None:
    if refusal(evaluate(facts)) is not None:
        return
    assert facts.readiness_state == "ready"
    assert not old(facts.checked_at, facts.max_age)
    assert facts.proven_at is not None
    assert facts.to_state != "down"
    assert facts.running is None
    assert (facts.live_origin or facts.serving) != facts.to
    if facts.to_backup:
        assert facts.source_state == "down"
    else:
        assert facts.to_state == "up"
        assert facts.to_since is not None and NOW - facts.to_since >= facts.healthy_for
        assert not old(facts.proven_at, facts.max_age)
