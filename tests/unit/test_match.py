"""Which of a feed's signals speak of a dependency, in the vendor's words, and which are old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.settings import CheckSettings, DependencySettings, SettingsModel
from incidentbot.signals import STATES, Signal, Update
from incidentbot.signals.feeds.catalogue import Catalogue
from incidentbot.signals.feeds.match import LONG_OPEN, Word, word

NOW = datetime(2026, 9, 4, 12, tzinfo=UTC)
CATALOGUE = Catalogue()


def dependency(vendor: str, service: str, region: str | None = None) -> DependencySettings:
    check = CheckSettings(name="c", kind="http", options=SettingsModel())
    return DependencySettings(
        name="d", title="D", vendor=vendor, service=service, region=region, checks=(check,)
    )


def said(signal: Signal, vendor: str, service: str, region: str | None = None) -> Word:
    about = dependency(vendor, service, region)
    return word([signal], service, region, CATALOGUE.aliases(about), now=NOW)


def bad(service: str = "", title: str = "Trouble", **rest: Any) -> Signal:
    return Signal(
        "f", "v", service=service, title=title, state="major_outage", vendor_id="1", **rest
    )


@pytest.mark.parametrize(
    ("vendor", "service", "region", "signal"),
    [
        ("aws", "s3", "us-east-1", bad("Amazon Simple Storage Service", "N. Virginia")),
        ("aws", "s3", "us-east-1", bad("s3", region="us-east-1")),
        ("amazon", "s3", "us-east-1", bad("s3-us-standard")),
        ("aws", "s3", "us-east-1", bad("multipleservices", region="us-east-1")),
        ("aws", "cloudfront", None, bad("cloudfront")),
        ("aws", "s3", "eu-west-1", bad("s3", region="global")),
        ("gcp", "gcs", "europe-west9", bad("Google Cloud Storage", "Outage in Paris")),
        ("gcp", "gcs", "us-central1", bad("Multiple Products", region="us-central1")),
        ("azure", "blob", "westus2", bad("Storage Accounts", "Errors in West US 2")),
        ("digitalocean", "spaces", "fra1", bad("Spaces / FRA1")),
        ("digitalocean", "spaces", "fra1", bad("Spaces", "Frankfurt", region="eu-central-1")),
        ("cloudflare", "r2", None, bad("R2", "Increased HTTP errors")),
        ("wasabi", "s3", "eu-central-2", bad("EU-Central-2 (Frankfurt)")),
        ("linode", "object-storage", "us-east", bad("US-East (Newark) Object Storage")),
        ("fly", "volumes", "fra", bad("Persistent Storage", "Volumes slow in FRA")),
    ],
)
def test_a_vendors_own_words_are_understood(
    vendor: str, service: str, region: str | None, signal: Signal
) -> None:
    assert said(signal, vendor, service, region).state == "major_outage"


@pytest.mark.parametrize(
    ("vendor", "service", "region", "signal"),
    [
        ("aws", "s3", "us-east-1", bad("s3", region="us-west-2")),
        ("aws", "s3", "us-east-1", bad("s3", "Errors in Oregon")),
        ("aws", "s3", "us-east-1", bad("lambda", region="us-east-1")),
        ("aws", "s3", "us-east-1", bad("multipleservices", region="me-south-1")),
        ("aws", "s3", "us-east-1", bad("multipleservices", region="us-east-1", storage="no")),
        ("azure", "blob", "eastus", bad("Storage", "Errors in East US 2")),
        ("gcp", "gcs", "us-central1", bad("Cloud Storage", "Outage in Paris")),
        ("digitalocean", "spaces", "nyc3", bad("Spaces / FRA1")),
        ("cloudflare", "r2", None, bad("Cloudflare TV")),
        ("wasabi", "s3", "us-east-1", bad("EU-Central-2 (Frankfurt)")),
    ],
)
def test_another_place_or_service_is_not_meant(
    vendor: str, service: str, region: str | None, signal: Signal
) -> None:
    assert said(signal, vendor, service, region).state == "operational"


def test_an_entry_that_nobody_touched_for_days_is_said_but_not_counted() -> None:
    old = bad("s3", "Region is down", started_at=datetime(2026, 3, 1, tzinfo=UTC))
    old = replace(old, updated_at=datetime(2026, 3, 9, tzinfo=UTC))
    found = word([old], "s3", None, now=NOW)
    assert found.state == "operational"
    assert found.title == found.note == "open since 2026-03-01, not counted: Region is down"
    assert word([old], "s3", None).state == "major_outage"  # without a clock nothing is old


def test_it_counts_while_our_own_probes_fail() -> None:
    old = bad("s3", updated_at=NOW - 2 * LONG_OPEN)
    assert word([old], "s3", None, now=NOW, well=False).state == "major_outage"


def test_fresh_trouble_beside_an_old_entry_is_trouble() -> None:
    old, new = bad("s3", updated_at=NOW - 2 * LONG_OPEN), bad("s3", "New", updated_at=NOW)
    found = word([old, new], "s3", None, now=NOW)
    assert (found.state, found.title, "not counted" in found.note) == ("major_outage", "New", True)


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({"updated_at": NOW - timedelta(days=4)}, "operational"),
        ({"updated_at": NOW - timedelta(days=2)}, "major_outage"),
        ({"first_seen": NOW - timedelta(days=4)}, "operational"),
        ({"first_seen": NOW - timedelta(days=4), "updated_at": NOW}, "major_outage"),
        ({"started_at": NOW - timedelta(days=4)}, "major_outage"),  # news may be dated back
        (
            {
                "updated_at": NOW - timedelta(days=4),
                "updates": (Update(NOW, "investigating", "Still here"),),
            },
            "major_outage",
        ),
        ({}, "major_outage"),
    ],
)
def test_the_last_touch_decides_and_not_the_start(times: dict[str, Any], state: str) -> None:
    assert word([bad("s3", **times)], "s3", None, now=NOW).state == state


def test_a_vanished_entry_is_told_as_such() -> None:
    gone = replace(bad("s3", "Errors"), state="operational", phase="gone")
    assert word([gone], "s3", None, now=NOW).title == "no longer listed: Errors"


@given(
    states=st.lists(st.sampled_from(STATES), max_size=4),
    days=st.integers(0, 10),
    service=st.sampled_from(["s3", "", "lambda"]),
    text=st.text(max_size=20),
)
def test_a_word_is_a_state_and_old_entries_never_make_it_worse(
    states: list[Any], days: int, service: str, text: str
) -> None:
    at = NOW - timedelta(days=days)
    signals = [replace(bad(service, text), state=state, updated_at=at) for state in states]
    about = CATALOGUE.aliases(dependency("aws", "s3", "us-east-1"))
    plain = word(signals, "s3", "us-east-1", about)
    told = word(signals, "s3", "us-east-1", about, now=NOW)
    assert told.state in STATES
    if days <= 2:
        assert told == plain
    assert not (plain.state == "operational" and told.state != "operational")
