"""Pages of the other products: each oddity by the name of what goes wrong when it is missed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.signals import STATES, Signal
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import understand
from tests.unit.feed_samples import (
    as_json,
    betterstack,
    cachet,
    cstate,
    incidentio,
    report,
    resource,
    statusio,
)

FEED = Feed("feed", "wolke", datetime(2026, 3, 2, 18, tzinfo=UTC))


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{clock}+00:00")


def told(body: bytes, name: str = "") -> list[Signal]:
    return understand(body, FEED, name).signals


def only(body: bytes) -> Signal:
    (signal,) = told(body)
    return signal


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (200, "maintenance"),
        (300, "degraded"),
        (400, "partial_outage"),
        ("500", "major_outage"),
        (600, "major_outage"),
    ],
)
def test_each_code_has_its_state(code: int | str, state: str) -> None:
    signal = only(statusio(("Registry", 100), ("Builds", code)))
    assert (signal.service, signal.state) == ("Builds", state)


def test_a_component_is_bad_only_in_the_places_that_are() -> None:
    body = json.loads(statusio(("Object Storage", 400)))
    body["result"]["status"][0]["containers"] = [
        {"name": "us-east-1", "status_code": 400},
        {"name": "eu-west-1", "status_code": 100},
    ]
    signal = only(as_json(body))
    assert (signal.service, signal.region) == ("Object Storage / us-east-1", "us-east-1")


def test_an_incident_brings_its_words_to_the_component() -> None:
    trouble = {
        "_id": "x1",
        "name": "Slow builds",
        "datetime_open": "2026-03-02T17:00:00.000Z",
        "messages": [
            {"details": "Looking.", "state": 100, "status": 400, "datetime": "2026-03-02T17:00Z"},
            {"details": "Found.", "state": 200, "status": 400, "datetime": "2026-03-02T17:20Z"},
        ],
        "components_affected": [{"_id": "c-Builds", "name": "Builds"}],
    }  # fmt: skip
    signal = only(statusio(("Builds", 400), incidents=[trouble]))
    assert (signal.title, signal.phase, signal.vendor_id) == ("Slow builds", "identified", "x1")
    assert (signal.started_at, signal.updated_at) == (at("17:00:00"), at("17:20:00"))
    calm = trouble | {"messages": [{"state": 300, "status": 400, "details": "Fixed."}]}
    assert only(statusio(("Builds", 100), incidents=[calm])).state == "operational"


def test_active_maintenance_counts_though_the_code_is_well() -> None:
    work = {"_id": "m", "name": "Upgrade", "components_affected": [{"_id": "c-A", "name": "A"}]}
    assert only(statusio(("A", 100), active=[work])).state == "maintenance"


def test_without_components_only_the_light_is_known() -> None:
    body = as_json({"result": {"status_overall": {"status": "Outage", "status_code": 500}}})
    assert overall(told(body)) == ("major_outage", "unclear")
    body = as_json({"result": {"status_overall": {"status": "?", "status_code": 7}}})
    assert only(body).state == "unknown"


def test_times_are_as_go_prints_them_and_may_be_no_value() -> None:
    issue = {
        "title": "Uploads fail",
        "createdAt": "2026-03-02 18:20:02.5 +0100 CET",
        "lastMod": "<no value>",
        "severity": "down",
        "resolved": False,
        "filename": "x.md",
    }
    system = {"name": "Buckets", "category": "Cloud", "status": "down"}
    signal = only(cstate(system | {"unresolvedIssues": [issue]}, summary="down"))
    assert (signal.service, signal.state) == ("Cloud / Buckets", "major_outage")
    assert (signal.started_at, signal.updated_at) == (at("17:20:02.500000"), None)
    assert (signal.vendor_id, signal.storage) == ("x.md", "yes")


def test_a_system_that_is_well_is_not_blamed_for_the_summary() -> None:
    body = cstate({"name": "Buckets", "status": "ok"}, summary="disrupted")
    assert only(body).state == "operational"
    assert overall(told(cstate(summary="disrupted"))) == ("partial_outage", "unclear")


def test_an_open_issue_of_unheard_of_severity_is_still_trouble() -> None:
    issue = {"title": "Uploads fail", "severity": "odd", "resolved": False}
    body = cstate({"name": "A", "status": "ok", "unresolvedIssues": [issue]})
    assert only(body).state == "degraded"


def test_information_is_no_trouble() -> None:
    issue = {"title": "News", "informational": True, "severity": "notice"}
    body = cstate({"name": "A", "status": "ok", "unresolvedIssues": [issue]})
    assert only(body).state == "operational"


HAS_ISSUES = {"name": "W", "url": "https://w.example", "status": "HASISSUES"}


def test_no_key_of_incidents_is_a_quiet_page_and_not_a_broken_one() -> None:
    assert only(as_json({"page": HAS_ISSUES | {"status": "UP"}})).state == "operational"


def test_words_without_separators_are_understood() -> None:
    parts = [
        {"id": "1", "name": "Media storage", "status": "MAJOROUTAGE"},
        {"id": "2", "name": "API", "status": "MINOROUTAGE", "group": {"name": "Web"}},
        {"id": "3", "name": "Gone", "status": "MAJOROUTAGE", "archivedAt": "2026-01-01"},
    ]
    found = {s.service: s.state for s in told(as_json({"components": parts}))}
    assert found == {"Media storage": "major_outage", "Web / API": "partial_outage"}


def test_a_group_stands_for_its_children() -> None:
    child = {"name": {"default": "Oslo"}, "status": "DEGRADEDPERFORMANCE"}
    group = {"name": {"default": "Buckets"}, "status": "MAJOROUTAGE", "children": [child]}
    signal = only(as_json({"mainStatus": "SOMEMAJOROUTAGE", "components": [group]}))
    assert (signal.service, signal.state) == ("Buckets / Oslo", "degraded")


def test_an_active_incident_and_maintenance_are_told() -> None:
    events = {
        "activeIncidents": [
            {
                "name": "Uploads fail",
                "started": "2026-03-02T17:00:00.000Z",
                "status": "INVESTIGATING",
                "impact": "PARTIALOUTAGE",
                "url": "https://w.example/i1",
            }
        ],
        "activeMaintenances": [
            {"name": "Now", "start": "2026-03-02T17:00:00Z", "status": "INPROGRESS"},
            {"name": "Later", "start": "2026-03-03T17:00:00Z", "status": "NOTSTARTEDYET"},
        ],
    }
    trouble, work = told(as_json({"page": HAS_ISSUES} | events))
    assert (trouble.state, trouble.phase) == ("partial_outage", "investigating")
    assert (trouble.started_at, trouble.vendor_id) == (at("17:00:00"), "https://w.example/i1")
    assert (work.title, work.state) == ("Now", "maintenance")


def test_issues_that_nothing_explains_are_unclear() -> None:
    assert overall(told(as_json({"page": HAS_ISSUES}))) == ("degraded", "unclear")


def ongoing(*parts: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": "x1",
        "name": "Uploads fail",
        "type": "incident",
        "status": "investigating",
        "published_at": "2026-03-02T17:10:00Z",
        "affected_components": list(parts),
    } | more


def test_only_affected_components_have_a_state_and_a_group_gives_the_name() -> None:
    part = {"component_id": "c1", "status": "full_outage", "current_status": "$undefined"}
    signal = only(incidentio(ongoing_incidents=[ongoing(part)]))
    assert (signal.service, signal.state, signal.storage) == (
        "Storage / Buckets",
        "major_outage",
        "yes",
    )


def test_the_worst_of_an_incident_is_not_its_state_now() -> None:
    part = {"component_id": "c1", "status": "full_outage", "current_status": "operational"}
    body = incidentio(ongoing_incidents=[ongoing(part, status="monitoring")])
    assert overall(told(body)) == ("operational", "no")


def test_undefined_is_no_text_and_no_link() -> None:
    update = {
        "message_string": "$undefined",
        "to_status": "identified",
        "published_at": "$undefined",
    }
    body = incidentio(ongoing_incidents=[ongoing(url="$undefined", updates=[update])])
    signal = only(body)
    assert (signal.link, signal.updates[0].text) == ("https://status.wolke.example/", "")


def test_an_update_dated_before_the_publication_is_the_start() -> None:
    updates = [
        {"message_string": "A", "to_status": "identified", "published_at": "2026-03-02T16:50:00Z"},
        {"message_string": "B", "to_status": "monitoring", "published_at": "2026-03-02T17:20:00Z"},
    ]  # fmt: skip
    signal = only(incidentio(ongoing_incidents=[ongoing(updates=updates)]))
    assert (signal.started_at, signal.updated_at) == (at("16:50:00"), at("17:20:00"))
    assert [u.text for u in signal.updates] == ["B", "A"]


def test_the_widget_names_its_components_itself() -> None:
    part = {
        "id": "z",
        "name": "Buckets",
        "group_name": "EU",
        "current_status": "partial_outage",
    }
    work = {"id": "m", "name": "Upgrade", "status": "maintenance_in_progress"}
    body = {
        "page_title": "Wolke",
        "ongoing_incidents": [ongoing(part)],
        "in_progress_maintenances": [work],
        "scheduled_maintenances": [work | {"status": "maintenance_scheduled"}],
    }
    trouble, planned = told(as_json(body))
    assert (trouble.service, trouble.state) == ("EU / Buckets", "partial_outage")
    assert planned.state == "maintenance"


def test_an_incident_without_components_counts_by_its_worst_impact() -> None:
    body = ongoing(current_worst_impact="full_outage")
    assert only(incidentio(ongoing_incidents=[body])).state == "major_outage"


def test_a_component_that_no_incident_names_is_told() -> None:
    part = {"component_id": "c1", "status": "degraded_performance"}
    assert only(incidentio(affected_components=[part])).service == "Storage / Buckets"


def test_a_report_on_a_resource_that_is_gone_is_still_a_report() -> None:
    gone = report({"status_page_resource_id": "99", "status": "downtime"})
    signal = only(betterstack(resource(1, "API", "operational"), gone))
    assert (signal.service, signal.state, signal.title) == ("", "major_outage", "Slow buckets")


def test_a_report_brings_its_words_to_the_resource() -> None:
    said = {
        "id": "u1",
        "type": "status_update",
        "attributes": {"message": "We look.", "published_at": "2026-03-02T17:05:00Z"},
    }
    open_ = report({"status_page_resource_id": "1", "status": "degraded"})
    signal = only(betterstack(resource(1, "Buckets", "downtime"), open_, said))
    assert (signal.service, signal.state) == ("Europe / Buckets", "major_outage")
    assert (signal.updates[0].text, signal.started_at) == ("We look.", at("17:00:00"))


@pytest.mark.parametrize(
    "more",
    [
        {"aggregate_state": "resolved"},
        {"ends_at": "2026-03-02T17:30:00Z"},
        {"starts_at": "2026-03-02T19:30:00Z", "report_type": "maintenance"},
    ],
)
def test_a_report_that_is_over_or_ahead_is_not_open(more: dict[str, str]) -> None:
    done = report({"status_page_resource_id": "1", "status": "downtime"}, **more)
    assert only(betterstack(resource(1, "A", "operational"), done)).state == "operational"


def test_what_is_not_monitored_is_unknown() -> None:
    body = betterstack(resource(1, "A", "not_monitored"), state="strange")
    assert only(body).state == "unknown"


@pytest.mark.parametrize("status", [4, "4", {"human": "Major Outage", "value": 4}])
def test_a_number_may_be_a_text_or_an_object(status: Any) -> None:
    thing = {"id": 1, "name": "Buckets", "status": status, "group_id": 1}
    assert overall(told(cachet(thing))) == ("major_outage", "yes")


def test_incidents_count_the_other_way_round_than_components() -> None:
    thing = {"id": 1, "name": "Errors", "status": 1, "human_status": "Investigating"}
    assert only(cachet(thing)).state == "major_outage"
    assert only(cachet(thing | {"status": "4"})).state == "operational"
    assert only(cachet(thing | {"is_resolved": True})).state == "operational"
    assert only(cachet(thing | {"latest_status": 3})).state == "degraded"


def test_a_time_without_a_zone_is_utc_unless_it_lies_ahead() -> None:
    thing = {"id": 1, "name": "Errors", "status": 2, "is_resolved": False}
    thing |= {"created_at": "2026-03-02 17:00:00", "updated_at": "2026-03-02 19:00:00"}
    signal = only(cachet(thing))
    assert (signal.started_at, signal.updated_at) == (at("17:00:00"), None)


def test_the_first_of_many_pages_says_that_it_is_one() -> None:
    body = cachet({"id": 1, "name": "A", "status": 1, "group_id": 0}, pages=3)
    assert only(body).title == "All components are operational (page 1 of 3)"


def test_the_newer_api_keeps_what_it_says_under_attributes() -> None:
    about = {"name": "Buckets", "status": {"value": 3}, "component_group_id": 1}
    body = as_json({"data": [{"type": "components", "id": "7", "attributes": about}]})
    assert (only(body).state, only(body).vendor_id) == ("partial_outage", "7")


def test_planned_work_counts_once_its_time_has_come() -> None:
    thing = {"id": 1, "name": "Upgrade", "status": 0, "stickied": False}
    assert only(cachet(thing | {"scheduled_at": "2026-03-02 17:00:00"})).state == "maintenance"
    assert only(cachet(thing | {"scheduled_at": "2026-03-03 17:00:00"})).state == "operational"
    assert only(cachet(thing)).state == "operational"


def test_the_newest_beat_decides_and_its_time_is_utc() -> None:
    beats = [
        {"status": 1, "time": "2026-03-02 17:00:00.5", "msg": ""},
        {"status": 0, "time": "2026-03-02 17:05:00.5", "msg": "timeout"},
    ]
    signal = only(as_json({"heartbeatList": {"7": beats[::-1]}}))
    assert (signal.service, signal.state) == ("monitor 7", "major_outage")
    assert (signal.title, signal.updated_at) == ("monitor 7: timeout", at("17:05:00.500000"))


def test_the_page_names_the_monitors_when_both_documents_are_joined() -> None:
    groups = [{"name": "Cloud", "monitorList": [{"id": 7, "name": "S3"}]}]
    body = {"heartbeatList": {"7": [{"status": 2}]}, "publicGroupList": groups}
    signal = only(as_json(body))
    assert (signal.service, signal.state, signal.storage) == ("Cloud / S3", "degraded", "yes")


def test_no_heartbeat_is_unknown_and_not_up() -> None:
    assert only(as_json({"heartbeatList": {"1": []}})).state == "unknown"


def test_the_page_alone_tells_what_is_pinned_to_it() -> None:
    groups = [{"name": "G", "monitorList": [{"id": 1, "name": "S3"}]}]
    body: dict[str, Any] = {"publicGroupList": groups, "incident": None}
    assert overall(told(as_json(body))) == ("unknown", "no")
    pinned = {"id": 3, "style": "danger", "title": "S3 is down", "content": "Sorry."}
    assert overall(told(as_json(body | {"incident": pinned}))) == ("major_outage", "yes")
    work = [{"id": 4, "title": "Upgrade", "status": "under-maintenance"}]
    assert only(as_json(body | {"maintenanceList": work})).state == "maintenance"


def test_a_service_is_bad_in_its_region_only() -> None:
    services = [
        {"serviceName": "Object Storage", "serviceStatus": "ServiceDegradation"},
        {"serviceName": "Compute", "serviceStatus": "NormalPerformance"},
    ]
    region = {"regionName": "Norway (Oslo)", "regionCanonicalName": "no-oslo-1"}
    signal = only(as_json({"regionHealthReports": [region | {"serviceHealthReports": services}]}))
    assert (signal.service, signal.region) == ("Object Storage", "no-oslo-1")
    assert (signal.state, signal.storage) == ("degraded", "yes")


NAMES = {
    "statuspage": ["page", "status", "components", "incidents", "scheduled_maintenances"],
    "statusio": ["result", "status", "status_overall", "incidents", "maintenance", "active"],
    "cstate": ["cStateVersion", "systems", "summaryStatus", "unresolvedIssues", "resolved"],
    "instatus": ["page", "status", "mainStatus", "components", "activeIncidents", "children"],
    "incidentio": ["summary", "ongoing_incidents", "affected_components", "structure", "updates"],
    "betterstack": ["data", "included", "attributes", "type", "affected_resources"],
    "cachet": ["data", "meta", "pagination", "status", "is_resolved", "group_id", "updates"],
    "uptime_kuma": ["heartbeatList", "publicGroupList", "incident", "maintenanceList", "1"],
    "oracle": ["regionHealthReports", "serviceHealthReports", "serviceStatus", "incidents"],
}
COMMON = ["id", "name", "status", "group", "style", "impact", "time", "updated_at", "attributes"]


@pytest.mark.parametrize("name", sorted(NAMES))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_shape_of_json_breaks_a_format(name: str, data: st.DataObject) -> None:
    words = st.sampled_from(["operational", "UP", "major_outage", "in_progress", "0", "danger"])
    keys = st.sampled_from(NAMES[name] + COMMON)
    value = st.recursive(
        st.none() | st.booleans() | st.integers(-1, 700) | words | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=25,
    )
    body = data.draw(st.dictionaries(st.sampled_from(NAMES[name]), value, min_size=1))
    signals = told(as_json(body), name)
    assert signals
    assert {signal.state for signal in signals} <= set(STATES)
    assert not any("broke" in signal.why for signal in signals), signals
    assert all(signal.why for signal in signals if signal.state == "unknown")
