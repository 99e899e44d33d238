"""Every exporter, found by its folder: whole bytes, the same each time, for any draft."""

from __future__ import annotations

import re
from typing import Any

import pytest

from incidentbot import plugins
from incidentbot.postmortem.compose import compose
from incidentbot.postmortem.draft import EXPORTERS
from incidentbot.postmortem.model import Facts
from tests.unit.postmortem_cases import complete, hostile, nobody_came, told_by_a_person

FOUND = plugins.found(EXPORTERS)
EACH = pytest.mark.parametrize("exporter", FOUND.values(), ids=FOUND)
CASES = [complete(), nobody_came(), told_by_a_person(), hostile()]


@EACH
def test_its_suffix_can_be_the_end_of_a_file_name(exporter: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]{1,10}", exporter.SUFFIX)


def test_no_two_write_the_same_file() -> None:
    assert len({exporter.SUFFIX for exporter in FOUND.values()}) == len(FOUND)


@EACH
@pytest.mark.parametrize("facts", CASES, ids=["complete", "nobody", "told", "hostile"])
def test_it_gives_the_same_utf_8_each_time_with_the_incidents_name(
    exporter: Any, facts: Facts
) -> None:
    draft = compose(facts)
    made = exporter.export(draft)
    assert made == exporter.export(draft)
    assert draft.head.incident_id in made.decode("utf-8")
