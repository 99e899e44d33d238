"""`oncall`: who is on call, who is next, and who is asked when nobody answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from incidentbot.cli import main

CONFIG = """\
name: Shop
slack: {announce: "#incidents", approvers: [maya, jonas]}
people:
  - {name: Maya, slack: maya, phone: "+49 30 1111"}
  - {name: Jonas, slack: jonas, phone: "+49 30 2222"}
paging:
  first: [{kind: rota, members: [maya, jonas], starts: 2026-03-02}]
  policies:
    - name: storage
      first: [{kind: pagerduty, routing_key: PD_KEY, token: PD_TOKEN, schedules: [S1],
               api_url: "http://127.0.0.1:9", allow_private: true}]
      then: [{after: 3m, to: [{kind: people, people: [lin]}]}]
dependencies:
  - {name: s3, title: S3, vendor: aws, service: s3, region: us-east-1, paging: storage}
"""
AT = "2026-03-04T12:00Z"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PD_KEY", "key")
    monkeypatch.setenv("PD_TOKEN", "token")
    file = tmp_path / "incidentbot.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return str(file)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["oncall", *words])
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out + out.err


def test_now_and_next_are_shown_and_what_cannot_be_said_is_an_error(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, "-c", config, "--at", AT)
    assert code == 1  # PagerDuty does not answer
    assert text.splitlines()[0] == "On call at 2026-03-04 12:00 UTC"
    maya, jonas = "Maya (+49 30 1111)", "Jonas (+49 30 2222)"
    assert f"the rota: {maya}, until 2026-03-09 09:00 UTC, then {jonas}" in text
    assert f"after 5 min     the list: {maya} and {jonas}" in text
    assert 'after 10 min    the card says "nobody owns this"' in text
    assert "storage  (for s3)" in text
    assert "PagerDuty: cannot say (" in text
    assert "after 3 min     the list: lin" in text


def test_as_json(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "-c", config, "--at", AT, "--json")
    paging, storage = json.loads(text)["policies"]
    (rota,) = paging["levels"][0]["asks"]
    assert (rota["now"][0]["name"], rota["then"][0]["name"]) == ("Maya", "Jonas")
    assert rota["until"] == "2026-03-09T09:00:00.000000Z"
    assert storage["dependencies"] == ["s3"]
    assert storage["levels"][0]["asks"][0]["error"]
    assert code == 1


def test_a_time_without_zone_and_a_file_for_watching_are_refused(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, "-c", config, "--at", "tomorrow")
    assert code == 1
    assert "--at: 'tomorrow' is no time with a zone" in text
    watch = tmp_path / "watch.yaml"
    watch.write_text("name: Shop\n", encoding="utf-8")
    code, text = said(capsys, "-c", str(watch))
    assert code == 1
    assert "it asks nobody" in text
