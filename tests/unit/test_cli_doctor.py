"""`doctor`, as it is typed: the exit code, both ways of printing, and no secret."""

import json
from pathlib import Path

from incidentbot.doctor.contract import Finding
from incidentbot.doctor.report import as_json, as_text
from incidentbot.doctor.round import Examined, Report
from tests.unit.test_cli import Typed, typed

__all__ = ["typed"]  # a fixture

NOWHERE = {"SLACK_API_URL": "http://127.0.0.1:9/api/"}


def test_in_an_empty_folder_it_ends_with_1_and_the_first_steps(typed: Typed) -> None:
    code, said, told = typed("doctor", **NOWHERE)
    assert (code, told) == (1, "")
    assert "FAULT    incidentbot.yaml: is not there" in said
    assert "next  incidentbot init" in said


def test_the_json_has_the_same_and_never_a_token(tmp_path: Path, typed: Typed) -> None:
    token = "xoxb-1-secretsecret"
    code, said, _ = typed("doctor", "--json", SLACK_BOT_TOKEN=token, **NOWHERE)
    found = json.loads(said)
    assert (code, found["ok"]) == (1, False)
    assert found["faults"] == sum(one["level"] == "fault" for one in found["findings"])
    assert all(one["next"] for one in found["findings"] if one["level"] != "ok")
    assert {one["examination"] for one in found["left_out"]} >= {"scopes", "database"}
    assert "secretsecret" not in said
    assert list(tmp_path.iterdir()) == []


def fine(number: int) -> Finding:
    return Finding("ok", f"thing {number}", "is fine")


def test_many_fine_things_are_counted_and_every_fault_is_told() -> None:
    bad = Finding("fault", "this", "is broken", "It matters.", "Mend it.")
    report = Report((Examined("x", "Things", (*map(fine, range(20)), bad)),))
    text = as_text(report)
    assert "thing 7" in text
    assert "thing 8" not in text
    assert "and 12 more" in text
    assert (
        "  FAULT    this: is broken\n           why   It matters.\n           next  Mend it."
        in text
    )
    assert text.endswith("1 fault, 0 warnings, 20 fine.")
    assert len(json.loads(as_json(report))["findings"]) == 21


def test_what_had_to_be_left_out_is_told_by_its_reason() -> None:
    report = Report(tuple(Examined(n, n.title(), left_out="no file") for n in ("one", "two")))
    assert "Not looked at\n  -        no file: One, Two\n" in as_text(report)
    assert as_text(report).endswith("0 faults, 0 warnings, 0 fine.")
