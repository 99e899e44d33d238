"""The past played again: recordings written here, and the real ones where they are at hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from incidentbot.replay.events import BadRecording
from incidentbot.replay.play import play
from incidentbot.replay.report import as_json, as_text
from tests.stories.watching import CANARY, S3, SHOP, dependency, settings

SHARED = Path(__file__).parents[3] / "shared"
START = datetime(2026, 3, 2, 17, 37, tzinfo=UTC)

Write = Callable[..., Path]


def page(status: str = "operational", incident: str = "") -> str:
    """A Statuspage summary with one storage component."""
    component = {"id": "c1", "name": "Object Storage", "status": status}
    named = {
        "id": "i1",
        "name": incident,
        "status": "investigating",
        "impact": "major",
        "created_at": "2026-03-02T17:40:00Z",
        "started_at": "2026-03-02T17:40:00Z",
        "components": [component],
        "incident_updates": [],
    }
    return json.dumps(
        {
            "page": {"id": "p", "name": "Vendor"},
            "status": {"indicator": "none", "description": "All Systems Operational"},
            "components": [component],
            "incidents": [named] if incident else [],
            "scheduled_maintenances": [],
        }
    )


def polled(folder: Path, *bodies: str, apart: int = 5, manifest: str = "") -> Path:
    """Bodies captured some minutes apart, in a vendor's folder."""
    (folder / "vendor").mkdir()
    rows = ["path,vendor,captured_at,storage_affected"]
    for number, body in enumerate(bodies):
        at = START + timedelta(minutes=apart * number)
        name = f"{at:%Y-%m-%dT%H%MZ}.json"
        (folder / "vendor" / name).write_text(body)
        rows.append(f"vendor/{name},vendor,{at:%Y-%m-%dT%H:%M:00Z},{manifest or 'yes'}")
    if manifest:
        (folder / "MANIFEST.csv").write_text("\n".join(rows))
    return folder / "vendor"


def logged(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def looks(
    marks: str, check: str = "canary", of: str = "s3", start: int = 0
) -> list[dict[str, Any]]:
    """One look every two seconds: + well, - failed, ? could not see."""
    found = {"+": (True, "ok"), "-": (False, "http_5xx"), "?": (None, "access_denied")}
    return [
        {
            "at": (START + timedelta(seconds=start + 2 * n)).isoformat(),
            "dependency": of,
            "check": check,
            "ok": found[mark][0],
            "reason": found[mark][1],
        }
        for n, mark in enumerate(marks)
    ]


def test_polls_open_an_incident_and_its_end_closes_it(tmp_path: Path) -> None:
    broken = page("partial_outage", "Elevated errors")
    result = play([polled(tmp_path, page(), broken, broken, page(), page(), page())])
    (only,) = result.incidents
    assert only.opened_at == START + timedelta(minutes=5)
    assert only.official_at == START + timedelta(minutes=3)
    assert only.recovered_at == START + timedelta(minutes=15)
    assert only.closed_at == START + timedelta(minutes=25)
    assert "Elevated errors" in only.because
    assert result.polls == 6


def test_an_empty_body_in_between_ends_nothing(tmp_path: Path) -> None:
    broken = page("partial_outage", "Elevated errors")
    result = play([polled(tmp_path, broken, "", broken, "", "", "", "", "", apart=30)])
    (only,) = result.incidents
    assert only.recovered_at is None
    assert only.closed_at is None


def test_a_quiet_page_opens_nothing_and_a_false_alarm_is_counted(tmp_path: Path) -> None:
    assert play([polled(tmp_path, *[page()] * 4)]).incidents == []
    (tmp_path / "other").mkdir()
    broken = page("degraded_performance", "Slow console")
    result = play([polled(tmp_path / "other", broken, manifest="no")])
    assert [each.false for each in result.incidents] == [True]
    assert as_json(result, 1.0)["false"] == 1
    assert as_text(result, 1.0).startswith("FALSE")


def test_a_log_of_checks_is_judged_look_by_look(tmp_path: Path) -> None:
    rows = looks("+++--+++---++++")
    rows.insert(8, {"at": rows[8]["at"], "dependency": "s3", "truth": "down"})
    result = play([logged(tmp_path / "checks.jsonl", *rows)])
    (only,) = result.incidents
    assert only.opened_at == START + timedelta(seconds=20)
    assert not only.false
    assert result.truth


def test_an_alarm_without_an_outage_is_false_and_an_outage_without_one_is_missed(
    tmp_path: Path,
) -> None:
    up = {"at": START.isoformat(), "dependency": "s3", "truth": "up"}
    result = play([logged(tmp_path / "false.jsonl", up, *looks("---"))])
    assert [each.false for each in result.incidents] == [True]
    down = {"at": START.isoformat(), "dependency": "s3", "truth": "down"}
    over = {"at": (START + timedelta(minutes=1)).isoformat(), "dependency": "s3", "truth": "up"}
    result = play([logged(tmp_path / "missed.jsonl", down, *looks("+++"), over)])
    assert (result.incidents, [name for _, name in result.missed]) == ([], ["s3"])


def test_a_gap_in_the_log_is_neither_good_nor_bad(tmp_path: Path) -> None:
    rows = looks("---") + looks("+", start=3600)
    (only,) = play([logged(tmp_path / "gap.jsonl", *rows)]).incidents
    assert (only.recovered_at, only.closed_at) == (None, None)


def test_settings_say_what_is_watched(tmp_path: Path) -> None:
    both = looks("+---", CANARY, S3) + looks("+---", SHOP, S3)
    rows = sorted(both, key=lambda row: str(row["at"]))
    config = settings(dependency(severity=1))
    (only,) = play([logged(tmp_path / "checks.jsonl", *rows)], config).incidents
    assert (only.dependency, only.severity) == (S3, 1)
    with pytest.raises(BadRecording, match=r"no dependency 'gcs' \(allowed: s3-us-east-1\)"):
        play([logged(tmp_path / "other.jsonl", *looks("+", of="gcs"))], config)
    with pytest.raises(BadRecording, match=r"no check 'x' \(allowed: bucket-canary, shop-image\)"):
        play([logged(tmp_path / "other.jsonl", *looks("+", "x", S3))], config)


OUTAGE = """\
service: s3
region: us-east-1
onset: "2026-03-02T17:37:00Z"
first_official_status: "2026-03-02T19:37:00Z"
recovered: {recovered}
events:
  - {{time_utc: "2026-03-02T21:54:00Z", event: "S3 operating normally"}}
"""


def test_a_timeline_is_seen_as_a_probe_would_have_seen_it(tmp_path: Path) -> None:
    path = tmp_path / "outage.yaml"
    path.write_text(OUTAGE.format(recovered='"2026-03-02T21:54:00Z"'))
    (only,) = play([path]).incidents
    assert only.dependency == "s3-us-east-1"
    assert timedelta(0) < only.opened_at - START <= timedelta(seconds=14)
    assert only.official_at == START + timedelta(hours=2)
    assert only.closed_at is not None
    assert "2 h 0 min later" in as_text(play([path]), 1.0)
    path.write_text(OUTAGE.format(recovered="null"))
    (only,) = play([path]).incidents
    assert (only.recovered_at, only.closed_at) == (None, None)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", "{", r"a.jsonl:1: is not JSON"),
        ("a.jsonl", "[]", r"a.jsonl:1: is not a JSON object"),
        ("a.jsonl", '\n{"at": "noon"}', r"a.jsonl:2: at: 'noon' is not a time"),
        ("a.jsonl", '{"at": "2026-03-02T17:37:10Z"}', r"a.jsonl:1: dependency: is missing"),
        (
            "a.jsonl",
            '{"at": "2026-03-02T17:37:10Z", "dependency": "s3", "check": "c", "ok": 1}',
            r"ok: cannot be 1 \(allowed: true, false, null\)",
        ),
        (
            "a.jsonl",
            '{"at": "2026-03-02T17:37:10Z", "dependency": "s3", "check": "c", "ok": false}',
            r"reason: cannot be None \(allowed: ok, slow,",
        ),
        (
            "a.jsonl",
            '{"at": "2026-03-02T17:37:10Z", "dependency": "s3", "truth": "maybe"}',
            r"truth: cannot be 'maybe' \(allowed: down, official, up\)",
        ),
        (
            "a.jsonl",
            "\n".join(json.dumps(row) for row in reversed(looks("++"))),
            r"a.jsonl:2: is older than the line before it",
        ),
        ("a.yaml", "- 1", r"a.yaml:1: is not a timeline"),
        ("a.yaml", "service: [", r"a.yaml:\d+: is not YAML"),
        ("a.yaml", "service: s3", r"onset: is missing"),
        ("a.yaml", "onset: yesterday", r"onset: 'yesterday' is not a time"),
        ("a.json", "{}", r"a.json: says nowhere when it was captured"),
    ],
)
def test_a_bad_recording_names_the_place(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadRecording, match=says):
        play([tmp_path / name])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="does not exist"):
        play([tmp_path / "nowhere"])
    with pytest.raises(BadRecording, match="holds no captured polls"):
        play([tmp_path])


SEQUENCES = {
    "aws/kinesis-2020-11-25": 0,
    "aws/us-east-1-2021-12-07": 0,
    "cloudflare/r2-2025-02-06": 1,
    "gcp/service-control-2025-06-12": 1,
    "digitalocean/spaces-fra1-2025-10-13": 1,
    "atlassian/jira-2025-10-20": 0,
}
TIMELINES = sorted((SHARED / "timelines").glob("*.yaml"))
needs_captures = pytest.mark.skipif(
    not (SHARED / "feeds").is_dir(), reason="left out: the captures are not on this machine"
)


@needs_captures
@pytest.mark.parametrize(("folder", "incidents"), SEQUENCES.items())
def test_a_captured_sequence_opens_what_a_person_would_want(folder: str, incidents: int) -> None:
    result = play([SHARED / "feeds" / folder])
    assert len(result.incidents) == incidents
    assert [each for each in result.incidents if each.false] == []
    assert all(each.closed_at is not None for each in result.incidents)


@needs_captures
@pytest.mark.parametrize(
    "path", sorted((SHARED / "timelines").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_real_outage_is_seen_within_seconds_and_before_the_vendor_said_so(path: Path) -> None:
    (only,) = play([path]).incidents
    assert not only.false
    if only.official_at is not None:
        assert only.opened_at < only.official_at - timedelta(minutes=10)
