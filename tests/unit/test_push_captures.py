"""The receivers against bodies that monitors really sent, where those captures are at hand."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from incidentbot import clock
from incidentbot.settings.secrets import Secret
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.hooks.contract import Request, Unproven
from incidentbot.signals.hooks.reading import understand
from incidentbot.signals.hooks.receivers import pagerduty

CAPTURES = Path(__file__).parents[3] / "shared" / "feeds"
# Where a reader may well see it otherwise: (state, storage) as we read it, and why.
DISAGREEMENTS: dict[str, tuple[str, str, str]] = {}
# Whose bodies are known to be theirs; the rest of the vendors send no state.
SENDERS = {
    *("alertmanager", "checkly", "checkmk", "dash0", "gcp-monitoring", "grafana", "graylog"),
    *("librenms", "newrelic", "opsgenie", "pagerduty", "pingdom", "site24x7", "statusgator"),
    *("statuspage", "thousandeyes", "updown", "uptime-kuma", "zabbix"),
}


def captures() -> Iterator[dict[str, str]]:
    if (CAPTURES / "MANIFEST.csv").is_file():
        with (CAPTURES / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
            yield from (row for row in csv.DictReader(file) if row["path"].startswith("push/"))


ROWS = list(captures())


@pytest.mark.skipif(not ROWS, reason="left out: the captured alerts are not on this machine")
def test_the_captures_are_all_there() -> None:
    assert len(ROWS) >= 34
    assert set(DISAGREEMENTS) <= {row["path"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["path"]))
def test_a_pushed_body_is_read_as_a_person_would(row: dict[str, str]) -> None:
    reading = understand((CAPTURES / row["path"]).read_bytes(), Feed("hook", "", clock.now()))
    expected = (row["expected_state"], row["storage_affected"])
    if row["path"] in DISAGREEMENTS:
        expected = DISAGREEMENTS[row["path"]][:2]
    assert overall(reading.signals) == expected, reading
    if row["vendor"] in SENDERS and "signature vector" not in row["format"]:
        assert reading.format == row["vendor"].replace("-", "_")


def test_the_signature_that_pagerduty_published_is_taken() -> None:
    vector = CAPTURES / "push" / "pagerduty-v3.signature.json"
    if not vector.is_file():
        pytest.skip("left out: the captured alerts are not on this machine")
    published = json.loads(vector.read_bytes())
    raw = (CAPTURES / "push" / "pagerduty-v3.json").read_bytes()
    secret = Secret("PAGERDUTY", SecretStr(published["public_test_secret"]))
    at = datetime(2021, 4, 26, 17, 36, 30, tzinfo=UTC)
    request = Request({pagerduty.HEADER: published["value"]}, {}, raw, at)
    assert pagerduty.authenticate(request, pagerduty.Options(secret=secret))
    with pytest.raises(Unproven):
        pagerduty.authenticate(replace(request, raw=raw + b" "), pagerduty.Options(secret=secret))


MOCKS = [row for row in ROWS if "(mock" in row["format"]]


@pytest.mark.parametrize("row", MOCKS, ids=lambda row: str(row["path"]))
def test_what_the_mocks_would_send_has_no_state_either(row: dict[str, str]) -> None:
    mocks = json.loads((CAPTURES / row["path"]).read_bytes())
    for name, mock in mocks.items():
        sent = json.dumps(mock["payload"]).encode()
        reading = understand(sent, Feed("hook", "", clock.now()))
        assert overall(reading.signals) == ("unknown", "no"), (name, reading)
