"""The rota: always exactly one person, changing at the handover, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from incidentbot.paging.providers.rota import Options, handover, next_change, turn, who

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
moments = st.datetimes(
    datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)
)  # fmt: skip


@st.composite
def rotas(draw: Any) -> Options:
    many = draw(st.integers(1, 5))
    given: dict[str, Any] = {
        "members": tuple(f"p{n}" for n in range(many)),
        "at": time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 30, 59]))),
        "timezone": draw(st.sampled_from(ZONES)),
        "days": draw(st.sampled_from([1, 2, 3, 7, 14])),
    }
    if draw(st.booleans()):
        given["starts"] = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    elif given["days"] % 7 == 0:
        given["handover"] = draw(st.sampled_from(DAYS))
    if draw(st.booleans()):
        start = draw(moments)
        end = start + timedelta(hours=draw(st.integers(1, 200)))
        given["overrides"] = ({"from": start, "until": end, "who": "deputy"},)
    return Options(**given)


@given(rotas(), moments)
def test_somebody_is_on_call_and_stays_until_the_next_change(rota: Options, at: datetime) -> None:
    now = who(rota, at)
    assert now in {*rota.members, "deputy"}
    number = turn(rota, at)
    assert handover(rota, number) <= at < handover(rota, number + 1)
    change = next_change(rota, at)
    if change is None:
        assert len(rota.members) == 1
        return
    assert change > at
    assert who(rota, change) != now
    assert who(rota, change - timedelta(microseconds=1)) == now
    assert who(rota, at + (change - at) / 2) == now


@given(rotas(), st.integers(-500, 3000))
def test_turns_follow_each_other_without_gap_or_overlap(rota: Options, number: int) -> None:
    begins = handover(rota, number)
    assert turn(rota, begins) == number
    assert turn(rota, begins - timedelta(microseconds=1)) == number - 1
    local = begins.astimezone(ZoneInfo(rota.timezone))
    length = handover(rota, number + 1) - begins
    assert abs(length - timedelta(days=rota.days)) <= timedelta(hours=1)
    if (local.hour, local.minute) != (rota.at.hour, rota.at.minute):
        # The clock on the wall skipped that time on this one day.
        assert local.utcoffset() != (local - timedelta(days=1)).utcoffset()


def test_a_week_in_berlin_hands_over_at_nine_in_summer_and_winter() -> None:
    rota = Options(members=("maya", "jonas"), timezone="Europe/Berlin", starts="2026-03-23")
    assert who(rota, datetime(2026, 3, 23, 7, 59, tzinfo=UTC)) == "jonas"
    assert who(rota, datetime(2026, 3, 23, 8, 0, tzinfo=UTC)) == "maya"
    # The clocks go forward on the 29th: nine o'clock is an hour earlier from then on.
    assert next_change(rota, datetime(2026, 3, 25, tzinfo=UTC)) == datetime(
        2026, 3, 30, 7, tzinfo=UTC
    )
    assert who(rota, datetime(2026, 3, 30, 7, 0, tzinfo=UTC)) == "jonas"


def test_an_override_counts_from_its_beginning_to_its_end() -> None:
    swap = {"from": "2026-03-03T12:00Z", "until": "2026-03-04T12:00Z", "who": "lin"}
    rota = Options(members=("maya",), overrides=(swap,))
    before, during = datetime(2026, 3, 3, 11, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert (who(rota, before), who(rota, during)) == ("maya", "lin")
    assert next_change(rota, before) == during
    assert next_change(rota, during) == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert next_change(rota, datetime(2026, 3, 5, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"days": 3, "handover": "monday"}, "belongs to shifts of whole weeks"),
        ({"starts": "2026-03-03", "handover": "monday"}, "is a tuesday, not a monday"),
        ({"starts": "soon"}, "is not a date"),
        ({"timezone": "Berlin"}, "is no time zone"),
        (
            {
                "overrides": [
                    {"from": "2026-03-03T12:00Z", "until": "2026-03-04T12:00Z", "who": "lin"},
                    {"from": "2026-03-04T11:00Z", "until": "2026-03-05T12:00Z", "who": "ada"},
                ]
            },
            "two people would be on call at once",
        ),
        (
            {"overrides": [{"from": "2026-03-03T12:00Z", "until": "2026-03-03T12:00Z",
                            "who": "lin"}]},
            "is not after `from`",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(members=("maya",), **keys)
    assert said in str(caught.value)
