from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import Field

from incidentbot.settings import (
    Known,
    SettingsModel,
    check,
    json_schema,
    load,
    markdown_table,
    render,
    starter,
)
from incidentbot.settings.document import Document
from incidentbot.settings.validate import validate
from incidentbot.settings.yaml_lines import parse
from tests.unit.settings_cases import ENV, KNOWN, VALID, changed, write

SCHEMA = json_schema(KNOWN)
VALIDATOR = Draft202012Validator(SCHEMA)


def wrong_places(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_a_schema_that_takes_what_the_loader_takes() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert wrong_places(VALID) == []
    assert wrong_places(starter()) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("severity: 2", "severity: 6", "$.dependencies[0].severity"),
        ("every: 5s", "every: 5 s", "$.dependencies[0].every"),
        ("format: statuspage", "format: statuspge", "$.feeds[0].format"),
        ("runbooks: books", "runbook: books", "$"),
        ("kind: ssm_parameter", "kind: ssm", "$.assets[0].switch"),
        ("key: canary.txt", "kex: canary.txt", "$.dependencies[0].checks[0]"),
        ("slow: 1500ms", "slow: 1500", "$.dependencies[0].checks[1]"),
        ("name: aws-status", "name: AWS", "$.feeds[0].name"),
    ],
)
def test_an_editor_sees_what_the_loader_refuses(old: str, new: str, place: str) -> None:
    assert wrong_places(changed(old, new)) == [place]


def properties(node: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            yield f"{path}.{name}", value
        for key, value in node.items():
            yield from properties(value, f"{path}.{key}")
    elif isinstance(node, list):
        for value in node:
            yield from properties(value, path)


def test_every_key_is_described() -> None:
    found = dict(properties(SCHEMA))
    assert len(found) > 60
    assert [path for path, value in found.items() if not value.get("description")] == []


def test_defaults_are_written_as_a_person_would_write_them() -> None:
    readiness = SCHEMA["$defs"]["ReadinessSettings"]["properties"]
    assert (readiness["every"]["default"], readiness["max_age"]["default"]) == ("15m", "1h")
    assert SCHEMA["$defs"]["CheckSettings"]["oneOf"][0]["properties"]["timeout"]["default"] == "3s"


def test_sections_of_a_plug_in_do_not_collide_with_ours() -> None:
    class SlackSettings(SettingsModel):
        depth: int = Field(1, description="Depth.")

    class Nested(SettingsModel):
        part: SlackSettings = Field(description="Part.")

    schema = json_schema(
        Known({"nested": Nested}, KNOWN.formats, KNOWN.actions, origins=KNOWN.origins)
    )
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["CheckSettings.nested.SlackSettings"]["properties"].keys() == {"depth"}
    assert "announce" in schema["$defs"]["SlackSettings"]["properties"]


def test_the_starter_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, starter())
    assert check(path, ENV, KNOWN) == [], render(check(path, ENV, KNOWN))
    settings = load(path, ENV, KNOWN)
    assert settings.assets
    assert all(dependency.follows_catalogue for dependency in settings.dependencies)
    assert any(dependency.hangs_on for dependency in settings.dependencies)


def test_the_starter_is_commented_readable_and_about_a_real_place() -> None:
    lines = starter().split("\n")
    assert 50 <= len(lines) <= 85
    assert max(map(len, lines)) <= 100
    assert sum("#" in line for line in lines) >= 20
    assert "127.0.0.1" not in starter()
    assert "localhost" not in starter()


def test_the_table_has_every_key_of_the_schema() -> None:
    table = markdown_table(KNOWN)
    for path in ("slack.announce", "dependencies[].confirm.apart", "assets[].switch.parameter"):
        assert f"| `{path}` |" in table
    assert "| `dependencies[].checks[].kind` | `http`, `s3` | required |" in table
    assert "| `assets[].readiness.max_age` | time | `1h` |" in table
    named = {path.rsplit(".", 1)[-1] for path, _ in properties(SCHEMA)}
    assert [name for name in named if f"{name}`" not in table and f"{name}[]`" not in table] == []


def test_another_file_can_be_read_with_the_same_care() -> None:
    class Page(SettingsModel):
        title: str
        steps: tuple[str, ...]

    def pages(text: str) -> tuple[Page | None, str]:
        document, _ = parse(text.encode(), "page.yaml")
        assert isinstance(document, Document)
        page, faults = validate(document, Page)
        return page, render(faults)

    assert pages("title: T\nsteps: [a]\n") == (Page(title="T", steps=("a",)), "")
    assert pages("title: T\nsteps:\n  - 1\nstep: x\n") == (
        None,
        "page.yaml:3: steps[0]: must be text, not 1; put quotes around it\n"
        "page.yaml:4: step: there is no such key; did you mean steps? (allowed: title, steps)",
    )
