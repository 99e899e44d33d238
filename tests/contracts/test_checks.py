"""Every kind of check, found by its plug-in's name, keeps the contract of checks.

The cases of a kind stand in test_check_<kind>.py, and its reasons in docs/checks.md.
"""

import importlib
import re
from pathlib import Path

import pytest

from incidentbot import plugins
from incidentbot.signals import REASONS
from incidentbot.signals.probes.contract import CheckOptions
from incidentbot.signals.probes.engine import CHECKS
from tests.contracts.checking import Case

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
KINDS = sorted(plugins.found(CHECKS))


def told(kind: str) -> set[str]:
    cases: list[Case] = importlib.import_module(f"tests.contracts.test_check_{kind}").CASES
    return {case.reason for case in cases}


def documented(kind: str) -> set[str]:
    section = (
        PAGE.read_text(encoding="utf-8").partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]
    )
    row = re.search(r"^\| Reasons \|(.*)\|$", section, re.MULTILINE)
    assert row, f"docs/checks.md has no row of reasons for {kind}"
    return set(re.findall(r"`([a-z0-9_]+)`", row[1]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_reason_of_a_kind_has_its_case_and_is_documented(kind: str) -> None:
    assert told(kind) <= set(REASONS)
    assert told(kind) == documented(kind)


def test_every_reason_is_given_by_some_check() -> None:
    assert set().union(*map(told, KINDS)) == set(REASONS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_strict_options_that_explain_themselves(kind: str) -> None:
    options = plugins.get(CHECKS, kind).Options
    assert issubclass(options, CheckOptions)
    assert options.model_config["extra"] == "forbid"
    assert options.model_config["frozen"] is True
    assert all(field.description for field in options.model_fields.values())
