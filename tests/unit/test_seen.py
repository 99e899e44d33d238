"""First seen, last seen and gone: what is remembered of a feed between two reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.signals import STATES, TROUBLE, Signal
from incidentbot.signals.feeds.seen import SAID_FOR, Seen, key, see

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GREEN = Signal("f", "aws", state="operational", title="All green", storage="no")


def entry(vendor_id: str = "k1", service: str = "S3", **rest: object) -> Signal:
    plain = Signal("f", "aws", service=service, region="us-east-1", vendor_id=vendor_id)
    return replace(plain, state="major_outage", title="Errors", **rest)  # type: ignore[arg-type]


def reads(*lists: list[Signal]) -> Seen:
    seen = Seen()
    for number, signals in enumerate(lists):
        seen = see(seen, signals, NOW + number * MINUTE)
    return seen


def test_an_entry_keeps_its_first_time_and_moves_its_last() -> None:
    (only,) = reads([entry()], [entry()], [entry()]).signals
    assert (only.first_seen, only.last_seen) == (NOW, NOW + 2 * MINUTE)


def test_a_new_title_under_the_same_id_is_the_same_entry() -> None:
    seen = reads([entry()], [replace(entry(), title="Broad outage", state="degraded")])
    (only,) = seen.signals
    assert (only.title, only.first_seen) == ("Broad outage", NOW)
    assert seen.gone == ()


def test_another_component_of_an_incident_has_its_own_times() -> None:
    seen = reads([entry()], [entry(), entry(service="Lambda")])
    assert [signal.first_seen for signal in seen.signals] == [NOW, NOW + MINUTE]


def test_what_vanishes_is_gone_and_over() -> None:
    seen = reads([entry(storage="yes")], [GREEN])
    gone = seen.signals[-1]
    assert (gone.state, gone.phase, gone.storage) == ("operational", "gone", "no")
    assert (gone.vendor_id, gone.last_seen) == ("k1", NOW)


def test_it_is_said_for_a_while_and_then_forgotten() -> None:
    seen = reads([entry()], [GREEN])
    assert see(seen, [GREEN], NOW + MINUTE + SAID_FOR).gone
    assert not see(seen, [GREEN], NOW + 2 * MINUTE + SAID_FOR).gone


def test_what_was_missed_long_ago_is_said_when_it_is_noticed() -> None:
    """The page could not be read for a day; what was open before is gone now."""
    seen = see(reads([entry()]), [GREEN], NOW + timedelta(days=1))
    assert [signal.phase for signal in seen.signals] == ["", "gone"]


def test_what_comes_back_is_the_entry_it_was() -> None:
    seen = reads([entry()], [GREEN], [entry()])
    (only,) = seen.signals
    assert (only.first_seen, only.phase) == (NOW, "")


def test_a_follow_up_with_an_id_of_its_own_is_not_an_end() -> None:
    assert reads([entry("#s3_1")], [entry("#s3_2")]).gone == ()
    resolved = replace(entry("#s3_2"), state="operational")
    assert reads([entry("#s3_1")], [resolved]).gone == ()


def test_a_component_that_is_well_while_its_incident_goes_on_is_not_gone() -> None:
    assert reads([entry(), entry(service="Lambda")], [entry(service="Lambda")]).gone == ()


def test_an_end_is_no_news_for_what_was_well_or_has_no_id() -> None:
    well = replace(entry(), state="operational")
    assert reads([well, entry("")], [GREEN]).gone == ()


SIGNALS = st.builds(
    Signal,
    feed=st.just("f"),
    vendor=st.just("v"),
    service=st.sampled_from(["", "S3", "R2"]),
    region=st.sampled_from(["", "us-east-1"]),
    state=st.sampled_from(STATES),
    vendor_id=st.sampled_from(["", "1", "2", "3"]),
)


@given(st.lists(st.lists(SIGNALS, max_size=5), min_size=1, max_size=8))
def test_nothing_listed_is_lost_and_nothing_listed_is_gone(polls: list[list[Signal]]) -> None:
    seen = Seen()
    for number, signals in enumerate(polls):
        now = NOW + number * MINUTE
        seen = see(seen, signals, now)
        assert [key(one) for one in seen.listed] == [key(one) for one in signals]
        assert all(one.last_seen == now for one in seen.listed)
        assert all(one.first_seen and one.first_seen <= now for one in seen.signals)
        ids = {one.vendor_id for one in signals}
        assert all(one.vendor_id and one.vendor_id not in ids for _, one in seen.gone)


@given(st.lists(SIGNALS, max_size=5))
def test_trouble_with_an_id_never_ends_in_silence(signals: list[Signal]) -> None:
    seen = see(see(Seen(), signals, NOW), [GREEN], NOW + MINUTE)
    bad = {one.vendor_id for one in signals if one.vendor_id and one.state in TROUBLE}
    assert bad <= {one.vendor_id for _, one in seen.gone}
