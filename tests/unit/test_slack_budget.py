"""How fast we call: never far above a method's tier, and never while Slack said to wait."""

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.slack.budget import BURST, PER_SECOND, Budget


def test_a_burst_passes_and_then_one_a_second_per_channel() -> None:
    budget = Budget()
    first = [budget.wait("chat.postMessage", "C1", 0.0) for _ in range(int(BURST["post"]))]
    assert first == [0.0] * int(BURST["post"])
    assert budget.wait("chat.postMessage", "C1", 0.0) == 1.0
    assert budget.wait("chat.postMessage", "C2", 0.0) == 0.0, "another channel has its own"
    assert budget.wait("chat.postMessage", "C1", 1.0) == 0.0


def test_nobody_calls_a_method_that_slack_has_put_on_hold() -> None:
    budget = Budget()
    budget.hold("pins.add", 7.0, now=100.0)
    assert budget.wait("pins.add", "C1", 103.0) == 4.0
    assert budget.wait("pins.add", "C9", 103.0) == 4.0
    assert budget.wait("chat.update", "C1", 103.0) == 0.0
    assert budget.wait("pins.add", "C1", 107.5) == 0.0


@given(gaps=st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_pattern_of_calls_beats_the_rate(gaps: list[float]) -> None:
    budget, now, passed = Budget(), 0.0, 0
    for gap in gaps:
        now += gap
        passed += budget.wait("conversations.create", "", now) == 0.0
    assert passed <= BURST["tier 2"] + now * PER_SECOND["tier 2"] + 1e-6
