"""Names of services and regions, and one word over many signals."""

from dataclasses import replace

import pytest

from incidentbot.signals import Signal, State, Storage
from incidentbot.signals.feeds.match import overall, word
from incidentbot.signals.feeds.names import names_storage, region_in


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("s3-eu-central-1", "eu-central-1"),
        ("multipleservices-us-gov-east-1", "us-gov-east-1"),
        ("instances in US-EAST-1a", "us-east-1"),
        ("EC2 (Hong Kong)", "ap-east-1"),
        ("Amazon S3 (N. Virginia)", "us-east-1"),
        ("Paris (europe-west9)", "europe-west9"),
        ("Berlin (europe-west10)", "europe-west10"),
        ("errors in northamerica-northeast1 and elsewhere", "northamerica-northeast1"),
        ("zone us-central1-a", "us-central1"),
        ("Storage - West US 2", "westus2"),
        ("West US", "westus"),
        ("westeurope", "westeurope"),
        ("Germany West Central", "germanywestcentral"),
        ("UAE North", "uaenorth"),
        ("somewhere", ""),
        ("", ""),
    ],
)
def test_a_region_is_found_by_code_and_by_name(text: str, region: str) -> None:
    assert region_in(text) == region


@pytest.mark.parametrize("name", ["s3", "storagegateway", "Persistent Disk", "Azure Front Door"])
def test_these_store_or_deliver(name: str) -> None:
    assert names_storage(name)


@pytest.mark.parametrize("name", ["kinesis", "Notifications", "Memorystore", "Bigtable", "restore"])
def test_these_do_not(name: str) -> None:
    assert not names_storage(name)


def signal(state: State, storage: Storage, service: str = "kinesis") -> Signal:
    return Signal("f", "v", service=service, state=state, storage=storage, why="x")


@pytest.mark.parametrize(
    ("signals", "found"),
    [
        ([], ("unknown", "unclear")),
        ([signal("unknown", "unclear")], ("unknown", "unclear")),
        ([signal("unknown", "no")], ("unknown", "no")),
        ([signal("unknown", "no"), signal("operational", "no")], ("operational", "no")),
        ([signal("unknown", "no"), signal("degraded", "no")], ("degraded", "no")),
        # Storage decides the state, also where its text says that it serves.
        ([signal("major_outage", "no"), signal("degraded", "yes", "s3")], ("degraded", "yes")),
        (
            [signal("major_outage", "no"), signal("degraded", "no", "cloudfront")],
            ("degraded", "no"),
        ),
        # Storage that is well is not named as affected.
        ([signal("major_outage", "no"), signal("operational", "no", "s3")], ("major_outage", "no")),
        ([signal("degraded", "unclear"), signal("degraded", "no")], ("degraded", "unclear")),
        ([signal("degraded", "unclear"), signal("degraded", "yes", "s3")], ("degraded", "yes")),
        ([signal("maintenance", "yes", "s3"), signal("degraded", "no")], ("maintenance", "yes")),
    ],
)
def test_one_state_for_all_is_that_of_the_storage_named(
    signals: list[Signal], found: tuple[State, Storage]
) -> None:
    assert overall(signals) == found


def test_a_word_about_a_region_counts_signals_that_list_it() -> None:
    said = [
        Signal("f", "v", service="Cloud Storage", state="degraded", region="us-east1, us-west1")
    ]
    assert word(said, "gcs", "us-west1").state == "degraded"
    assert word(said, "gcs", "us-west").state == "operational"
    assert word(said, "gcs", "asia-east1").state == "operational"
    everywhere = [replace(said[0], region="global, us-east1")]
    assert word(everywhere, "gcs", "asia-east1").state == "degraded"
