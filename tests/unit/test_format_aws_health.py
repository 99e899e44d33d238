"""Events of AWS Health: what its API returns, and what EventBridge sends."""

from typing import Any

import pytest

from incidentbot.signals import Signal
from tests.unit.feed_cases import at, known, read, whole

ARN = "arn:aws:health:eu-west-1::event/S3/AWS_S3_OPERATIONAL_ISSUE/1"


def api(event: dict[str, Any] | None = None, text: str = "", **more: Any) -> list[Signal]:
    body: dict[str, Any] = {"events": [issue(**(event or {}))], "details": []}
    if text:
        said = {"event": {"arn": ARN}, "eventDescription": {"latestDescription": text}}
        body["details"] = [said]
    return known(body | more, "aws_health")


def issue(**more: Any) -> dict[str, Any]:
    return {
        "arn": ARN,
        "service": "S3",
        "eventTypeCode": "AWS_S3_OPERATIONAL_ISSUE",
        "eventTypeCategory": "issue",
        "region": "eu-west-1",
        "startTime": "2026-03-02T17:05:00+00:00",
        "lastUpdatedTime": "2026-03-02T17:30:00+00:00",
        "statusCode": "open",
        "eventScopeCode": "PUBLIC",
    } | more


def bridge(envelope: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "1",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": "123456789012",
        "time": "2026-03-02T17:31:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {
            "eventArn": ARN,
            "service": "S3",
            "eventTypeCode": "AWS_S3_OPERATIONAL_ISSUE",
            "eventTypeCategory": "issue",
            "startTime": "Mon, 02 Mar 2026 17:05:00 GMT",
            "eventDescription": [
                {"language": "ja_JP", "latestDescription": "エラー"},
                {"language": "en_US", "latestDescription": "Errors are up."},
            ],
        }
        | detail,
    } | (envelope or {})


def sent(**detail: Any) -> list[Signal]:
    return known(bridge(**detail), "aws_eventbridge")


def test_an_open_issue_is_trouble_of_unknown_size() -> None:
    (only,) = api()
    assert (only.service, only.region, only.state) == ("s3", "eu-west-1", "degraded")
    assert (only.storage, only.phase, only.vendor_id) == ("yes", "open", ARN)
    assert (only.title, only.started_at) == ("S3 operational issue", at("2026-03-02 17:05"))
    assert only.updated_at == at("2026-03-02 17:30")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"statusCode": "closed"}, "operational"),
        ({"statusCode": "open", "endTime": "2026-03-02T17:20:00Z"}, "degraded"),
        ({"statusCode": None, "endTime": "2026-03-02T17:20:00Z"}, "operational"),
        ({"statusCode": None, "endTime": "2026-03-02T23:20:00Z"}, "degraded"),
        ({"statusCode": "never heard of"}, "degraded"),
        ({"statusCode": 5}, "degraded"),
        ({"eventTypeCategory": "scheduledChange", "statusCode": "upcoming"}, "maintenance"),
        ({"eventTypeCategory": "scheduledChange", "statusCode": "closed"}, "operational"),
        ({"eventTypeCategory": "accountNotification"}, "operational"),
        ({"eventTypeCategory": "investigation"}, "operational"),
        ({"eventTypeCategory": None}, "degraded"),
    ],
)
def test_the_status_decides_and_without_one_the_end(change: dict[str, Any], state: str) -> None:
    assert whole(api(change))[0] == state


def test_an_account_without_events_is_all_clear() -> None:
    assert whole(known({"events": [], "details": []}, "aws_health")) == ("operational", "no")
    assert whole(read({"events": []}, "aws_health").signals) == ("operational", "no")


def test_descriptions_and_entities_are_joined_to_their_event() -> None:
    text = "[09:10 AM PST] We are investigating.\n\n[09:25 AM PST] EBS volumes are impaired."
    entities = [
        {"eventArn": ARN, "entityValue": "i-1", "statusCode": "IMPAIRED"},
        {"eventArn": "another", "entityValue": "i-2"},
        {"eventArn": ARN, "entityValue": None},
    ]
    signals = api({"service": "EC2"}, text, entities=entities)
    assert [(s.service, s.storage) for s in signals] == [("ec2", "yes"), ("ebs", "yes")]
    assert signals[0].labels == {"entities": "i-1"}
    assert [(u.at, u.text) for u in signals[0].updates] == [
        (at("2026-03-02 17:25"), "EBS volumes are impaired."),
        (at("2026-03-02 17:10"), "We are investigating."),
    ]


def test_many_entities_are_counted() -> None:
    entities = [{"eventArn": ARN, "entityValue": f"i-{n}"} for n in range(25)]
    assert api(entities=entities)[0].labels["entities"].endswith("i-19 and 5 more")


def test_times_may_be_epoch_seconds_and_a_global_event_has_no_region() -> None:
    (only,) = api({"startTime": 1772471100.5, "region": "global", "service": "CLOUDFRONT"})
    assert only.started_at is not None
    assert only.started_at.replace(microsecond=0) == at("2026-03-02 17:05")
    assert (only.service, only.region) == ("cloudfront", "")


def test_an_event_about_several_services_is_unclear() -> None:
    several = {"service": "MULTIPLE_SERVICES", "eventTypeCode": "AWS_MULTIPLE_SERVICES_ISSUE"}
    assert whole(api(several)) == ("degraded", "unclear")


def test_an_event_that_cannot_be_read_is_unknown() -> None:
    body = {"events": [{"x": 1}, "y"], "details": []}
    assert whole(known(body, "aws_health"))[0] == "unknown"


# EventBridge


def test_the_status_decides_also_when_an_end_is_past() -> None:
    (only,) = sent(statusCode="open", endTime="Mon, 02 Mar 2026 17:20:00 GMT", page="1")
    assert (only.state, only.storage, only.started_at) == (
        "degraded",
        "yes",
        at("2026-03-02 17:05"),
    )
    assert [u.text for u in only.updates] == ["Errors are up."]


def test_the_first_schema_has_no_status_and_no_region_of_its_own() -> None:
    (only,) = sent(endTime="Mon, 02 Mar 2026 17:20:00 GMT")
    assert (only.state, only.region, only.phase) == ("operational", "eu-west-1", "closed")
    assert sent()[0].state == "degraded"


def test_pages_of_one_event_bear_the_same_id() -> None:
    pages = [sent(page=str(n), totalPages="2", statusCode="open")[0] for n in (1, 2)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("envelope", "detail"),
    [
        ({"detail-type": "AWS Health Abuse Event"}, {"service": "ABUSE"}),
        ({}, {"service": "ABUSE", "eventTypeCode": "AWS_ABUSE_DOS_REPORT"}),
        ({}, {"service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED"}),
        ({}, {"eventTypeCategory": "accountNotification"}),
    ],
)
def test_a_report_of_abuse_comes_in_the_same_envelope_and_is_no_outage(
    envelope: dict[str, Any], detail: dict[str, Any]
) -> None:
    signals = known(bridge(envelope, **detail), "aws_eventbridge")
    assert whole(signals) == ("unknown", "no")
    assert "account" in signals[0].why


@pytest.mark.parametrize("change", [{"source": "aws.ec2", "detail-type": "x"}, {"detail": None}])
def test_an_event_of_something_else_is_not_ours(change: dict[str, Any]) -> None:
    assert read(bridge(change)).format != "aws_eventbridge"
    assert whole(read(bridge(change), "aws_eventbridge").signals)[0] == "unknown"
