"""The two formats against bodies that vendors really sent, where those captures are at hand."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentbot import clock
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import understand

CAPTURES = Path(__file__).parents[3] / "shared" / "feeds"
OURS = {"statuspage summary.json": "statuspage", "statuspage status.json": "statuspage"}
# Where a reader may well see it otherwise: (state, storage) as we read it, and why.
DISAGREEMENTS: dict[str, tuple[str, str, str]] = {}


def captures() -> Iterator[dict[str, str]]:
    if (CAPTURES / "MANIFEST.csv").is_file():
        with (CAPTURES / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
            yield from (row for row in csv.DictReader(file) if format_of(row))


def format_of(row: dict[str, str]) -> str:
    written = row["format"].partition(" (")[0]
    return "aws_rss" if written == "aws rss" else OURS.get(written, "")


ROWS = list(captures())


@pytest.mark.skipif(not ROWS, reason="left out: the captured feeds are not on this machine")
def test_the_captures_are_all_there() -> None:
    assert len(ROWS) > 40
    assert set(DISAGREEMENTS) <= {row["path"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["path"]))
def test_a_captured_body_is_read_as_a_person_would(row: dict[str, str]) -> None:
    raw = (CAPTURES / row["path"]).read_bytes()
    signals = understand(raw, Feed("feed", row["vendor"], clock.now()), format_of(row)).signals
    found = overall(signals)
    expected = (row["expected_state"], row["storage_affected"])
    if row["path"] in DISAGREEMENTS:
        expected = DISAGREEMENTS[row["path"]][:2]
    assert found == expected, signals
