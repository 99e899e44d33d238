"""Runbooks of several steps: what a file may say, and the line of every fault."""

from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from pydantic import Field

from incidentbot.plugins import found
from incidentbot.runbooks import load
from incidentbot.runbooks.actions import ssm_parameter
from incidentbot.settings import SettingsModel, render
from incidentbot.settings.policy import GuardPolicy
from tests.unit.runbook_cases import asset

USUAL = """\
title: Serve {asset} from {to}
when: dependency_down
risk: medium
to: backup
undo: back
why: One.
watch_for: Two.
if_this_fails: Three.
"""
BACK = USUAL.replace("dependency_down", "primary_healthy").replace("to: backup", "to: primary")
BACK = BACK.replace("undo: back", "undo: there") + "action: ssm_parameter\n"


class Arguments(SettingsModel):
    most: Literal[10, 100] = Field(description="How many.")


def a_task() -> Any:
    made = ModuleType("task")
    made.Arguments = Arguments  # type: ignore[attr-defined]
    return made


def in_parts() -> Any:
    made = ModuleType("weights")
    made.PARTS = True  # type: ignore[attr-defined]
    return made


ACTIONS = {"ssm_parameter": ssm_parameter, "backfill": a_task(), "weights": in_parts()}


def faults(folder: Path, text: str, back: str = BACK) -> str:
    (folder / "there.yaml").write_text(text, encoding="utf-8")
    (folder / "back.yaml").write_text(back, encoding="utf-8")
    return render(load.check(folder, ACTIONS)[1])


def line(text: str, what: str) -> int:
    return next(n for n, row in enumerate(text.splitlines(), 1) if what in row)


STEPS = (
    USUAL
    + """\
steps:
  - checklist: [Freeze the deploys, Tell support]
    why: Deploys read the flag.
  - action: ssm_parameter
  - ask: Do the pictures load?
"""
)


def test_steps_take_turns(tmp_path: Path) -> None:
    assert faults(tmp_path, STEPS) == ""
    book = load.load(tmp_path, ACTIONS).get("there")
    first, second, third = book.file.every_step
    assert first.checklist == ("Freeze the deploys", "Tell support")
    assert (second.action, third.ask) == ("ssm_parameter", "Do the pictures load?")
    assert book.kinds == ("ssm_parameter",) and book.fits(asset())


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ("steps:\n  - ask: x\n    action: ssm_parameter\n", "ask: x", "one of action"),
        ("steps:\n  - why: x\n", "why: x", "one of action, ask, checklist"),
        ("steps:\n  - ask: x\n    stages: {percent: [100]}\n", "stages", "belongs to an action"),
        ("steps:\n  - action: ssm_paramter\n", "ssm_paramter", "allowed: backfill, ssm_parameter"),
        ("steps:\n  - akt: ssm_parameter\n", "akt", "there is no such key"),
        ("action: ssm_parameter\nsteps: [{ask: x}]\n", "action", "give one `action`"),
        ("action: ssm_parameter\nstages: {percent: [1, 100]}\n", "stages", "cannot move a share"),
        ("action: weights\nstages: {percent: [50, 25, 100]}\n", "percent", "must rise and end"),
        ("action: weights\nstages: {percent: [1, 50]}\n", "percent", "must rise and end"),
        ("action: weights\nstages: {percent: [0, 100]}\n", "percent", "at least 1"),
        ("action: weights\nstages: {percent: [100], soak: 31m}\n", "soak", "longer than 30m"),
        ("action: ssm_parameter\nwith: {most: 10}\n", "with", "takes no arguments"),
        ("action: ssm_parameter\napprovals: 0\n", "approvals", "must be at least 1"),
        ("action: ssm_parameter\napprovals: 4\n", "approvals", "at most 3"),
        ("action: ssm_parameter\nabout: incident\n", "to:", "is for an asset"),
        ("action: ssm_parameter\nlimits: {percnt: 5}\n", "percnt", "did you mean percent"),
        ("action: ssm_parameter\nlimits: {points: 101}\n", "points", "at most 100"),
        ("steps: [{ask: x}]\nautomatic: {after: 5m}\n", "automatic", "cannot wait for people"),
        ("action: &a ssm_parameter\nswitch: *a\n", "switch", "anchor"),
        ("action: !x ssm_parameter\n", "action", "tag"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line(tmp_path: Path, more: str, key: str, words: str) -> None:
    text = USUAL + more
    said = faults(tmp_path, text)
    assert f"there.yaml:{line(text, key)}" in said, said
    assert words in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("with: {most: 10}", ""),
        ("with: {most: 11}", "with.most"),
        ("with: {moost: 10}", "did you mean most"),
        ("", "most: is missing"),
    ],
)
def test_arguments_are_choices_of_the_action(tmp_path: Path, given: str, words: str) -> None:
    text = USUAL.replace("to: backup\nundo: back\n", "") + f"action: backfill\n{given}\n"
    said = faults(tmp_path, text, BACK.replace("undo: there", "undo: back2"))
    mine = [row for row in said.splitlines() if "there.yaml" in row]
    assert (words in "".join(mine)) if words else mine == [], said


def test_what_turns_no_switch_leads_nowhere(tmp_path: Path) -> None:
    text = USUAL + "action: backfill\nwith: {most: 10}\n"
    assert "to: turns no switch, so it leads nowhere" in faults(tmp_path, text)


def test_a_checklist_needs_neither_approval_nor_undo(tmp_path: Path) -> None:
    text = USUAL.replace("to: backup\nundo: back\n", "about: incident\napprovals: 0\n")
    text = text.replace("dependency_down", "any_time").replace("{asset} from {to}", "a page")
    (tmp_path / "there.yaml").write_text(text + "steps: [{checklist: [Freeze]}]\n")
    book = load.load(tmp_path, ACTIONS).get("there")
    assert book.kinds == () and book.file.approvals == 0 and not book.fits(asset())
    assert book.title(None) == "Serve a page"


def test_the_shipped_ones_have_no_fault() -> None:
    folder = Path(__file__).parents[2] / "runbooks"
    assert render(load.check(folder, found(load.ACTIONS))[1]) == ""


def test_a_file_may_only_be_stricter_than_the_policy(tmp_path: Path) -> None:
    policy = GuardPolicy.model_validate({"approvals": {"medium": 2}, "caps": {"percent": 20}})
    text = USUAL + "action: ssm_parameter\napprovals: 1\nlimits: {percent: 21}\n"
    (tmp_path / "there.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "back.yaml").write_text(BACK + "approvals: 3\n", encoding="utf-8")
    said = render(load.check(tmp_path, ACTIONS, policy)[1])
    assert f"there.yaml:{line(text, 'approvals')}: approvals: is fewer than the policy" in said
    assert f"there.yaml:{line(text, 'percent')}: limits.percent: is more than the policy" in said
    assert "back.yaml" not in said
