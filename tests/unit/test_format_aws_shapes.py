"""Shapes in which AWS's data comes besides the usual ones: histories, lists, bare answers."""

from typing import Any

import pytest

from incidentbot.signals.feeds.match import word
from tests.unit.feed_cases import at, known, read, whole
from tests.unit.test_format_aws import DAY, entry, event, rss
from tests.unit.test_format_aws_health import ARN

HOUR = 3600


def logged(*entries: tuple[int, int], **more: Any) -> dict[str, Any]:
    """An event of the history: (status, hours after its begin) of each entry of its log."""
    log = [{"message": "m", "status": s, "timestamp": DAY + h * HOUR} for s, h in entries]
    return {"date": str(DAY), "status": "3", "summary": "Errors", "event_log": log} | more


def history(**services: Any) -> Any:
    body = {slug.replace("_", "-"): events for slug, events in services.items()}
    return known(body, "aws_currentevents", at("2026-03-02 20:00"))


def test_in_the_history_the_newest_of_the_log_says_that_it_is_over() -> None:
    signals = history(s3_us_east_1=[logged((2, 0), (0, 1))], ec2_us_east_1=[])
    assert [(s.service, s.region, s.phase) for s in signals] == [("s3", "us-east-1", "resolved")]
    assert whole(signals) == ("operational", "no")


def test_what_is_still_open_in_the_history_counts() -> None:
    signals = history(ec2_us_west_2=[logged((0, 1))], s3_us_west_2=[logged((2, 0))])
    assert whole(signals) == ("major_outage", "yes")
    assert word(signals, "s3", "us-west-2").state == "major_outage"


def test_what_ended_long_ago_is_not_told() -> None:
    signals = history(
        s3_us_east_1=[logged((2, -90), (0, -80)), logged((2, -60), end_time=DAY - 1e6)]
    )
    assert [(s.state, s.title) for s in signals] == [("operational", "No open events")]


def test_an_odd_member_of_the_history_is_unknown() -> None:
    assert whole(history(s3_us_east_1=[logged((0, 1)), "odd"], x="odd"))[0] != "major_outage"
    assert any(s.state == "unknown" for s in history(s3_us_east_1=[logged((0, 1)), "odd"]))


@pytest.mark.parametrize(
    "impacted",
    [
        ["s3-us-west-2", "ec2-us-west-2", None],
        [{"service": "s3-us-west-2", "service_name": "S3"}],
        [{"service": "s3-us-west-2", "current": "2", "max": "3"}],
    ],
)
def test_impacted_services_may_be_a_list(impacted: Any) -> None:
    body = [event("multipleservices-us-west-2", "2", impacted_services=impacted)]
    signals = known(body, "aws_currentevents")
    assert whole(signals) == ("partial_outage", "yes")
    assert word(signals, "s3", "us-west-2").state == "partial_outage"


def test_an_event_without_log_and_arn_is_known_by_its_impacted_services() -> None:
    bare = event()
    del bare["event_log"], bare["arn"]
    assert whole(known([bare], "aws_currentevents")) == ("partial_outage", "yes")
    del bare["impacted_services"]
    assert whole(known([bare], "aws_currentevents")) == ("partial_outage", "yes")


def test_an_event_without_a_number_is_over_when_it_has_an_end() -> None:
    assert whole(known([event(status=None)], "aws_currentevents"))[0] == "degraded"
    ended = event(status=None, end_time=str(DAY + 60))
    assert whole(known([ended], "aws_currentevents")) == ("operational", "no")


def test_an_end_counts_unless_a_service_is_still_impaired() -> None:
    def told(current: str) -> Any:
        impacted = {"s3-us-west-2": {"current": current, "max": "3"}}
        more = {"impacted_services": impacted, "end_time": DAY + 60}
        return whole(known([event("multipleservices-us-west-2", "3", **more)], "aws_currentevents"))

    assert told("0") == ("operational", "no")
    assert told("2") == ("partial_outage", "yes")


@pytest.mark.parametrize(
    ("text", "storage"),
    [
        ("Functions fail. Amazon S3 is not affected.", "unclear"),
        ("Functions fail. EBS is not affected.", "yes"),
        ("Functions fail.", "yes"),
    ],
)
def test_a_listed_storage_service_that_the_text_calls_well_is_unclear(
    text: str, storage: str
) -> None:
    log = [{"message": text, "status": 2, "timestamp": DAY}]
    impacted = {"s3-us-west-2": {"current": "1"}, "lambda-us-west-2": {"current": "2"}}
    told = event("multipleservices-us-west-2", "2", event_log=log, impacted_services=impacted)
    assert whole(known([told], "aws_currentevents")) == ("degraded", storage)


def test_an_event_whose_slug_names_no_region_is_where_its_arn_says() -> None:
    arn = "arn:aws:health:eu-north-1::event/S3/AWS_S3_OPERATIONAL_ISSUE/1"
    (only,) = known([event("s3", arn=arn)], "aws_currentevents")
    assert (only.service, only.region) == ("s3", "eu-north-1")
    (everywhere,) = known(
        [event("iam", arn=arn.replace("eu-north-1", "global"))], "aws_currentevents"
    )
    assert everywhere.region == ""


@pytest.mark.parametrize("key", ["service_name", "summary", "description"])
def test_an_entry_of_the_old_page_is_known_by_any_of_its_words(key: str) -> None:
    kept = {"service", "status", "date", key}
    cut = {name: value for name, value in entry().items() if name in kept}
    assert whole(known({"current": [cut]}, "aws_data")) == ("partial_outage", "yes")


def test_an_empty_page_whose_archive_is_null_is_all_clear() -> None:
    assert whole(known({"archive": None, "current": []}, "aws_data")) == ("operational", "no")


def test_two_empty_lists_of_somebody_else_are_not_all_clear() -> None:
    assert read({"current": []}).format == ""


def planned(**more: Any) -> dict[str, Any]:
    return {
        "arn": ARN,
        "service": "EBS",
        "eventTypeCode": "AWS_EBS_MAINTENANCE_SCHEDULED",
        "eventTypeCategory": "scheduledChange",
        "region": "eu-west-1",
        "statusCode": "upcoming",
        "startTime": "2026-04-02T17:05:00Z",
    } | more


def test_the_bare_list_of_the_api_and_its_details_are_read_as_they_are() -> None:
    issue = planned(eventTypeCategory="issue", statusCode="open")
    assert whole(known([issue], "aws_health")) == ("degraded", "yes")
    closed = issue | {"statusCode": "closed"}
    assert whole(known([closed], "aws_health")) == ("operational", "no")
    ec2 = issue | {"service": "EC2"}
    said = {"latestDescription": "[9:10 AM PST] Some EBS volumes are impaired."}
    body = {"successfulSet": [{"event": ec2, "eventDescription": said}], "failedSet": []}
    assert [s.service for s in known(body, "aws_health")] == ["ec2", "ebs"]


def test_an_event_is_known_without_its_category() -> None:
    issue = planned(statusCode="open")
    del issue["eventTypeCategory"]
    assert whole(known({"events": [issue]}, "aws_health")) == ("degraded", "yes")


def test_what_is_only_announced_touches_no_storage_yet() -> None:
    assert whole(known([planned()], "aws_health")) == ("maintenance", "no")
    assert whole(known([planned(statusCode="open")], "aws_health")) == ("maintenance", "yes")
    assert whole(known([planned(statusCode=None)], "aws_health")) == ("maintenance", "no")
    begun = planned(statusCode=None, startTime="2026-03-02T17:05:00Z")
    assert whole(known([begun], "aws_health")) == ("maintenance", "yes")


def test_announced_maintenance_counts_for_a_dependency_from_its_start() -> None:
    signals = known([planned()], "aws_health")
    before = word(signals, "ebs", "eu-west-1", now=at("2026-03-02 18:00"))
    assert before.state == "operational"
    assert before.note == "maintenance announced for 2026-04-02: Ebs maintenance scheduled"
    assert word(signals, "ebs", "eu-west-1", now=at("2026-04-02 18:00")).state == "maintenance"
    undated = known([planned(startTime=None)], "aws_health")
    assert word(undated, "ebs", "eu-west-1", now=at("2026-03-02 18:00")).state == "operational"


def test_a_description_may_be_one_instead_of_a_list() -> None:
    said = {"language": "en_US", "latestDescription": "Some EBS volumes are impaired."}
    detail = planned(eventTypeCategory="issue", service="EC2", eventDescription=said)
    body = {"source": "aws.health", "detail-type": "AWS Health Event", "detail": detail}
    assert [s.service for s in known(body, "aws_eventbridge")] == ["ec2", "ebs"]


def test_the_feed_in_chinese_says_resolved_in_chinese() -> None:
    title, when = "服务中断：[已解决] 错误率", "Mon, 02 Mar 2026 09:30:00 PST"
    assert rss((title, when, "s3-cn-north-1_17724726", "x"))[0].state == "operational"
