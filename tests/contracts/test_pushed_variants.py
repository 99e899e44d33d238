"""What senders really send, beside the plain pair: older generations, other templates, odd words.

All of it is invented; the shapes are those that the senders document.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.hooks.reading import understand
from tests.contracts.pushed import (
    alarm,
    alarm_event,
    azure,
    component,
    datadog,
    gcp,
    newrelic,
    notification,
    opsgenie,
    prometheus,
    sentry,
    site24x7,
    updown,
)
from tests.contracts.test_receivers import FEED, read, signals


def state(page: Any, kind: str) -> str:
    return overall(signals(page, kind))[0]


def storage(page: Any, kind: str) -> str:
    return overall(signals(page, kind))[1]


def key(page: Any, kind: str) -> str:
    (signal,) = signals(page, kind)
    assert signal.vendor_id
    return signal.vendor_id


def recognised_as(page: Any) -> str:
    return understand(json.dumps(page).encode(), FEED).format


# --- somebody has seen it: it is not over, and it says no more than that ------------------------


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("newrelic", newrelic("ACKNOWLEDGED")),
        ("opsgenie", {"action": "Acknowledge", "alert": {"alertId": "a1", "priority": "P1"}}),
        (
            "librenms",
            {"device_id": 2, "rule_id": 3, "rule": "", "state": 2, "severity": "critical"},
        ),
        (
            "gcp_monitoring",
            {"incident": {**gcp("acknowledged")["incident"], "severity": "CRITICAL"}},
        ),
        ("oncall", {"alert_uid": "u", "state": "acknowledged", "severity": "critical"}),
    ],
)
def test_acknowledged_is_degraded_whatever_the_severity(kind: str, page: Any) -> None:
    assert state(page, kind) == "degraded"


# --- one alert told twice in one body -----------------------------------------------------------


def test_what_went_down_and_up_within_one_body_is_up() -> None:
    both = [*updown("check.down"), *updown("check.up")]
    assert [s.state for s in signals(both, "updown")] == ["operational"]
    assert [s.state for s in signals(both[::-1], "updown")] == ["major_outage"]


def test_two_alerts_in_one_body_stay_two() -> None:
    other = updown("check.up")[0]
    other["check"] = {**other["check"], "token": "t2"}
    found = signals([*updown("check.down"), other], "updown")
    assert [s.state for s in found] == ["major_outage", "operational"]


# --- PagerDuty, first generation ------------------------------------------------------------------


def pager_v1(kind: str, status: str) -> dict[str, Any]:
    about = {"id": "PX1", "status": status, "service": {"name": "Shop"}}
    incident = {**about, "created_on": "2026-11-20T10:01:00Z"}
    incident["trigger_summary_data"] = {"subject": "Pictures do not load"}
    return {"type": kind, "created_on": "2026-11-20T10:02:03Z", "data": {"incident": incident}}


def test_pagerdutys_oldest_messages_are_understood() -> None:
    opened = {"messages": [pager_v1("incident.trigger", "triggered")]}
    closed = {"messages": [pager_v1("incident.resolve", "resolved")]}
    assert recognised_as(opened) == "pagerduty"
    (signal,) = signals(opened, "pagerduty")
    assert (signal.state, signal.title, signal.service) == (
        "degraded",
        "Pictures do not load",
        "Shop",
    )
    assert signal.started_at is not None
    assert (state(closed, "pagerduty"), key(closed, "pagerduty")) == ("operational", "PX1")
    both = {"messages": [*opened["messages"], *closed["messages"]]}
    assert [s.state for s in signals(both, "pagerduty")] == ["operational"]


# --- Alertmanager: what people and relays send ----------------------------------------------------


def test_alerts_without_their_envelope_are_known_by_their_own_shape() -> None:
    one = prometheus("firing")["alerts"][0]
    assert recognised_as({"alerts": [one]}) == "alertmanager"
    assert state({"alerts": [one]}, "alertmanager") == "major_outage"


@pytest.mark.parametrize(
    ("status", "means"), [("firing", "major_outage"), ("resolved", "operational")]
)
def test_an_alert_that_a_relay_passes_on_alone_is_read(status: str, means: str) -> None:
    one = prometheus(status)["alerts"][0]
    assert recognised_as(one) == "alertmanager"
    assert state(one, "alertmanager") == means


def test_labels_alone_are_no_alert() -> None:
    assert recognised_as({"labels": {"alertname": "x"}, "status": "fine"}) == ""
    assert recognised_as({"alerts": [{"labels": {}, "status": "firing"}, "x"]}) == ""


# --- New Relic ------------------------------------------------------------------------------------


def workflow(state: str) -> dict[str, Any]:
    """The template of workflows as it comes: the issue is called `id`, and names are lists."""
    page = {k: v for k, v in newrelic(state).items() if k != "issueId"}
    return {**page, "id": "i-7", "impactedEntities": ["shop"], "alertConditionNames": ["S3 reads"]}


def test_new_relics_own_template_is_known_by_its_id() -> None:
    opened, closed = workflow("ACTIVATED"), workflow("CLOSED")
    assert (state(opened, "newrelic"), state(closed, "newrelic")) == ("major_outage", "operational")
    assert key(opened, "newrelic") == key(closed, "newrelic") == "i-7"
    assert signals(opened, "newrelic")[0].service == "S3 reads"


def test_new_relics_lists_of_titles_are_read() -> None:
    (signal,) = signals({**workflow("ACTIVATED"), "title": ["Reads fail", "x"]}, "newrelic")
    assert signal.title == "Reads fail"


# --- CloudWatch -----------------------------------------------------------------------------------


def stat(name: str, namespace: str = "AWS/S3") -> dict[str, Any]:
    return {"MetricStat": {"Metric": {"Namespace": namespace, "MetricName": name}}}


@pytest.mark.parametrize(
    ("queries", "touched"),
    [
        ([{"Expression": "a/b"}, stat("AllRequests"), stat("5xxErrors")], "yes"),
        ([stat("5xxErrors"), stat("AllRequests")], "yes"),
        ([stat("AllRequests"), stat("BytesDownloaded")], "no"),
        ([stat("CPUUtilization", "AWS/EC2")], "no"),
    ],
)
def test_an_alarm_that_computes_is_about_the_faults_among_its_metrics(
    queries: list[dict[str, Any]], touched: str
) -> None:
    through_sns = {**alarm("ALARM"), "AlarmName": "rate", "Trigger": {"Metrics": queries}}
    assert storage(notification(through_sns), "sns") == touched
    event = alarm_event("ALARM")
    metrics = [q.get("MetricStat", {}).get("Metric", {}) for q in queries]
    event["detail"]["configuration"]["metrics"] = [
        {"metricStat": {"metric": {"namespace": m["Namespace"], "name": m["MetricName"]}}}
        if m
        else {"expression": "a/b"}
        for m in metrics
    ]
    event["detail"]["alarmName"] = "rate"
    assert storage(event, "eventbridge") == touched


def test_a_raw_alarm_is_read_though_it_proves_nothing() -> None:
    assert recognised_as(alarm("ALARM")) == "sns"
    assert state(alarm("ALARM"), "sns") == "major_outage"
    assert key(alarm("OK"), "sns") == key(notification(alarm("ALARM")), "sns")


def test_what_others_publish_to_the_topic_is_a_note() -> None:
    (said,) = signals(notification({"Records": [{"eventSource": "aws:s3"}]}), "sns")
    assert (said.vendor_id, said.phase, said.state) == ("", "note", "unknown")


def test_alarms_whose_long_names_begin_alike_are_two() -> None:
    def named(end: str) -> dict[str, Any]:
        return {**alarm("ALARM"), "AlarmArn": alarm("ALARM")["AlarmArn"] + "x" * 200 + end}

    keys = {key(notification(named(end)), "sns") for end in "ab"}
    assert len(keys) == 2
    assert all(len(one) <= 200 for one in keys)


# --- status pages after Statuspage's example ----------------------------------------------------


def report(status: str, **more: Any) -> dict[str, Any]:
    incident = {"id": "r1", "name": "S3 is down", "status": status, "impact": "MAJOROUTAGE"}
    return {"meta": {}, "page": {"id": "p"}, "incident": {**incident, **more}}


@pytest.mark.parametrize(
    ("page", "means"),
    [
        (report("INVESTIGATING"), "major_outage"),
        (report("IDENTIFIED", impact="PARTIALOUTAGE"), "partial_outage"),
        (report("RESOLVED"), "operational"),
        (component("DEGRADEDPERFORMANCE"), "degraded"),
        (component("OPERATIONAL"), "operational"),
        (component("UNDERMAINTENANCE"), "maintenance"),
    ],
)
def test_instatus_writes_in_capitals(page: Any, means: str) -> None:
    assert recognised_as(page) == "statuspage"
    assert state(page, "statuspage") == means


def test_instatus_maintenance_counts_while_it_is_under_way() -> None:
    work = report("INPROGRESS")
    work["maintenance"] = work.pop("incident")
    assert recognised_as(work) == "statuspage"
    assert state(work, "statuspage") == "maintenance"
    work["maintenance"]["status"] = "NOTSTARTEDYET"
    assert [(s.vendor_id, s.phase) for s in signals(work, "statuspage")] == [("", "note")]
    work["maintenance"]["status"] = "COMPLETED"
    assert state(work, "statuspage") == "operational"


@pytest.mark.parametrize(
    ("light", "means"),
    [("downtime", "major_outage"), ("degraded", "degraded"), ("operational", "operational")],
)
def test_better_stacks_reports_are_as_their_page(light: str, means: str) -> None:
    page = {**report(""), "event_type": "incident"}
    del page["incident"]["status"], page["incident"]["impact"]
    page["page"]["status_indicator"] = light
    assert state(page, "statuspage") == means


def test_a_report_without_a_status_is_not_taken_for_well() -> None:
    page = report("")
    page["page"]["status_indicator"] = "operational"
    assert state(page, "statuspage") == "unknown"


# --- Opsgenie, Datadog, Site24x7, OnCall, Sentry, Google ---------------------------------------


@pytest.mark.parametrize("action", ["AddResponder", "TakeOwnership", "restart the cache"])
def test_an_action_that_changes_nothing_is_a_note_whatever_its_name(action: str) -> None:
    assert [(s.vendor_id, s.phase) for s in signals(opsgenie(action), "opsgenie")] == [("", "note")]


@pytest.mark.parametrize(
    ("kind", "page"),
    [("datadog", datadog("Triggered")), ("site24x7", site24x7("DOWN"))],
)
def test_what_may_be_sent_as_a_form_is_read_as_one(kind: str, page: Any) -> None:
    raw = urlencode(page).encode()
    assert understand(raw, FEED).format == kind
    assert read(kind, raw)[0].state == "major_outage"


def test_datadogs_priority_may_be_called_severity() -> None:
    page = {**datadog("Triggered"), "tags": "service:shop", "severity": "P1"}
    assert state(page, "datadog") == "major_outage"


@pytest.mark.parametrize(("word", "means"), [("firing", "degraded"), ("resolved", "operational")])
def test_oncalls_outgoing_webhook_is_read(word: str, means: str) -> None:
    group = {"id": "G1", "state": word, "title": "Slow", "permalinks": {"web": "https://x"}}
    page = {"event": {"type": "resolve"}, "alert_group": group, "alert_group_id": "G1"}
    assert recognised_as(page) == "oncall"
    assert (state(page, "oncall"), key(page, "oncall")) == (means, "G1")


def test_an_error_of_an_application_is_no_outage() -> None:
    issue = {"id": "5", "title": "KeyError: bucket", "status": "unresolved"}
    new = {"action": "created", "data": {"issue": issue}, "installation": {}}
    assert recognised_as(new) == "sentry"
    assert [(s.vendor_id, s.phase) for s in signals(new, "sentry")] == [("", "note")]
    assert state({**new, "action": "resolved"}, "sentry") == "operational"
    assert recognised_as(sentry("critical")) == "sentry"


@pytest.mark.parametrize(
    ("metric", "touched"),
    [
        ("storage.googleapis.com/api/request_count", "yes"),
        ("x/storage/total_bytes", "no"),
        ("", "yes"),
    ],
)
def test_a_bucket_of_google_is_storage_unless_its_size_is_watched(
    metric: str, touched: str
) -> None:
    page = gcp("open")
    page["incident"]["resource"] = {"type": "gcs_bucket", "labels": {"bucket_name": "img"}}
    page["incident"]["metric"] = {"type": metric}
    assert storage(page, "gcp_monitoring") == touched


def test_googles_severity_may_be_a_label_of_the_policy() -> None:
    page = gcp("open")
    page["incident"]["policy_user_labels"] = {"severity": "critical"}
    assert state(page, "gcp_monitoring") == "major_outage"


# --- Zabbix: whatever the fields are called -----------------------------------------------------


def test_zabbix_macros_are_read_as_they_are() -> None:
    told = {"EVENT.NAME": "S3 reads fail", "EVENT.SEVERITY": "Disaster", "HOST.NAME": "img1"}
    page = {**told, "TRIGGER.ID": "9", "EVENT.STATUS": "PROBLEM", "EVENT.ID": "1"}
    assert recognised_as(page) == "zabbix"
    assert (state(page, "zabbix"), storage(page, "zabbix")) == ("major_outage", "yes")
    over = {**page, "EVENT.STATUS": "RESOLVED", "EVENT.ID": "2"}
    assert (state(over, "zabbix"), key(over, "zabbix")) == ("operational", key(page, "zabbix"))


def test_a_trigger_whose_name_tells_its_state_is_known_by_its_number() -> None:
    def told(status: str, name: str, event: int) -> dict[str, str]:
        link = f"https://z.example/tr_events.php?triggerid=14&eventid={event}"
        return {"hostname": "img1", "status": status, "trigger": name, "link": link}

    down, up = told("PROBLEM", "img1 is unreachable", 5), told("OK", "img1 is reachable", 6)
    assert key(down, "zabbix") == key(up, "zabbix")
    assert state(up, "zabbix") == "operational"


# --- Azure Monitor --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "means"),
    [("Sev0", "major_outage"), ("Sev1", "degraded"), ("Sev4", "degraded"), ("", "degraded")],
)
def test_azures_sev0_is_the_worst(severity: str, means: str) -> None:
    assert state(azure("Fired", severity=severity), "azure_monitor") == means


def of_metric(name: str) -> dict[str, Any]:
    page = azure("Fired")
    page["data"]["alertContext"] = {"condition": {"allOf": [{"metricName": name}]}}
    return page


def test_an_azure_alert_about_a_storage_account_touches_storage_unless_it_counts_use() -> None:
    assert storage(of_metric("Availability"), "azure_monitor") == "yes"
    assert storage(of_metric("UsedCapacity"), "azure_monitor") == "no"
    machine = azure("Fired", alertTargetIDs=["/providers/microsoft.compute/virtualmachines/v"])
    assert storage(machine, "azure_monitor") == "no"


def health(status: str, **more: Any) -> dict[str, Any]:
    page = azure("Fired", monitoringService="ServiceHealth", alertId=f"/alerts/{status}")
    about = {"trackingId": "T-1", "title": "Errors", "region": "West Europe", **more}
    impacted = json.dumps([{"ServiceName": "Storage"}])
    page["data"]["alertContext"] = {
        "status": status,
        "properties": {**about, "impactedServices": impacted},
    }
    return page


def test_azures_word_on_its_own_health_ends_by_its_status_and_not_by_its_condition() -> None:
    open_, over = health("Active"), health("Resolved")
    assert (state(open_, "azure_monitor"), storage(open_, "azure_monitor")) == ("degraded", "yes")
    assert state(over, "azure_monitor") == "operational"
    assert key(open_, "azure_monitor") == key(over, "azure_monitor")
    assert state(health("Active", incidentType="Maintenance"), "azure_monitor") == "maintenance"


@pytest.mark.parametrize("word", ["", "Suppressed", None])
def test_an_azure_condition_that_is_not_known_says_nothing(word: Any) -> None:
    found: list[Signal] = signals(azure(word), "azure_monitor")
    assert [(s.vendor_id, s.state) for s in found] == [("", "unknown")]


def test_a_short_downtime_is_told_in_the_order_of_its_events() -> None:
    down, up = updown("check.down"), updown("check.up")
    up[0] |= {"time": "2026-11-20T10:02:09Z", "downtime": {"ended_at": "2026-11-20T10:01:59Z"}}
    (began,), (ended,) = signals(down, "updown"), signals(up, "updown")
    assert began.updated_at is not None
    assert ended.updated_at is not None
    assert began.updated_at < ended.updated_at
