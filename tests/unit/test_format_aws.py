"""AWS's own status data: the old data.json, the current events and the RSS."""

import json
from typing import Any

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.match import word
from tests.unit.feed_cases import at, known, read, whole

DAY = 1772473200  # 2026-03-02 17:40 UTC, 9:40 AM PST


def div(stamp: str, text: str) -> str:
    return f'<div><span class="yellowfg"> {stamp}</span>&nbsp;{text}</div>'


def entry(service: str = "s3-us-standard", status: Any = "2", **more: Any) -> dict[str, Any]:
    return {
        "service_name": "A Service (N. Virginia)",
        "summary": "Increased Error Rates",
        "date": str(DAY),
        "status": status,
        "details": "",
        "description": div("9:45 AM PST", "We are investigating increased error rates."),
        "service": service,
    } | more


def data(*entries: Any) -> list[Signal]:
    return known({"archive": [entry(status="3")], "current": list(entries)}, "aws_data")


def event(service: str = "s3-us-east-1", status: Any = "2", **more: Any) -> dict[str, Any]:
    return {
        "date": str(DAY),
        "arn": f"arn:aws:health:us-east-1::event/{service}",
        "region_name": "N. Virginia",
        "status": status,
        "service": service,
        "service_name": "A service",
        "summary": "Increased Error Rates",
        "event_log": [
            {"summary": "Errors", "message": "We see errors.", "status": 1, "timestamp": DAY}
        ],
        "impacted_services": {},
    } | more


def events(*listed: Any) -> list[Signal]:
    return known(list(listed), "aws_currentevents")


# data.json


def test_the_archive_is_history_and_no_current_event_is_all_clear() -> None:
    assert whole(data()) == ("operational", "no")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("0", "operational"),
        (0, "operational"),
        ("1", "degraded"),
        (1, "degraded"),
        (2, "partial_outage"),
        (" 3 ", "major_outage"),
        (3.0, "major_outage"),
        (4, "degraded"),
        ("worse", "degraded"),
        (None, "degraded"),
        (True, "degraded"),
        ([3], "degraded"),
    ],
)
def test_a_severity_is_a_number_or_a_text_and_an_unknown_one_is_trouble(
    status: Any, state: str
) -> None:
    assert data(entry(status=status))[0].state == state
    assert events(event(status=status))[0].state == state


def test_an_entry_without_a_status_is_trouble() -> None:
    bare = entry()
    del bare["status"]
    assert data(bare)[0].state == "degraded"


def test_status_zero_is_still_listed_but_over() -> None:
    (over,) = data(entry(status="0", summary="Increased Error Rates"))
    assert (over.state, over.phase, over.storage) == ("operational", "resolved", "no")


def test_the_number_decides_and_not_resolved_in_the_title() -> None:
    (only,) = data(entry("elb-eu-north-1", 1, summary=" [RESOLVED]  Increased Error Rates"))
    assert (only.state, only.service, only.region) == ("degraded", "elb", "eu-north-1")


def test_the_oldest_region_of_s3_goes_by_its_legacy_name() -> None:
    assert (data(entry())[0].service, data(entry())[0].region) == ("s3", "us-east-1")


@pytest.mark.parametrize("slug", ["cloudfront", "iam", "route53", "management-console"])
def test_a_global_service_has_no_region(slug: str) -> None:
    assert (data(entry(slug))[0].service, data(entry(slug))[0].region) == (slug, "")


@pytest.mark.parametrize(
    ("slug", "service", "region"),
    [
        ("elasticfilesystem-us-gov-west-1", "efs", "us-gov-west-1"),
        ("multipleservices-cn-northwest-1", "multipleservices", "cn-northwest-1"),
        ("ec2-ap-southeast-3", "ec2", "ap-southeast-3"),
    ],
)
def test_the_region_is_cut_from_the_slug(slug: str, service: str, region: str) -> None:
    assert (data(entry(slug))[0].service, data(entry(slug))[0].region) == (service, region)


def test_a_time_of_day_gets_its_date_and_the_next_day_its_own() -> None:
    told = div("10:50 PM PST", "one") + div("11:55 PM PST", "two &amp; <b>bold</b>")
    told += div("Mar 3, 12:03 AM PST", "three") + div("Mar 3,  1:00 PM PST", "four")
    (only,) = data(entry(date=str(DAY + 13 * 3600), description=told))
    assert [(u.at, u.text) for u in only.updates] == [
        (at("2026-03-03 21:00"), "four"),
        (at("2026-03-03 08:03"), "three"),
        (at("2026-03-03 07:55"), "two & bold"),
        (at("2026-03-03 06:50"), "one"),
    ]
    assert (only.started_at, only.updated_at) == (at("2026-03-03 06:40"), at("2026-03-03 21:00"))


def test_a_clock_that_goes_back_has_passed_midnight_and_pdt_is_an_hour_ahead() -> None:
    told = div("11:55 PM PDT", "one") + div("12:05 AM PDT", "two")
    (only,) = data(entry(date="1782888900", description=told))  # 2026-07-01 06:55 UTC
    assert [u.at for u in only.updates] == [at("2026-07-01 07:05"), at("2026-07-01 06:55")]


def test_a_december_event_goes_on_in_january() -> None:
    told = div("11:50 PM PST", "one") + div("Jan 1, 12:10 AM PST", "two")
    (only,) = data(entry(date="1798789800", description=told))  # 2027-01-01 07:50 UTC
    assert [u.at for u in only.updates] == [at("2027-01-01 08:10"), at("2027-01-01 07:50")]


def test_a_date_that_is_corrected_by_hours_keeps_the_key() -> None:
    first, corrected = data(entry(date=str(DAY + 6 * 3600)))[0], data(entry())[0]
    assert first.vendor_id == corrected.vendor_id == "s3-us-standard/2026-03-02"
    # A date later than what was first said is not when it began.
    assert first.started_at == at("2026-03-02 17:45")


def test_storage_that_only_the_text_names_counts() -> None:
    told = div("9:45 AM PST", "We are investigating increased error rates for the EC2 APIs.")
    told += div("9:59 AM PST", "某些EBS卷的性能下降 | Some EBS volumes have degraded performance.")
    signals = data(entry("ec2-ap-east-1", 2, description=told))
    assert [(s.service, s.storage) for s in signals] == [("ec2", "yes"), ("ebs", "yes")]
    assert "Some EBS volumes" in signals[0].why
    assert word(signals, "ebs", "ap-east-1").state == "partial_outage"
    assert whole(signals) == ("partial_outage", "yes")


def test_a_storage_service_whose_text_says_that_it_serves_is_not_affected() -> None:
    told = div(
        "9:54 AM PST",
        "We are investigating delays of reports on CloudFront configurations. "
        "End-user requests for content are not affected and are being served normally.",
    )
    later = div("1:06 PM PST", "We continue to work toward full resolution.")
    signals = data(entry("kinesis-us-east-1", 3), entry("cloudfront", 1, description=told + later))
    # The state is that of the storage service that is named, not of the worst of all.
    assert whole(signals) == ("degraded", "no")


def test_trouble_that_the_newest_text_tells_as_past_is_over_though_the_number_stands() -> None:
    told = div(
        "2:12 PM PST",
        "Between 1:05 PM and 2:01 PM PST we experienced increased error rates. "
        "The issue has been resolved and the service is operating normally.",
    )
    assert whole(data(entry(status=1, description=told))) == ("degraded", "no")


def test_a_storage_service_that_recovered_in_part_is_affected() -> None:
    told = div(
        "1:13 PM PST",
        "S3 object retrieval and listing are fully recovered now. We are still working to "
        "recover normal operations for adding new objects to S3.",
    )
    assert data(entry(description=told))[0].storage == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "Other Regions are not affected by this issue.",
        "GET requests are not affected.",
        "Existing objects are not affected by this event.",
        "Customers who do not use replication are unaffected.",
        "The majority of requests have recovered.",
        "We continue to work toward full resolution.",
    ],
)
def test_that_a_part_or_another_place_is_well_calls_no_storage_service_well(text: str) -> None:
    told = div("9:45 AM PST", "We see increased error rates.") + div("9:59 AM PST", text)
    assert whole(data(entry(description=told))) == ("partial_outage", "yes")


@pytest.mark.parametrize(
    ("text", "storage"),
    [
        ("Other services, like S3, remain unaffected by this event.", "no"),
        ("We see delays in delivery of records to S3.", "no"),
        ("We see delays in S3 delivery for the stream.", "no"),
        ("Volumes of EBS in other Availability Zones are not affected.", "no"),
        ("This also impacts S3 and DynamoDB.", "yes"),
        ("This will also affect provisioning of services such as EFS.", "unclear"),
        ("Between 1 PM and 2 PM PST some EBS volumes were slow.", "no"),
        ("We see increased API error rates in the US-EAST-1 Region.", "no"),
        ("We are experiencing API and console issues in the US-EAST-1 Region.", "unclear"),
        ("We are investigating issues with AWS services in the Region.", "unclear"),
        ("EBS volumes were slow. The issue has been resolved.", "no"),
        ("The issue has been resolved for most, the remaining EBS volumes are impaired.", "yes"),
    ],
)
def test_what_a_text_says_of_storage_counts(text: str, storage: str) -> None:
    told = div("9:45 AM PST", text)
    assert whole(data(entry("lambda-us-east-1", description=told)))[1] == storage


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, {"service": ""}, {"service": 5}])
def test_an_entry_that_cannot_be_read_is_unknown_and_never_all_clear(odd: Any) -> None:
    assert whole(read({"archive": [], "current": [odd]}, "aws_data").signals)[0] == "unknown"
    assert whole(read([odd], "aws_currentevents").signals)[0] == "unknown"


# currentevents


def test_the_empty_list_is_all_clear() -> None:
    assert whole(events()) == ("operational", "no")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_read_with_its_mark_and_without(encoding: str) -> None:
    text = json.dumps([event()])
    assert known(text.encode(encoding), "aws_currentevents")[0].state == "partial_outage"
    marked = b"\xfe\xff" + text.encode("utf-16-be")
    assert known(marked, "aws_currentevents")[0].service == "s3"


def test_a_storage_outage_filed_under_multiple_services_is_found_among_the_impacted() -> None:
    signals = events(
        event(
            "multipleservices-us-west-2",
            "3",
            impacted_services={
                "s3-us-west-2": {"service_name": "S3", "current": "1", "max": "3"},
                "ec2-us-west-2": {"service_name": "EC2", "current": "3", "max": "3"},
            },
        )
    )
    assert whole(signals) == ("degraded", "yes")
    assert word(signals, "s3", "us-west-2").state == "degraded"
    assert word(signals, "ec2", "us-west-2").state == "major_outage"
    assert word(signals, "s3", "us-east-1").state == "operational"


def test_an_impacted_storage_service_at_zero_has_recovered() -> None:
    signals = events(
        event(
            "multipleservices-us-west-2",
            "2",
            impacted_services={"s3-us-west-2": {"current": "0", "max": "3"}},
        )
    )
    assert whole(signals) == ("partial_outage", "no")


def test_multiple_services_without_storage_are_unclear() -> None:
    impacted = {"sts-me-south-1": {"current": "3", "max": "3"}}
    signals = events(event("multipleservices-me-south-1", "3", impacted_services=impacted))
    assert whole(signals) == ("major_outage", "unclear")


def test_a_resolved_event_stays_listed_and_is_over() -> None:
    signals = events(event(status="0", summary="[RESOLVED] Errors", end_time=str(DAY + 60)))
    assert [(s.state, s.phase) for s in signals] == [("operational", "resolved")]


def test_an_event_that_has_been_open_for_months_shows_when_it_began() -> None:
    (only,) = events(event(date="1740000000"))
    assert only.started_at == at("2025-02-19 21:20")


def test_the_log_of_an_event_is_told_newest_first() -> None:
    log = [
        {"message": "first", "status": 1, "timestamp": DAY},
        {"message": "second", "status": "2", "timestamp": str(DAY + 600)},
        {"message": None, "status": None, "timestamp": None},
        "odd",
    ]
    (only,) = events(event(event_log=log))
    told = [(u.text, u.phase) for u in only.updates]
    assert told == [("second", "partial_outage"), ("first", "degraded")]
    assert only.vendor_id.startswith("arn:aws:health")
    assert only.updated_at == at("2026-03-02 17:50")


# RSS

CHANNEL = (
    '<rss version="2.0"><channel><title>Amazon Simple Storage Service Service Status</title>'
    "<link>http://status.aws.amazon.com/</link>{}</channel></rss>"
)
ITEM = (
    "<item><title>{}</title><link>http://status.aws.amazon.com/</link><pubDate>{}</pubDate>"
    "<guid>http://status.aws.amazon.com/#{}</guid><description>{}</description></item>"
)


def rss(*items: tuple[str, str, str, str]) -> list[Signal]:
    return known(CHANNEL.format("".join(ITEM.format(*item) for item in items)), "aws_rss")


def test_updates_that_are_close_in_time_are_one_incident_with_the_id_of_the_first() -> None:
    (only,) = rss(
        ("Service disruption: x", "Mon, 02 Mar 2026 10:00:00 PST", "s3-us-standard_17724744", "c"),
        ("Service disruption: x", "Mon, 02 Mar 2026 09:30:00 PST", "s3-us-standard_17724726", "b"),
        ("Informational message: x", "Mon, 02 Mar 2026 9:00:00 PST", "s3-us-standard_1772470", "a"),
        ("Service disruption: old", "Sun, 01 Feb 2015 9:00:00 PST", "s3-us-standard_1422810", "o"),
    )
    assert only.vendor_id.endswith("#s3-us-standard_1772470")
    assert (only.started_at, only.updated_at) == (at("2026-03-02 17:00"), at("2026-03-02 18:00"))
    assert [u.text for u in only.updates] == ["c", "b", "a"]
    assert (only.state, only.storage, only.phase) == ("major_outage", "yes", "open")


def test_a_title_rewritten_to_resolved_is_over_whatever_its_old_text_says() -> None:
    text = "We are still working to recover normal operations for adding new objects to S3."
    (only,) = rss(
        ("Service disruption: [RESOLVED] x", "Mon, 02 Mar 2026 9:13:00 PST", "s3_1772470", text)
    )
    assert (only.state, only.storage) == ("operational", "no")


def test_two_titles_two_links_and_a_doubled_space_in_a_date_are_the_dialect_of_2017() -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        "<title>Amazon Simple Storage Service (US Standard) Service Status</title>"
        "<link>http://status.aws.amazon.com/</link>"
        '<link rel="alternate" href="http://status.aws.amazon.com/rss/all.rss" title="AWS"/>'
        '<title type="text">Current service status feed</title>'
        "<pubDate>Wed,  8 Mar 2017 13:16:09 PST</pubDate>"
        '<item><title type="text">Performance issues: Slow</title>'
        "<pubDate>Wed,  1 Mar 2017 14:11:00 PDT</pubDate></item></channel></rss>"
    )
    (only,) = known(body, "aws_rss")
    assert only.service == "Amazon Simple Storage Service (US Standard)"
    assert (only.region, only.state, only.storage) == ("us-east-1", "partial_outage", "yes")
    assert only.updated_at == at("2017-03-01 21:11")


def test_an_item_about_the_volumes_is_storage_though_filed_under_ec2() -> None:
    signals = rss(
        (
            "Service impact: Connectivity",
            "Mon, 02 Mar 2026 09:30:00 PST",
            "ec2-us-east-1_17724726",
            "Some EBS volumes are impaired.",
        )
    )
    assert whole(signals) == ("partial_outage", "yes")


def test_an_item_without_a_readable_date_still_counts() -> None:
    (only,) = rss(("Service disruption: x", "yesterday", "s3-eu-west-1_17724726", ""))
    assert (only.state, only.started_at) == ("major_outage", None)


@pytest.mark.parametrize("title", ["Laws of nature", "A blog", ""])
def test_the_rss_of_someone_else_is_not_taken_for_all_clear(title: str) -> None:
    body = f'<rss version="2.0"><channel><title>{title}</title></channel></rss>'
    assert read(body).format != "aws_rss"
    assert read(body, "aws_rss").signals[0].state == "unknown"
