"""Statuspage and its dialects: each oddity by the name of what goes wrong when it is missed."""

from datetime import UTC, datetime

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import understand
from tests.unit.feed_samples import (
    GREEN,
    as_json,
    component,
    incident,
    statuspage,
)

FEED = Feed("feed", "wolke", datetime(2026, 3, 2, 18, tzinfo=UTC))


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{clock}+00:00")


def told(body: bytes, name: str = "") -> list[Signal]:
    return understand(body, FEED, name).signals


def only(body: bytes) -> Signal:
    (signal,) = told(body)
    return signal


def test_a_page_that_is_minor_for_years_hides_no_quiet_and_no_outage() -> None:
    minor = {"indicator": "minor", "description": "Minor Service Outage"}
    quiet = statuspage(status=minor, components=[component("R2")])
    assert overall(told(quiet)) == ("operational", "no")
    broken = statuspage(status=minor, components=[component("R2", "major_outage")])
    assert overall(told(broken)) == ("major_outage", "yes")


def test_the_impact_is_not_the_severity_where_components_say_more() -> None:
    tv = [component("Television", "degraded_performance")]
    body = statuspage(components=tv, incidents=[incident("Television", impact="critical")])
    assert only(body).state == "degraded"
    assert only(statuspage(incidents=[incident(impact="none")])).state == "degraded"


def test_an_incident_counts_though_the_page_and_its_components_are_green() -> None:
    body = statuspage(
        status=GREEN, components=[component("Access")], incidents=[incident("Access")]
    )
    signal = only(body)
    assert (signal.state, signal.service) == ("degraded", "Access")


def test_resolved_incidents_of_a_history_are_not_open() -> None:
    old = incident("S3", status="resolved", resolved_at="2026-01-02T17:00:00Z")
    old["updated_at"] = "2026-01-02T17:00:00Z"
    assert [s.title for s in told(statuspage(incidents=[old]))] == ["No open incident"]


def test_an_incident_resolved_today_is_told_with_its_time() -> None:
    over = incident("S3", status="resolved", resolved_at="2026-03-02T17:55:00Z")
    quiet, signal = told(statuspage(incidents=[over]))
    assert (quiet.service, quiet.state) == ("", "operational")
    assert (signal.state, signal.phase, signal.storage) == ("operational", "resolved", "no")
    assert (signal.vendor_id, signal.started_at) == ("i1", at("17:37:00"))


@pytest.mark.parametrize("phase", ["postmortem", "completed", "something new"])
def test_a_time_of_resolution_ends_an_incident_whatever_its_phase(phase: str) -> None:
    body = statuspage(
        incidents=[incident(status=phase, resolved_at="2026-03-01T00:00:00Z", updated_at=None)]
    )
    assert only(body).state == "operational"


def test_a_zombie_keeps_the_time_it_started_at() -> None:
    body = statuspage(incidents=[incident(started_at="2024-10-17T09:00:00Z")])
    assert only(body).started_at == datetime(2024, 10, 17, 9, tzinfo=UTC)


def test_a_name_that_was_edited_keeps_its_id() -> None:
    first = only(statuspage(incidents=[incident(name="Login fails")]))
    later = only(statuspage(incidents=[incident(name="Broad outage of services")]))
    assert first.vendor_id == later.vendor_id
    assert (first.title, later.title) == ("Login fails", "Broad outage of services")


def test_storage_is_found_though_the_name_does_not_mention_it() -> None:
    body = statuspage(
        components=[component("R2", "partial_outage")],
        incidents=[incident("R2", name="Increased HTTP errors for some services")],
    )
    assert overall(told(body)) == ("partial_outage", "yes")


def test_storage_that_only_the_text_names_is_not_overlooked() -> None:
    texts = [{"status": "investigating", "body": "Writes to <b>object storage</b> fail."}]
    body = incident(incident_updates=texts)
    assert only(statuspage(incidents=[body])).storage == "yes"
    named = incident("Console", incident_updates=texts)
    assert only(statuspage(incidents=[named])).storage == "unclear"
    texts[0]["body"] = "Object storage is not affected. Logins fail."
    assert only(statuspage(incidents=[body])).storage == "no"


def test_the_same_name_in_two_groups_is_two_components() -> None:
    parts = [
        component("Spaces", id="g1", group=True),
        component("Droplets", id="g2", group=True),
        component("FRA1", "major_outage", id="a", group_id="g1"),
        component("FRA1", "degraded_performance", id="b", group_id="g2"),
    ]
    found = {s.service: (s.state, s.storage) for s in told(statuspage(components=parts))}
    assert found == {
        "Spaces / FRA1": ("major_outage", "yes"),
        "Droplets / FRA1": ("degraded", "no"),
    }


def test_an_incident_without_components_counts_by_its_impact() -> None:
    body = statuspage(components=[component("API")], incidents=[incident(impact="major")])
    assert (only(body).service, only(body).state) == ("", "partial_outage")


def test_updates_without_components_break_nothing() -> None:
    updates = [
        {"status": "identified", "body": "B", "display_at": "2026-03-02T17:45:00Z"},
        {"status": "investigating", "body": "A", "affected_components": None},
    ]
    body = incident(incident_updates=updates)
    assert [u.text for u in only(statuspage(incidents=[body])).updates] == ["B", "A"]


def test_a_backdated_update_stands_at_the_time_it_is_shown_with() -> None:
    update = {
        "status": "investigating",
        "body": "We <b>look</b> &amp; see.",
        "created_at": "2026-03-02T17:45:00Z",
        "display_at": "2026-03-02T17:30:00Z",
    }
    (said,) = only(statuspage(incidents=[incident(incident_updates=[update])])).updates
    assert (said.at, said.phase, said.text) == (
        at("17:30:00"),
        "investigating",
        "We look & see.",
    )


def test_updates_are_newest_first_whatever_order_they_came_in() -> None:
    updates = [
        {"status": status, "body": status, "created_at": f"2026-03-02T17:{minute}:00-00:00"}
        for status, minute in (("investigating", 30), ("monitoring", 50), ("identified", 40))
    ]
    signal = only(statuspage(incidents=[incident(incident_updates=updates)]))
    assert [u.phase for u in signal.updates] == ["monitoring", "identified", "investigating"]


def test_a_legacy_import_is_one_text_whose_list_is_not_closed() -> None:
    update = {"status": "resolved", "body": "<ul><li>12:00 It broke<li>13:00 It works</ul"}
    body = incident(
        status="investigating", incident_updates=[update], created_at="2018-10-01T00:00:00Z"
    )
    assert "It broke 13:00 It works" in only(statuspage(incidents=[body])).updates[0].text


def test_a_start_hours_from_its_creation_is_the_start() -> None:
    body = incident(started_at="2026-03-02T09:37:00+01:00", created_at="2026-03-02T17:37:00Z")
    assert only(statuspage(incidents=[body])).started_at == at("08:37:00")


def test_components_named_only_in_updates_are_found() -> None:
    affected = [{"code": "s", "name": "Storage - Oslo", "new_status": "major_outage"}]
    body = incident() | {"incident_updates": [{"affected_components": affected}]}
    signal = only(statuspage(incidents=[body]))
    assert (signal.service, signal.state, signal.storage) == (
        "Storage - Oslo",
        "major_outage",
        "yes",
    )


def test_a_dialect_with_parts_of_the_schema_is_read() -> None:
    rootly = {"page": {"name": "W"}, "status": GREEN, "incidents": []}
    assert only(as_json(rootly)).state == "operational"
    started = [{"id": "1", "title": "Uploads fail", "status": "mitigated"}]
    assert only(as_json(rootly | {"incidents": started})).state == "operational"
    outage = statuspage(components=[{"name": "Buckets", "status": "full_outage"}])
    assert overall(told(outage)) == ("major_outage", "yes")
    light = {"indicator": "major", "description": "Partial System Outage"}
    assert overall(told(statuspage(status=light))) == ("partial_outage", "unclear")


def test_edge_cities_are_no_news_neither_in_maintenance_nor_as_components() -> None:
    city = component("Oslo, Norway - (OSL)", "under_maintenance", group_id="g")
    work = incident(name="OSL (Oslo) on 2026-03-02", status="in_progress") | {"components": [city]}
    bare = work | {"components": []}
    body = statuspage(status=GREEN, components=[city], scheduled_maintenances=[work, bare])
    assert overall(told(body)) == ("operational", "no")


def test_maintenance_under_way_counts_for_the_parts_it_names() -> None:
    parts = [component("Object Storage"), component("CDN", "partial_outage")]
    work = incident("Object Storage", "CDN", status="verifying", name="Upgrade")
    found = {
        s.service: s.state
        for s in told(statuspage(components=parts, scheduled_maintenances=[work]))
    }
    assert found == {"Object Storage": "maintenance", "CDN": "partial_outage"}
    planned = statuspage(
        components=parts[:1], scheduled_maintenances=[work | {"status": "scheduled"}]
    )
    assert only(planned).state == "operational"


def test_a_whole_region_is_unclear_and_not_innocent() -> None:
    body = statuspage(incidents=[incident(name="Regional outage in Oslo")])
    assert only(body).storage == "unclear"


def test_components_without_a_known_state_are_unknown_and_not_green() -> None:
    signal = only(statuspage(components=[component("S3", "on_fire")]))
    assert (signal.state, signal.why) == (
        "unknown",
        "its components have no state that is known",
    )


@pytest.mark.parametrize("raw", [b"", b" \r\n", "\ufeff".encode()])
def test_an_empty_body_is_neither_well_nor_an_outage(raw: bytes) -> None:
    assert (only(raw).state, only(raw).why) == ("unknown", "the body is empty")


@pytest.mark.parametrize(
    ("title", "storage"),
    [
        ("Uploads to buckets fail", "yes"),
        ("Errors in Images", "yes"),
        ("High volumes of mail", "no"),
        ("Delays of an event stream", "no"),
        ("Errors in some services", "unclear"),
        ("Broad outage", "unclear"),
        ("Errors blamed on our cloud provider", "unclear"),
    ],
)
def test_a_common_word_is_not_the_name_of_a_product(title: str, storage: str) -> None:
    assert only(statuspage(incidents=[incident(name=title)])).storage == storage


def test_a_place_in_the_text_makes_a_named_service_no_whole_region() -> None:
    update = {"status": "investigating", "body": "Seen in one region by some services."}
    body = incident("Messages", incident_updates=[update])
    assert only(statuspage(incidents=[body])).storage == "no"
