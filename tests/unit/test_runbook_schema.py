"""The schema for editors says of a runbook file what the bot says, and `runbook check` the rest."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import Field
from typer.testing import CliRunner

from incidentbot.cli import cli
from incidentbot.plugins import found
from incidentbot.runbooks import load, schema
from incidentbot.settings import SettingsModel
from tests.unit.runbook_cases import RUNBOOKS

GOOD = yaml.safe_load((RUNBOOKS / "serve-from-backup.yaml").read_text(encoding="utf-8"))


class Tells:
    """An action that turns no switch and takes an argument."""

    class Arguments(SettingsModel):
        page: str = Field(description="Which page.")


class Moves:
    """One that can move a share."""

    PARTS = True


def validator(**more: Any) -> Draft202012Validator:
    made = schema.json_schema(dict(found(load.ACTIONS)) | more)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def test_every_shipped_runbook_is_valid_by_the_schema() -> None:
    for path in sorted(RUNBOOKS.glob("*.yaml")):
        wrong = list(validator().iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))
        assert not wrong, (path.name, wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "ssm_parametre"},
        {"risk": "small"},
        {"aprovals": 1},
        {"approvals": 4},
        {"expires": "ten minutes"},
        {"with": {"bucket": "typed"}},
        {"stages": {"percent": [1, 100]}},
        {"steps": [{"action": "ssm_parameter", "with": {"bucket": "typed"}}]},
        {"steps": [{"action": "tells", "with": {"site": "x"}}]},
        {"steps": [{"action": "tells"}]},
        {"steps": [{"action": "tells", "with": {"page": "x"}, "switch": "near"}]},
        {"title": None},
    ],
)
def test_what_the_bot_would_refuse_is_marked_in_the_editor(change: dict[str, Any]) -> None:
    assert list(validator(tells=Tells).iter_errors(GOOD | change)), change


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "90s", "approvals": 2, "before": ["Nobody deploys"]},
        {"action": "moves", "stages": {"percent": [1, 25, 100], "soak": "1m"}},
        {"steps": [{"action": "tells", "with": {"page": "x"}}, {"checklist": ["Look"]}]},
    ],
)
def test_what_the_bot_takes_is_not_marked(change: dict[str, Any]) -> None:
    wrong = list(validator(tells=Tells, moves=Moves).iter_errors(GOOD | change))
    assert not wrong, wrong


def test_durations_are_written_as_people_write_them() -> None:
    made = schema.json_schema(found(load.ACTIONS))
    assert made["$defs"]["StagesFile"]["properties"]["soak"]["default"] == "2m"
    assert made["properties"]["why"]["description"] == "Why one would do this."


def test_check_names_each_runbook_and_ends_well() -> None:
    done = CliRunner().invoke(cli, ["runbook", "check", str(RUNBOOKS)])
    many = len(list(RUNBOOKS.glob("*.yaml")))
    assert (done.exit_code, f"{many} runbooks, all can be used" in done.output) == (0, True)
    for path in RUNBOOKS.glob("*.yaml"):
        assert path.stem in done.output


def test_check_names_every_fault_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    text = (RUNBOOKS / "serve-from-backup.yaml").read_text(encoding="utf-8")
    bad = text.replace("risk: high", "risk: tiny").replace("action: ssm_parameter", "acton: x")
    (tmp_path / "bad.yaml").write_text(bad, encoding="utf-8")
    (tmp_path / "empty.yml").write_text("", encoding="utf-8")
    done = CliRunner().invoke(cli, ["runbook", "check", str(tmp_path)])
    assert done.exit_code == 1
    for words in ("bad.yaml:4: risk", "low, medium, high", "acton", "ends in .yaml; rename it"):
        assert words in done.output, (words, done.output)
    nowhere = CliRunner().invoke(cli, ["runbook", "check", str(tmp_path / "none")])
    assert "there is no such folder of runbooks" in str(nowhere.exception)
