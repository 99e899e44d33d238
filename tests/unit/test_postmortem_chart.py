"""Labels of the chart never overlap and never leave it, whatever the incident was like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.postmortem import chart, picture
from incidentbot.postmortem.blocks import Band, Chart, Mark, Strip
from incidentbot.postmortem.chart import Label
from incidentbot.postmortem.layout import Scale, text_width, ticks
from tests.unit import postmortem_cases as cases

START = datetime(2026, 11, 24, 14, 2, 5, tzinfo=UTC)

NAMES = ["Started", "Detected", "Acknowledged", "Mitigated", "Vendor reported", "Resolved"]


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """30 seconds to 30 hours, with up to six milestones and eight actions anywhere in it."""
    seconds = draw(st.floats(30, 30 * 3600))
    moments = st.floats(0, 1).map(lambda share: START + timedelta(seconds=seconds * share))
    milestones = sorted(draw(st.lists(moments, min_size=1, max_size=6)))
    actions = sorted(draw(st.lists(moments, max_size=8)))
    labels = draw(st.lists(st.text(max_size=50), min_size=8, max_size=8))
    end = START + timedelta(seconds=seconds)
    return Chart(
        START,
        end,
        (Strip("a", (Band(START, end, "up", "up"),)), Strip("b", ())),
        (),
        tuple(Mark(at, name) for at, name in zip(milestones, NAMES, strict=False)),
        tuple(Mark(at, name, "runbook") for at, name in zip(actions, labels, strict=False)),
        "",
    )


def apart(a: Label, b: Label, height: float) -> bool:
    beside = a.x + a.width <= b.x + 0.01 or b.x + b.width <= a.x + 0.01
    return beside or abs(a.y - b.y) >= height - 0.01


def pole_misses(pole: Label, box: Label, height: float) -> bool:
    """The pole reaches from its own label to its foot; it may touch a box's own left edge."""
    low, high = sorted((pole.y, pole.foot))
    outside = pole.x <= box.x + 0.01 or pole.x >= box.x + box.width - 0.01
    return outside or box.y + height <= low + 0.01 or box.y >= high - 0.01


@settings(max_examples=200, deadline=None)
@given(charts(), st.sampled_from([960.0, 880.0, 330.0]))
def test_no_label_meets_another_or_a_pole_or_the_edge(drawn: Chart, width: float) -> None:
    at = chart.plan(drawn, width)
    height = chart.ROW - 2
    for labels in (at.above, at.below):
        for number, a in enumerate(labels):
            assert a.x >= 0
            assert a.x + a.width <= width + 0.01
            assert a.y >= 0
            assert a.y + height <= at.height
            for b in labels[number + 1 :]:
                assert apart(a, b, height)
                assert pole_misses(a, b, height)
                assert pole_misses(b, a, height)


@given(st.floats(1, 40 * 86400), st.floats(0, 86400), st.floats(100, 900))
def test_the_axis_has_round_steps_with_room_for_each(
    long: float, begin: float, wide: float
) -> None:
    start = START + timedelta(seconds=begin)
    axis = Scale(start, start + timedelta(seconds=long), 0, wide)
    letter, gap = text_width("0", 12), 14.0
    found = [(axis.x(at), len(label) * letter) for at, label in ticks(axis, letter, gap)]
    assert all(b - a >= (wide_a + wide_b) / 2 for (a, wide_a), (b, wide_b) in pairwise(found))


@pytest.mark.parametrize(("factor", "first"), [(0.015, "14:02:10"), (1, "14:20"), (55, "18:00")])
def test_the_axis_fits_thirty_seconds_and_thirty_hours(factor: float, first: str) -> None:
    drawn = picture.chart(cases.stretched(factor))
    at = chart.plan(drawn, 880)
    labels = [label for _, label in ticks(at.axis, 8, 14)]
    assert first in labels
    assert 2 <= len(labels) <= 12
