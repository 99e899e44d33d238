"""Google Cloud's incidents.json in its three schemas."""

from typing import Any

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.match import word
from tests.unit.feed_cases import at, known, read, whole

STORAGE = {"title": "Google Cloud Storage", "id": "UwaYoXQ5bHYHG6EdiPB8"}
FLOW = {"title": "Google Cloud Dataflow", "id": "T9bFoXPqG8w8g1YbWTKY"}


def update(
    status: str = "SERVICE_OUTAGE", text: str = "We see errors.", when: str = "18:00"
) -> Any:
    return {"created": f"2026-03-02T{when}:00+00:00", "when": f"2026-03-02T{when}:00+00:00"} | {
        "text": text,
        "status": status,
    }


def incident(*updates: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "abc",
        "number": "123",
        "begin": "2026-03-02T17:51:00+00:00",
        "created": "2026-03-02T18:46:38+00:00",
        "modified": "2026-03-02T19:00:00+00:00",
        "external_desc": "Errors in several places",
        "updates": list(updates) or [update()],
        "status_impact": "SERVICE_OUTAGE",
        "severity": "high",
        "service_name": "Multiple Products",
        "service_key": "zall",
        "affected_products": [STORAGE, FLOW],
        "uri": "incidents/abc",
        "currently_affected_locations": [{"title": "Iowa (us-central1)", "id": "us-central1"}],
    } | more


def gcp(*incidents: Any) -> list[Signal]:
    return known(list(incidents), "gcp")


def old(**more: Any) -> dict[str, Any]:
    """The schema until April 2021."""
    return {
        "begin": "2020-12-14T12:07:00Z",
        "created": "2020-12-14T13:34:13Z",
        "end": None,
        "external_desc": "We see errors in us-east1",
        "modified": "2020-12-14T13:34:14Z",
        "most-recent-update": {"text": "We see errors", "when": "2020-12-14T13:34:14Z"},
        "number": 20013,
        "public": True,
        "service_key": "storage",
        "service_name": "Google Cloud Storage",
        "severity": "medium",
        "updates": [{"text": "We see errors", "when": "2020-12-14T13:34:14Z"}],
        "uri": "/incident/storage/20013",
    } | more


def test_each_product_is_told_with_the_places_that_are_affected_now() -> None:
    signals = gcp(incident())
    assert [(s.service, s.region, s.storage) for s in signals] == [
        ("Google Cloud Storage", "us-central1", "yes"),
        ("Google Cloud Dataflow", "us-central1", "no"),
    ]
    assert whole(signals) == ("major_outage", "yes")
    first = signals[0]
    assert (first.vendor_id, first.phase) == ("abc", "service_outage")
    assert first.link == "https://status.cloud.google.com/incidents/abc"
    assert [u.text for u in first.updates] == ["We see errors."]


@pytest.mark.parametrize(
    ("region", "state"),
    [("us-central1", "major_outage"), ("us-east4", "major_outage"), ("asia-east1", "operational")],
)
def test_one_incident_is_about_many_places(region: str, state: str) -> None:
    places = [{"id": "us-central1"}, {"id": "us-east4"}, {"id": None}, "odd"]
    signals = gcp(incident(currently_affected_locations=places))
    assert word(signals, "gcs", region).state == state


def test_a_global_incident_is_about_every_region() -> None:
    signals = gcp(incident(currently_affected_locations=[{"id": "global"}]))
    assert word(signals, "gcs", "asia-east1").state == "major_outage"


def test_without_current_locations_those_of_the_newest_update_count() -> None:
    said = update() | {"affected_locations": [{"title": "Paris", "id": "europe-west9"}]}
    assert gcp(incident(said, currently_affected_locations=[]))[0].region == "europe-west9"


def test_the_newest_update_decides_whatever_the_order_and_the_worst_value() -> None:
    earlier, later = update(when="18:00"), update("SERVICE_DISRUPTION", when="19:00")
    for updates in ((earlier, later), (later, earlier)):
        assert gcp(incident(*updates))[0].state == "partial_outage"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("AVAILABLE", "operational"),
        ("SERVICE_INFORMATION", "degraded"),
        ("SERVICE_DISRUPTION", "partial_outage"),
        ("SERVICE_OUTAGE", "major_outage"),
        ("NEVER_HEARD_OF", "degraded"),
    ],
)
def test_the_words_for_a_status(status: str, state: str) -> None:
    assert whole(gcp(incident(update(status))))[0] == state


def test_a_key_end_that_is_missing_or_null_is_an_open_incident() -> None:
    for more in ({}, {"end": None}):
        assert whole(gcp(incident(**more))) == ("major_outage", "yes")
    assert whole(gcp(incident(end="2026-03-02T17:59:00+00:00"))) == ("operational", "no")


def test_a_report_that_is_appended_days_later_opens_nothing() -> None:
    over = incident(
        update("AVAILABLE", "# Incident Report\nCloud Storage had errors", "17:00"),
        end="2026-02-20T01:18:00+00:00",
        modified="2026-03-02T17:55:00+00:00",
    )
    (only,) = gcp(over)
    assert (only.state, only.title) == ("operational", "No open incidents")


def test_an_incident_that_has_just_ended_is_told_as_resolved() -> None:
    signals = gcp(incident(end="2026-03-02T17:59:00+00:00"))
    assert [(s.vendor_id, s.phase) for s in signals] == [("abc", "resolved"), ("", "")]


def test_begin_may_be_later_than_created_and_is_corrected_later() -> None:
    first = gcp(incident(begin="2026-03-02T19:00:00+00:00"))[0]
    corrected = gcp(incident())[0]
    assert first.started_at == at("2026-03-02 18:46:38")
    assert corrected.started_at == at("2026-03-02 17:51")
    assert first.vendor_id == corrected.vendor_id


def test_the_first_schema_has_a_hyphen_a_number_and_severity_only() -> None:
    (only,) = gcp(old())
    assert (only.service, only.region, only.state) == (
        "Google Cloud Storage",
        "us-east1",
        "partial_outage",
    )
    assert (only.vendor_id, only.storage) == ("20013", "yes")
    assert only.link == "https://status.cloud.google.com/incident/storage/20013"
    assert only.updated_at == at("2020-12-14 13:34:14")
    newest_only = old()
    del newest_only["updates"]
    assert [u.text for u in gcp(newest_only)[0].updates] == ["We see errors"]


def test_the_second_schema_has_products_without_ids_and_no_created() -> None:
    body = incident(affected_products=[{"title": "Cloud Filestore"}])
    for key in ("created", "modified", "currently_affected_locations", "service_key"):
        del body[key]
    (only,) = gcp(body)
    assert (only.service, only.storage) == ("Cloud Filestore", "yes")


def test_one_outage_in_two_schemas_has_two_ids_but_the_same_service_and_start() -> None:
    before = gcp(old())[0]
    after = gcp(
        old(
            id="kXy", number="99", begin="2020-12-14T12:07:00+00:00", status_impact="SERVICE_OUTAGE"
        )
    )[0]
    assert before.vendor_id != after.vendor_id
    assert (before.service, before.started_at) == (after.service, after.started_at)


def test_a_storage_product_is_known_by_its_id_when_its_title_is_edited() -> None:
    renamed = {"title": "Object Service", "id": STORAGE["id"]}
    assert whole(gcp(incident(affected_products=[renamed]))) == ("major_outage", "yes")


def test_storage_that_is_listed_while_the_text_speaks_only_of_others_is_unclear() -> None:
    text = "The only remaining impact is on **Google Cloud Dataflow**: delays."
    signals = gcp(incident(update(text=text)))
    assert whole(signals) == ("major_outage", "unclear")
    assert "Google Cloud Dataflow" in signals[0].why


def test_storage_that_is_listed_while_the_text_calls_it_recovered_is_not_affected() -> None:
    text = "Cloud Storage has recovered. Google Cloud Dataflow still sees delays."
    assert whole(gcp(incident(update(text=text)))) == ("major_outage", "no")


def test_storage_that_only_the_text_names_counts() -> None:
    compute = {"title": "Google Compute Engine", "id": "L3ggmi3Jy4xJmgodFA9K"}
    text = "Instances with Persistent Disks in us-west1 see elevated latency."
    signals = gcp(incident(update(text=text), affected_products=[compute]))
    assert [s.service for s in signals] == ["Google Compute Engine", "Persistent Disk"]
    assert whole(signals) == ("major_outage", "yes")


def test_an_incident_of_everything_that_names_no_product_is_unclear() -> None:
    everything = incident(affected_products=[], update=[])
    assert whole(gcp(everything)) == ("major_outage", "unclear")
    listed = [FLOW, {"title": "Cloud Run", "id": "x"}]
    named = incident(update(text="Issues across multiple GCP products."), affected_products=listed)
    assert whole(gcp(named)) == ("major_outage", "no")


def test_an_entry_merged_with_another_says_so() -> None:
    text = "This incident has been merged with an existing incident."
    assert gcp(incident(update("SERVICE_DISRUPTION", text)))[0].phase == "merged"


def test_markdown_is_told_without_its_marks() -> None:
    signals = gcp(incident(update(text="**Summary:**\nErrors\n# Title\n***all***")))
    assert signals[0].updates[0].text == "Summary: Errors Title all"


def test_the_list_of_products_has_no_state() -> None:
    signals = known({"products": [{"id": "a", "title": "Cloud Storage"}]}, "gcp")
    assert whole(signals) == ("unknown", "no")


@pytest.mark.parametrize("odd", [None, 3, {}, [], {"text": "x"}])
def test_an_entry_that_cannot_be_read_is_unknown_and_never_all_clear(odd: Any) -> None:
    ended = incident(end="2026-02-20T01:18:00+00:00")
    assert whole(gcp(ended, odd))[0] == "unknown"
    assert whole(gcp(incident(), odd)) == ("major_outage", "yes")


def test_no_incident_at_all_is_not_what_this_feed_says() -> None:
    assert whole(read([], "gcp").signals)[0] == "unknown"


def test_a_storage_product_alone_is_judged_by_all_that_is_said() -> None:
    text = "Metrics are late. Requests to the product are not impacted and objects served normally."
    told = incident(update("SERVICE_INFORMATION", text), affected_products=[STORAGE])
    assert whole(gcp(told)) == ("degraded", "no")
    text = "The issue has been resolved for most users; uploads still fail."
    told = incident(update("SERVICE_DISRUPTION", text), affected_products=[STORAGE])
    assert whole(gcp(told)) == ("partial_outage", "yes")


@pytest.mark.parametrize(
    "left_out",
    [
        {"service_name", "service_key"},
        {"service_name", "service_key", "affected_products", "updates"},
        {"updates", "id", "number"},
    ],
)
def test_an_incident_that_is_cut_down_is_still_known(left_out: set[str]) -> None:
    full = incident(external_desc="Cloud Storage sees errors")
    kept = {key: value for key, value in full.items() if key not in left_out}
    assert whole(gcp(kept)) == ("major_outage", "yes")


def test_one_incident_alone_is_read_too() -> None:
    assert whole(known(incident(), "gcp")) == ("major_outage", "yes")


@pytest.mark.parametrize(("products", "storage"), [(1, "unclear"), (2, "no")])
def test_one_product_may_stand_for_many_but_a_list_is_complete(products: int, storage: str) -> None:
    text = "We see packet loss in a region, affecting multiple Google Cloud services."
    other = {"title": "Cloud Networking", "id": "x"}
    told = incident(update(text=text), affected_products=[FLOW, other][:products])
    assert whole(gcp(told)) == ("major_outage", storage)


def test_a_product_is_storage_by_its_old_name_or_the_new_one() -> None:
    renamed = {"id": "x", "title": "Disks", "current_title": "Hyperdisk"}
    assert whole(gcp(incident(affected_products=[renamed, FLOW]))) == ("major_outage", "yes")
    assert (
        gcp(incident(affected_products=[{"id": "x", "current_title": "Run"}]))[0].service == "Run"
    )
