"""What docs/runbooks.md says of the files is made from the code. Run this module to write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from incidentbot.plugins import found
from incidentbot.runbooks import load, schema
from incidentbot.runbooks.form import RunbookFile, StepFile
from incidentbot.runbooks.load import Runbook
from incidentbot.settings import keys_table
from incidentbot.settings.policy import AutomaticSettings, GuardPolicy
from tests.unit import test_switch_settings as elsewhere
from tests.unit import test_switch_settings_aws as at_aws
from tests.unit.runbook_cases import RUNBOOKS, shipped

PAGE = Path(__file__).parents[2] / "docs" / "runbooks.md"
ACTIONS: Mapping[str, Any] = found(load.ACTIONS)
EXAMPLE = re.compile(r"```yaml\n# ([\w-]+\.yaml)\n(.*?)```", re.DOTALL)


def keys() -> str:
    """The keys of a file; those of a step that mean the same as the file's are not told twice."""
    rows = keys_table(schema.json_schema(ACTIONS)).splitlines()
    return "\n".join(row for row in rows if not _told(row))


def _told(row: str) -> bool:
    key = row.split("`")[1] if row.startswith("| `steps[].") else ""
    return key.removeprefix("steps[].").partition(".")[0] in {*RunbookFile.model_fields, "with"}


def books(folder: Path) -> str:
    """Each shipped switch with its way back in one row, then what turns no switch."""
    ways = {
        way.kind: way.options
        for page in (at_aws, elsewhere)
        for way in page.read(folder, page.text()).assets[0].ways
    }
    head = ["| Runbook | Way back | Turns | Plane | Region |", "|---|---|---|---|---|"]
    return "\n".join([*head, *_switches(ways), "", *_others()])


def _switches(ways: Mapping[str, Any]) -> Iterator[str]:
    catalog = shipped()
    for book in catalog:
        if not book.kinds or book.file.to != "backup":
            continue
        back = catalog.get(str(book.file.undo))
        plane = ACTIONS[book.kinds[0]].plane(ways[book.kinds[0]])
        mark = "△ " if plane.kind == "control" else ""
        region = _region(ways[book.kinds[0]], plane.region)
        yield (
            f"| `{book.name}` | `{back.name}`{_shares(back)} | `{book.kinds[0]}` |"
            f" {mark}{plane.kind} | {region} |"
        )


def _region(options: Any, region: str) -> str:
    if hasattr(options, "region"):
        return "the switch's `region`"
    if hasattr(options, "endpoints"):
        return "five, in turn"
    return region or "no single one"


def _shares(book: Runbook) -> str:
    (step,) = book.file.every_step
    if step.stages is None:
        return ""
    return f", {', '.join(str(share) for share in step.stages.percent)} %"


def _others() -> Iterator[str]:
    yield "| Runbook | For | What it does |"
    yield "|---|---|---|"
    for book in shipped():
        if not book.kinds:
            does = [f"`{s.action}`" if s.action else "people" for s in book.file.every_step]
            for_ = "each asset" if book.file.about == "asset" else "the incident"
            title = book.file.title.replace(" ({asset})", "")
            yield f"| `{book.name}` | {for_} | {title} ({', '.join(dict.fromkeys(does))}) |"


def up_to_date(page: str, folder: Path) -> str:
    for name, text in (("keys", keys()), ("shipped", books(folder))):
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        (part,) = marks.finditer(page)
        page = f"{page[: part.start()]}{part[1]}{text}\n{part[2]}{page[part.end() :]}"
    return page


def test_the_tables_say_what_the_code_says(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == up_to_date(page, tmp_path), f"write it anew: python -m {__name__}"


def test_every_shipped_runbook_and_every_key_of_a_step_is_named() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in RUNBOOKS.glob("*.yaml"):
        assert f"| `{path.stem}`" in page or f"`{path.stem}`" in page, path.stem
    for name in StepFile.model_fields:
        assert f"`{'with' if name == 'arguments' else name}`" in page


def examples() -> dict[str, str]:
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition("<!-- examples -->")[2].partition("<!-- /examples -->")[0]
    return dict(EXAMPLE.findall(shown))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped runbooks and the examples beside them."""
    for path in RUNBOOKS.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for name, text in examples().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_examples_are_what_they_are_said_to_be(folder: Path) -> None:
    policy = GuardPolicy(automatic=AutomaticSettings(allowed=True))
    catalog = load.load(folder, ACTIONS, policy)
    slow, careful, alone, told = (catalog.get(name[:-5]).file for name in examples())
    assert slow.stages is not None and slow.stages.percent == (1, 25, 60, 100)
    assert [bool(step.action) for step in careful.steps] == [False, True, False]
    assert alone.automatic is not None
    assert told.steps[-1].arguments == {"text": "switched"}


def test_one_of_them_needs_the_policy_s_word(folder: Path) -> None:
    _, faults = load.check(folder, ACTIONS, GuardPolicy())
    assert {(Path(one.file).name, one.path) for one in faults} == {
        ("alone-to-backup.yaml", "automatic")
    }


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as kept:
        PAGE.write_text(up_to_date(PAGE.read_text("utf-8"), Path(kept)), encoding="utf-8")
