"""The documents say what is true: every command, file and link in them exists."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from incidentbot.cli import cli
from incidentbot.plugins import found
from tests.test_architecture import FLOORS, FOUNDATION

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
GROUP = typer.main.get_command(cli)
COMMANDS = {name: GROUP.get_command(None, name) for name in GROUP.list_commands(None)}  # type: ignore[attr-defined]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
FENCED = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))


def snippets(page: Path) -> list[str]:
    """Every line that a reader may type: in fenced shell blocks, and between back-ticks."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line for kind, block in FENCED.findall(text) if kind == "sh" for line in block.split("\n")
    ]
    rest = FENCED.sub("", text)
    return [re.sub(r"\s+# .*", "", one).strip() for one in lines + re.findall(r"`([^`]+)`", rest)]


def part(page: str, name: str) -> str:
    """What stands between <!-- name --> and <!-- /name -->."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]


@PAGE
def test_the_make_targets_exist(page: Path) -> None:
    named = {m for one in snippets(page) for m in re.findall(r"^make ([a-z]+)", one)}
    assert named <= TARGETS


@PAGE
def test_the_commands_and_their_options_exist(page: Path) -> None:
    for one in snippets(page):
        found_ = re.match(r"(?:\.venv/bin/)?incidentbot ([a-z-]+)(.*)", one)
        if found_ is None:
            continue
        name, rest = found_.groups()
        assert name in COMMANDS, one
        command = COMMANDS[name]
        if hasattr(command, "commands") and rest.split():  # a group: the next word is its command
            assert rest.split()[0] in command.commands, one
            command = command.commands[rest.split()[0]]
        options = {option for param in command.params for option in param.opts}
        given = {word.partition("=")[0] for word in shlex.split(rest) if word.startswith("-")}
        assert given <= options, one


@PAGE
def test_the_options_given_to_the_demo_exist(page: Path) -> None:
    options = {option for param in COMMANDS["demo"].params for option in param.opts}
    for one in re.findall(r'ARGS="?(--[^"`)]+)', page.read_text(encoding="utf-8")):
        assert {word for word in shlex.split(one) if word.startswith("--")} <= options


@PAGE
def test_the_links_lead_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _, place = target.partition("#")
        there = page.parent / name if name else page
        assert there.is_file(), target
        if place:
            heads = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}


@PAGE
def test_the_files_named_exist(page: Path) -> None:
    for one in snippets(page):
        if re.fullmatch(r"(?:incidentbot|tests|docs|runbooks|benchmarks)/[\w./-]+", one):
            assert (ROOT / one).exists(), one


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size <= 250_000, picture.name


def test_help_lists_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^ +make ([a-z]+) +\w", said.stdout, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split())
    assert listed == TARGETS == phony


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_pins_have_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(
        r"^\s*(-i|--index|--extra-index|--find-links|--trusted)", text, re.MULTILINE
    )
    pins = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE)).splitlines()
    assert pins
    for pin in filter(None, map(str.strip, pins)):
        assert re.match(r"[\w.\[\]-]+==[\w.+!-]+ .*--hash=sha256:[0-9a-f]{64}", pin), pin[:80]


def test_the_architecture_page_lists_the_floors_as_they_are_enforced() -> None:
    (_, block), *_rest = FENCED.findall(part("architecture.md", "floors"))
    assert [set(line.split(" · ")) for line in block.splitlines()] == FLOORS
    assert FLOORS[0] == FOUNDATION


def test_the_architecture_picture_is_the_one_its_script_draws() -> None:
    space: dict[str, object] = {"__name__": "drawing", "__file__": "docs/architecture.py"}
    exec((ROOT / "docs" / "architecture.py").read_text(encoding="utf-8"), space)
    drawn = space["picture"]()  # type: ignore[operator]
    assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == drawn


def test_the_folders_for_plug_ins_are_those_that_are_looked_in() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = re.findall(r"`(incidentbot/[\w/]+)/` \|", text)
    assert len(folders) >= 5
    for folder in folders:
        assert found(folder.replace("/", "."))


def test_the_quoted_runbook_is_the_shipped_one() -> None:
    ((_, block),) = FENCED.findall(part("runbooks.md", "serve-from-backup"))
    assert block == (ROOT / "runbooks" / "serve-from-backup.yaml").read_text(encoding="utf-8")
