"""Damage to bodies of the clouds' formats: never an exception, never green out of a lack."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.signals import STATES, Signal
from tests.unit.feed_cases import read, whole
from tests.unit.test_format_aws import entry, event
from tests.unit.test_format_aws_health import bridge, issue
from tests.unit.test_format_gcp import incident, old
from tests.unit.test_format_vendors import instance, slack_incident, trouble

NOW = "2026-03-02T09:30:00-08:00"
PLACE = {"id": "EU", "name": "Europe", "health": "unhealthy"}
# One body per format that says that something is wrong.
TROUBLE: dict[str, Any] = {
    "aws_currentevents": [event(impacted_services={"s3-us-east-1": {"current": "2"}})],
    "aws_data": {"archive": [], "current": [entry()]},
    "aws_eventbridge": bridge(statusCode="open"),
    "aws_health": {
        "events": [issue()],
        "details": [{"event": {"arn": "a"}, "eventDescription": {"latestDescription": "x"}}],
        "entities": [{"eventArn": "a", "entityValue": "b"}],
    },
    "azure_devops": {
        "status": {"health": "unhealthy", "message": "x"},
        "services": [{"id": "Pipelines", "geographies": [PLACE]}],
    },
    "gcp": [incident(), old()],
    "heroku": {
        "status": [{"system": "Apps", "status": "red"}],
        "incidents": [trouble()],
        "scheduled": [],
    },
    "salesforce": [instance("NA1", "MAJOR_INCIDENT_CORE", Incidents=[{"serviceKeys": ["x"]}])],
    "slack_status": {
        "status": "active",
        "date_created": NOW,
        "date_updated": NOW,
        "active_incidents": [slack_incident()],
    },
    "stripe": {"largestatus": "down", "message": "x", "time": "March 02, 2026 @ 05:50PM +00:00"},
}
ODD: tuple[Any, ...] = (None, True, 7, -1.5, 10**400, "x", "", [], [None], {}, {"a": []}, "\x00\n")
# An empty list is how these say that nothing is open.
LISTS = {
    ("aws_currentevents", ()),
    ("aws_data", ("current",)),
    ("aws_health", ("events",)),
}


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    inside = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, dict) else inside:
        yield from paths(part, (*here, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    whole_of_it = copy.deepcopy(value)
    inner = whole_of_it
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return whole_of_it


def without(value: Any, path: tuple[Any, ...]) -> Any:
    whole_of_it = copy.deepcopy(value)
    inner = whole_of_it
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return whole_of_it


def sound(signals: list[Signal]) -> bool:
    return bool(signals) and all(
        s.state in STATES
        and s.storage in ("yes", "no", "unclear")
        and (s.state != "unknown" or s.why)
        and all(isinstance(text, str) for text in (s.service, s.region, s.title, s.vendor_id))
        for s in signals
    )


@pytest.mark.parametrize("name", sorted(TROUBLE))
def test_the_sample_of_a_format_is_in_trouble(name: str) -> None:
    assert read(TROUBLE[name]).format == name
    assert whole(read(TROUBLE[name], name).signals)[0] not in ("operational", "unknown")


@pytest.mark.parametrize("name", sorted(TROUBLE))
def test_a_wrong_value_anywhere_is_never_green(name: str) -> None:
    body = TROUBLE[name]
    for path in paths(body):
        for odd in ODD:
            if odd == [] and (name, path) in LISTS:
                continue
            signals = read(changed(body, path, odd), name).signals
            assert sound(signals), (path, odd)
            assert whole(signals)[0] != "operational", (path, odd, signals)


@pytest.mark.parametrize("name", sorted(TROUBLE))
def test_a_missing_value_anywhere_is_never_green(name: str) -> None:
    body = TROUBLE[name]
    for path in paths(body):
        last = path and isinstance(path[-1], int) and path[-1] == 0
        if not path or (last and (name, path[:-1]) in LISTS):
            continue
        signals = read(without(body, path), name).signals
        assert sound(signals), path
        assert whole(signals)[0] != "operational", (path, signals)


PLACES = [(name, path) for name, body in TROUBLE.items() for path in paths(body)]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
)
junk = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)


@given(st.sampled_from(PLACES), junk, junk)
def test_no_shape_of_json_breaks_a_format(place: tuple[str, Any], one: Any, two: Any) -> None:
    name, path = place
    assert sound(read(changed(TROUBLE[name], path, one), name).signals)
    if path:
        assert sound(read(changed(TROUBLE[name], path, {"id": one, "name": two}), name).signals)
    assert sound(read(one, name).signals)


@pytest.mark.parametrize("name", sorted(TROUBLE))
def test_a_body_that_is_cut_is_unknown(name: str) -> None:
    text = json.dumps(TROUBLE[name])
    for end in range(0, len(text), 37):
        (only,) = read(text[:end], name).signals
        assert only.state == "unknown"


words = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
tags = ("title", "link", "guid", "pubDate", "description", "category")


@given(
    name=st.sampled_from(["aws_rss", "azure_rss"]),
    items=st.lists(st.lists(st.tuples(st.sampled_from(tags), words), max_size=6), max_size=4),
)
def test_no_item_breaks_an_rss(name: str, items: list[list[tuple[str, str]]]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;")

    told = "".join(
        f"<item>{''.join(f'<{tag}>{escaped(text)}</{tag}>' for tag, text in item)}</item>"
        for item in items
    )
    title = "Amazon Web Services" if name == "aws_rss" else "Azure Status"
    signals = read(f"<rss><channel><title>{title}</title>{told}</channel></rss>", name).signals
    assert sound(signals)
    if not items:
        assert whole(signals) == ("operational", "no")
