"""Bodies of status pages: what they say, and that a broken one says nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot import plugins
from incidentbot.signals import STATES, Signal
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import word
from incidentbot.signals.feeds.reading import FORMATS, understand

Parse = Callable[[bytes, Feed], list[Signal]]


READ_AT = datetime(2026, 3, 2, 18, tzinfo=UTC)


def source() -> Feed:
    return Feed("aws-status", "aws", READ_AT)


def parser(name: str) -> Parse:
    def parse(raw: bytes, feed: Feed) -> list[Signal]:
        return understand(raw, feed, name).signals

    return parse


def page(**parts: Any) -> list[Signal]:
    body = {"status": {"indicator": "none", "description": "All Systems Operational"}} | parts
    return parser("statuspage")(json.dumps(body).encode(), source())


def component(name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {"id": name.lower(), "name": name, "status": status, "group": False} | more


def incident(*names: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "i1",
        "name": "Elevated error rates",
        "status": "investigating",
        "impact": "minor",
        "started_at": "2026-03-02T17:37:00Z",
        "components": [component(name) for name in names],
    } | more


def test_a_quiet_page_is_green_by_its_own_words() -> None:
    (only,) = page(components=[component("S3")], incidents=[])
    assert (only.state, only.title, only.service) == ("operational", "All Systems Operational", "")


def test_the_component_counts_and_not_the_page_or_the_impact() -> None:
    (only,) = page(
        components=[component("R2", "major_outage")],
        incidents=[incident("R2", impact="none")],
    )
    assert (only.service, only.state, only.phase) == ("R2", "major_outage", "investigating")
    assert (only.storage, only.vendor_id) == ("yes", "i1")
    assert only.started_at == datetime(2026, 3, 2, 17, 37, tzinfo=UTC)


def test_an_incident_without_a_faulty_component_counts_by_its_impact() -> None:
    assert page(incidents=[incident(impact="none")])[0].state == "degraded"
    assert page(incidents=[incident(impact="critical")])[0].state == "major_outage"
    assert page(incidents=[incident(impact="critical", status="monitoring")])[0].state == (
        "operational"
    )


def test_a_component_of_a_group_is_named_with_it() -> None:
    (only,) = page(
        components=[
            component("Spaces", id="g", group=True),
            component("FRA1", "degraded_performance", group_id="g"),
        ]
    )
    assert (only.service, only.storage) == ("Spaces / FRA1", "yes")


def test_edge_sites_and_groups_are_no_news() -> None:
    quiet = page(
        components=[
            component("Oslo, Norway - (OSL)", "partial_outage"),
            component("Europe", "partial_outage", group=True),
        ]
    )
    assert [signal.state for signal in quiet] == ["operational"]


def test_maintenance_counts_while_it_is_under_way() -> None:
    planned = incident("Droplets", status="scheduled")
    assert page(scheduled_maintenances=[planned])[0].state == "operational"
    planned = planned | {"status": "in_progress", "components": []}
    assert page(scheduled_maintenances=[planned])[0].state == "maintenance"


def test_a_page_without_components_has_only_its_light() -> None:
    body = {"status": {"indicator": "minor", "description": "Minor"}}
    (only,) = parser("statuspage")(json.dumps(body).encode(), source())
    assert (only.state, only.storage) == ("degraded", "unclear")


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>AWS</title>{}</channel></rss>"""
ITEM = (
    "<item><title>{}</title><pubDate>{}</pubDate>"
    "<guid>http://status.aws.amazon.com/#{}_1488318790</guid></item>"
)


def feed(*items: tuple[str, str, str]) -> list[Signal]:
    return parser("aws_rss")(RSS.format("".join(ITEM.format(*i) for i in items)).encode(), source())


def test_a_channel_without_items_is_all_clear() -> None:
    assert [signal.state for signal in feed()] == ["operational"]


@pytest.mark.parametrize(
    ("title", "state"),
    [
        ("Service disruption: Increased Error Rates", "major_outage"),
        ("Service degradation: Increased Error Rates", "partial_outage"),
        ("Performance issues: Increased Error Rates", "partial_outage"),
        ("Informational message: We are investigating", "degraded"),
        ("Service is operating normally: all is well", "operational"),
        ("Service disruption: [RESOLVED] Increased Error Rates", "operational"),
        ("Service disruption:  [解決済み] 復旧 | [RESOLVED] Recovered", "operational"),
        ("Something that nobody has written before", "degraded"),
    ],
)
def test_the_title_of_an_item_tells_its_state(title: str, state: str) -> None:
    (only,) = feed((title, "Tue, 28 Feb 2017 11:45:00 PST", "s3-us-standard"))
    assert only.state == state
    assert (only.service, only.region) == ("s3", "us-east-1")
    assert only.updated_at == datetime(2017, 2, 28, 19, 45, tzinfo=UTC)


def test_the_newest_item_of_each_service_decides_whatever_the_order() -> None:
    signals = feed(
        ("Service disruption: S3", "Tue, 28 Feb 2017 11:45:00 PST", "s3-us-standard"),
        ("Service is operating normally: S3", "Tue, 28 Feb 2017 14:10:00 PST", "s3-us-standard"),
        ("Informational message: EC2", "Tue,  28 Feb 2017 12:00:00 PST", "ec2-us-west-2"),
    )
    found = {(s.service, s.region): s.state for s in signals}
    assert found == {("s3", "us-east-1"): "operational", ("ec2", "us-west-2"): "degraded"}


BROKEN = [
    b"",
    b" \n",
    b"<!doctype html><title>Sorry</title>",
    b'{"status": {"indicator": "no',
    b"[]",
    b"null",
    b"{}",
    b'"operational"',
    b"[" * 100_000,
    b"<a>" * 100_000,
    b"\xff\xfe\x00",
    b"<rss><channel><item>",
    b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
    b'<!DOCTYPE r [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>',
    b'{"status": {"indicator": "unheard of"}}',
    b'{"status": 7, "components": "none"}',
]

# The empty list is how these say that all is well.
ALL_CLEAR = {("aws_currentevents", b"[]")}


@pytest.mark.parametrize("name", sorted(plugins.found(FORMATS)))
@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:24]))
def test_a_body_that_cannot_be_understood_is_unknown_with_a_reason(name: str, body: bytes) -> None:
    if (name, body) in ALL_CLEAR:
        return
    (only,) = parser(name)(body, source())
    assert (only.state, only.feed, only.vendor) == ("unknown", "aws-status", "aws")
    assert only.why


@pytest.mark.parametrize("name", sorted(plugins.found(FORMATS)))
@given(body=st.binary(max_size=300).filter(lambda body: body.strip() != b"[]"))
def test_no_body_breaks_a_format(name: str, body: bytes) -> None:
    assert {signal.state for signal in parser(name)(body, source())} == {"unknown"}


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "status", "components", "incidents", "group", "impact"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["status", "components", "incidents"]), odd))
def test_no_shape_of_json_breaks_the_statuspage_format(body: dict[str, Any]) -> None:
    signals = parser("statuspage")(json.dumps(body).encode(), source())
    assert signals
    assert {signal.state for signal in signals} <= set(STATES)


def test_a_word_about_another_service_or_region_does_not_count() -> None:
    signals = page(
        components=[
            component("Amazon S3 (us-west-2)", "major_outage"),
            component("Amazon EC2 (us-east-1)", "major_outage"),
        ]
    )
    assert word(signals, "s3", "us-east-1").state == "operational"
    assert word(signals, "s3", "us-west-2").state == "major_outage"
    assert word(signals, "s3", None).state == "major_outage"


def test_a_service_goes_by_its_long_name_too() -> None:
    signals = page(
        components=[component("Amazon Simple Storage Service (N. Virginia)", "partial_outage")]
    )
    assert word(signals, "s3", "us-east-1").state == "partial_outage"
    assert word(signals, "s3", "eu-west-1").state == "operational"


def test_nothing_read_is_unknown_and_never_green() -> None:
    assert word([], "s3", None).state == "unknown"
    broken = parser("statuspage")(b"", source())
    assert (word(broken, "s3", None).state, word(broken, "s3", None).why) == (
        "unknown",
        "the body is empty",
    )
