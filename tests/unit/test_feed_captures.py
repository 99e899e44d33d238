"""The formats against bodies that vendors really sent, where those captures are at hand."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentbot import clock
from incidentbot.signals.body import read
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import understand

CAPTURES = Path(__file__).parents[3] / "shared" / "feeds"
# What the manifest calls a format -> our name for it.
OURS = {
    "aws currentevents": "aws_currentevents",
    "aws data.json": "aws_data",
    "aws rss": "aws_rss",
    "aws.health event": "aws_eventbridge",
    "azure devops health": "azure_devops",
    "azure status rss": "azure_rss",
    "gcp incidents.json": "gcp",
    "gcp products.json": "gcp",
    "heroku status v4 current-status": "heroku",
    "salesforce trust instances": "salesforce",
    "salesforce trust localizations": "salesforce",
    "slack status v2.0.0 current": "slack_status",
    "statuspage status.json": "statuspage",
    "statuspage summary.json": "statuspage",
    "stripe current": "stripe",
    "statuspage incidents.json": "statuspage",
    "statuspage history.atom": "statuspage_feed",
    "statuspage history.rss": "statuspage_feed",
    "status.io public 1.0": "statusio",
    "cstate index.json": "cstate",
    "instatus v2 summary.json": "instatus",
    "instatus v2 components.json": "instatus",
    "instatus embedded site object": "instatus",
    "incident.io embedded summary": "incidentio",
    "incident.io page extract": "incidentio",
    "better stack index.json": "betterstack",
    "cachet v1 components": "cachet",
    "cachet v1 incidents": "cachet",
    "uptime kuma heartbeat": "uptime_kuma",
    "uptime kuma status-page": "uptime_kuma",
}
# Where a reader may well see it otherwise: (state, storage) as we read it, and why.
DISAGREEMENTS: dict[str, tuple[str, str, str]] = {}


def captures() -> Iterator[dict[str, str]]:
    if (CAPTURES / "MANIFEST.csv").is_file():
        with (CAPTURES / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
            yield from (row for row in csv.DictReader(file) if format_of(row))


def format_of(row: dict[str, str]) -> str:
    return OURS.get(row["format"].partition(" (")[0], "")


ROWS = list(captures())


@pytest.mark.skipif(not ROWS, reason="left out: the captured feeds are not on this machine")
def test_the_captures_are_all_there() -> None:
    assert len(ROWS) > 190
    assert {format_of(row) for row in ROWS} == set(OURS.values())
    assert set(DISAGREEMENTS) <= {row["path"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["path"]))
def test_a_captured_body_is_read_as_a_person_would(row: dict[str, str]) -> None:
    raw = (CAPTURES / row["path"]).read_bytes()
    reading = understand(raw, Feed("feed", row["vendor"], clock.now()))
    found = overall(reading.signals)
    expected = (row["expected_state"], row["storage_affected"])
    if row["path"] in DISAGREEMENTS:
        expected = DISAGREEMENTS[row["path"]][:2]
    assert found == expected, reading.signals
    assert reading.format == ("" if read(raw).fault else format_of(row))
