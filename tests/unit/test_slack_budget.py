"""How fast we call: never above what Slack promises, never while it said to wait, room for the
urgent at any time."""

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.slack.outbound.budget import MINUTE, POST_BURST, Budget, limit_of

GAPS = st.lists(st.floats(0, 20), min_size=1, max_size=60)
METHODS = st.sampled_from(["conversations.create", "pins.add", "chat.update", "something.new"])


def ask(budget: Budget, method: str, channel: str, now: float, *, all_of_it: bool = True) -> bool:
    """Whether it may go now; if so, it goes."""
    may = budget.wait(method, channel, now, all_of_it=all_of_it) <= 0
    if may:
        budget.take(method, channel, now)
    return may


def test_a_burst_passes_and_then_one_a_second_per_channel() -> None:
    budget = Budget()
    assert all(ask(budget, "chat.postMessage", "C1", 0.0) for _ in range(int(POST_BURST)))
    assert budget.wait("chat.postMessage", "C1", 0.0) == 1.0
    assert ask(budget, "chat.postMessage", "C2", 0.0), "another channel has its own"
    assert budget.wait("chat.postEphemeral", "C1", 0.0) == 1.0, "whatever the way of posting"
    assert ask(budget, "chat.postMessage", "C1", 1.0)


def test_nobody_calls_a_method_that_slack_has_put_on_hold() -> None:
    budget = Budget()
    budget.hold("pins.add", "C1", 7.0, now=100.0)
    assert budget.wait("pins.add", "C1", 103.0) == 4.0
    assert budget.wait("pins.add", "C9", 103.0) == 4.0
    assert budget.wait("chat.update", "C1", 103.0) == 0.0
    assert budget.wait("pins.add", "C1", 107.5) == 0.0


def test_a_limit_of_posts_is_the_channels_until_a_second_one_meets_it() -> None:
    budget = Budget()
    budget.hold("chat.postMessage", "C1", 7.0, now=0.0)
    assert budget.wait("chat.postMessage", "C1", 0.0) == 7.0
    assert budget.wait("chat.postMessage", "C2", 0.0) == 0.0
    budget.hold("chat.postMessage", "C2", 9.0, now=1.0)
    assert budget.wait("chat.postMessage", "C3", 1.0) == 9.0
    assert budget.wait("chat.update", "C3", 1.0) == 0.0


def test_a_limit_of_the_whole_workspace_holds_every_way_of_posting() -> None:
    budget = Budget()
    budget.hold("chat.postMessage", "C1", 7.0, now=0.0, everywhere=True)
    assert budget.wait("chat.postMessage", "C2", 0.0) == 7.0
    assert budget.wait("chat.postEphemeral", "C3", 0.0) == 7.0


def test_what_is_taken_from_a_copy_is_not_taken_from_the_budget() -> None:
    budget = Budget()
    copy = budget.copy()
    for _ in range(30):
        copy.take("conversations.create", "", 0.0)
    assert copy.wait("conversations.create", "", 0.0) == MINUTE
    assert budget.wait("conversations.create", "", 0.0) == 0.0


@given(gaps=GAPS, method=METHODS, urgent=st.lists(st.booleans(), min_size=60, max_size=60))
def test_in_no_minute_more_than_slack_promises_and_bulk_leaves_half_of_it(
    gaps: list[float], method: str, urgent: list[bool]
) -> None:
    budget, now = Budget(), 0.0
    all_of_them: list[float] = []
    for gap, first in zip(gaps, urgent, strict=False):
        now += gap
        before = [at for at in all_of_them if at > now - MINUTE]
        if ask(budget, method, "C1", now, all_of_it=first):
            assert first or len(before) < limit_of(method) / 2
            all_of_them.append(now)
        else:
            assert len(before) >= limit_of(method) / (1 if first else 2)
    for at in all_of_them:
        assert sum(at - MINUTE < other <= at for other in all_of_them) <= limit_of(method)


@given(gaps=GAPS, hurry=st.booleans())
def test_after_the_wait_it_says_a_call_may_go(gaps: list[float], hurry: bool) -> None:
    budget, now = Budget(), 0.0
    for gap in gaps:
        now += gap
        pause = budget.wait("chat.postMessage", "C1", now, all_of_it=hurry)
        assert pause >= 0
        now += pause
        assert budget.wait("chat.postMessage", "C1", now, all_of_it=hurry) <= 1e-6
        budget.take("chat.postMessage", "C1", now)


@given(gaps=st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_no_pattern_of_posts_beats_one_a_second(gaps: list[float]) -> None:
    budget, now, passed = Budget(), 0.0, 0
    for gap in gaps:
        now += gap
        passed += ask(budget, "chat.postMessage", "C1", now)
    assert passed <= POST_BURST + now + 1e-6
