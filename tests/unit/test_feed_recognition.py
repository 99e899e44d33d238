"""A body is recognised by its own format and no other, and a broken or hostile one by none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from incidentbot.signals.body import read
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import FORMATS, candidates, recognised, understand
from tests.unit.feed_samples import SAMPLES, as_json, item, rss

FEED = Feed("feed", "wolke", datetime(2026, 3, 2, 18, tzinfo=UTC))
PAIRS = [(name, body) for name, bodies in SAMPLES.items() for body in bodies]


@pytest.mark.parametrize(("name", "body"), PAIRS, ids=lambda part: str(part)[:40])
def test_a_sample_is_known_by_its_own_format_and_no_other(name: str, body: bytes) -> None:
    assert recognised(read(body)) == [name]
    assert understand(body, FEED).format == name


def test_fallbacks_are_asked_last() -> None:
    names = [name for name, _ in candidates(FORMATS)]
    assert set(names[-2:]) == {"rss", "atom"}
    history = rss(item("Errors"), title="Wolke Status - Incident History")
    assert understand(history, FEED).format == "statuspage_feed"


@pytest.mark.parametrize(
    "value",
    [
        {"meta": {}, "page": {"id": "p"}, "incident": {"status": "identified"}},
        {"heartbeat": {"status": 0}, "monitor": {"id": 1}},
        {"status": "ok", "active_incidents": []},
        {"data": {"type": "alert"}},
        {"components": []},
        {"page": "home", "incidents": []},
        [{"status": "UP"}],
    ],
)
def test_what_only_looks_like_a_status_page_is_nobodys(value: object) -> None:
    reading = understand(as_json(value), FEED)
    assert reading.format == ""
    assert reading.signals[0].why == "in none of the formats we know"


def test_the_same_host_may_move_to_another_product_between_two_polls() -> None:
    before, after = SAMPLES["instatus"][0], SAMPLES["incidentio"][2]
    assert [understand(body, FEED).format for body in (before, after)] == ["instatus", "incidentio"]


def test_a_list_of_names_is_unknown_but_surely_not_about_storage() -> None:
    assert overall(understand(SAMPLES["incidentio"][2], FEED).signals) == ("unknown", "no")
    assert overall(understand(b"", FEED).signals) == ("unknown", "unclear")
    assert overall([]) == ("unknown", "unclear")


def test_a_name_that_no_format_has_says_so() -> None:
    reading = understand(b"{}", FEED, "nix")
    assert (reading.format, reading.signals[0].why) == ("", "no format is called 'nix'")


RECEIVER = """
from incidentbot.signals import Signal

def recognises(body):
    return isinstance(body.json, dict) and "component_update" in body.json

def parse(body, feed):
    return [Signal(feed.name, feed.vendor, state="degraded", title="pushed")]
"""


def test_a_receiver_may_bear_the_name_of_a_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pushed").mkdir()
    (tmp_path / "pushed" / "__init__.py").touch()
    (tmp_path / "pushed" / "statuspage.py").write_text(RECEIVER)
    monkeypatch.syspath_prepend(tmp_path)
    packages = (FORMATS, "pushed")
    push = as_json({"meta": {}, "page": {"id": "p"}, "component_update": {}})
    for name in ("", "statuspage"):
        reading = understand(push, FEED, name, packages)
        assert (reading.format, reading.signals[0].title) == ("statuspage", "pushed")
        feed = understand(SAMPLES["statuspage"][0], FEED, name, packages)
        assert feed.signals[0].title == "All Systems Operational"
