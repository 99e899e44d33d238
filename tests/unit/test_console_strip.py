"""A strip says what was written down, and nothing of the rest."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.console.facts import Change
from incidentbot.console.strip import STATES, pieces, strip, ticks
from tests.unit.console_cases import NOW, before

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def states(*changes: Change, seen: datetime | None = None) -> list[tuple[str, float]]:
    """(state, hours) of each band of the last day."""
    made = strip(changes, NOW, DAY, seen)
    return [(b.state, (b.end - b.start).total_seconds() / 3600) for b in made.bands]


def test_what_was_never_written_down_is_a_gap() -> None:
    assert states() == [("unknown", 24)]
    assert states(Change(before(hours=6), "up")) == [("unknown", 18), ("up", 6)]
    assert strip((), NOW, DAY).text == "In the last 24 hours: no data 1 d."


def test_a_change_before_the_strip_reaches_into_it() -> None:
    down = Change(before(hours=1), "down", "503")
    assert states(Change(before(days=9), "up"), down) == [("up", 23), ("down", 1)]


def test_after_the_last_look_there_is_a_gap_whatever_the_rows_say() -> None:
    changes = Change(before(days=2), "up"), Change(before(hours=1), "up", "later than the look")
    assert states(*changes, seen=before(hours=2)) == [("up", 22), ("unknown", 2)]
    assert states(*changes, seen=before(days=3)) == [("unknown", 24)]


def test_what_was_decided_later_and_began_earlier_wins() -> None:
    slow, down = Change(before(hours=2), "degraded"), Change(before(hours=3), "down")
    assert states(Change(before(days=2), "up"), slow, down) == [("up", 21), ("down", 3)]


def test_a_word_that_is_no_state_of_ours_is_never_good() -> None:
    assert states(Change(before(days=2), "operational")) == [("unknown", 24)]


def test_one_state_with_another_reason_is_one_spell_in_words_and_two_bands() -> None:
    changes = [
        Change(before(days=2), "up"),
        Change(before(hours=2), "down", "503"),
        Change(before(hours=1), "down", "timeout"),
        Change(before(minutes=30), "up"),
    ]
    made = strip(changes, NOW, DAY)
    assert [band.reason for band in made.bands] == ["", "503", "timeout", ""]
    assert made.text == "In the last 24 hours: down 1 h 30 min (07:30–09:00), up 22 h 30 min."


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (before(hours=2), before(hours=1), "(07:30–08:30)"),
        (before(hours=2), NOW, "(since 07:30)"),
        (before(hours=20), before(hours=19), "(24 Nov 13:30–14:30)"),
        (before(hours=10), before(hours=9), "(24 Nov 23:30–25 Nov 00:30)"),
        (before(hours=20), NOW, "(since 24 Nov 13:30)"),
    ],
)
def test_spells_are_named_with_days_where_they_are_needed(
    start: datetime, end: datetime, said: str
) -> None:
    changes = [Change(before(days=9), "up"), Change(start, "down"), Change(end, "up")]
    assert said in strip(changes, NOW, DAY).text


def test_many_spells_are_counted() -> None:
    changes = [
        Change(before(minutes=10 * n), "degraded" if n % 2 else "up") for n in range(12, 0, -1)
    ]
    text = strip(changes, NOW, DAY).text
    assert text == "In the last 24 hours: degraded 1 h in 6 spells, no data 22 h, up 1 h."


def test_bad_lies_on_top_and_a_flapping_week_is_drawn_in_pieces_that_can_be_seen() -> None:
    flaps = [Change(before(seconds=60 * n), "down" if n % 2 else "up") for n in range(9000, 6, -1)]
    made = strip([*flaps, Change(before(hours=1), "degraded")], NOW, WEEK)
    drawn = pieces(made)
    assert len(made.bands) > 8000
    assert [piece.state for piece in drawn] == ["unknown", "degraded", "down"]
    hours = [Change(before(hours=n), "down" if n % 2 else "up") for n in range(20, 0, -1)]
    drawn = pieces(strip(hours, NOW, DAY))
    assert len(drawn) == 21
    assert len(pieces(strip(hours, NOW, DAY), 12)) < 12
    order = [STATES.index(piece.state) for piece in drawn]
    assert order == sorted(order, reverse=True)
    assert {piece.state for piece in drawn if piece.x > 95} == {"down"}


def test_ticks_stand_at_midnight_and_every_six_hours_and_not_at_the_ends() -> None:
    day = [tick.text for tick in ticks(strip((), NOW, DAY))]
    assert day == ["12:00", "18:00", "25 Nov", "06:00"]
    week = [tick.text for tick in ticks(strip((), NOW, WEEK))]
    assert (len(week), week[0], week[-1]) == (7, "19 Nov", "25 Nov")


MOMENTS = st.floats(min_value=-10, max_value=20 * 86400).map(lambda s: NOW - timedelta(seconds=s))
CHANGES = st.lists(
    st.builds(Change, MOMENTS, st.sampled_from([*STATES, "rubbish"]), st.sampled_from(["", "x"])),
    max_size=30,
)


@given(CHANGES, st.none() | MOMENTS, st.sampled_from([DAY, WEEK]))
def test_bands_cover_the_strip_without_holes_and_say_what_was_written_last(
    changes: list[Change], seen: datetime | None, length: timedelta
) -> None:
    made = strip(changes, NOW, length, seen)
    assert (made.bands[0].start, made.bands[-1].end) == (NOW - length, NOW)
    assert all(a.end == b.start for a, b in pairwise(made.bands))
    for band in made.bands:
        assert band.start < band.end
        known = [change.state for change in changes if change.at <= band.start]
        if seen is not None and band.start >= seen:
            known = []
        assert band.state == (known[-1] if known and known[-1] in STATES else "unknown")
    drawn = pieces(made)
    assert abs(sum(piece.width for piece in drawn) - 100) < 1
    assert all(piece.x >= 0 and piece.x + piece.width <= 100.01 for piece in drawn)
