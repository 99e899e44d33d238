"""Runbook files, read strictly: every fault with its file, line and what is allowed."""

import hashlib
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from incidentbot.errors import ConfigError, NotFound
from incidentbot.settings import (
    AssetSettings,
    Duration,
    Fault,
    Name,
    SettingsModel,
    Text,
    render,
    validate,
    yaml_lines,
)
from incidentbot.settings.values import refuse

LONGEST_TTL = timedelta(minutes=15)  # an older plan shows a world that is gone
PLACEHOLDERS = {"asset", "to"}
DIRECTIONS = {"dependency_down": "backup", "primary_healthy": "primary"}


class RunbookFile(SettingsModel):
    """What a file may say. Guardrails need no key: they always hold."""

    title: Text = Field(description="What the button says; {asset} and {to} are put in for show.")
    when: Literal["dependency_down", "primary_healthy"] = Field(description="When it fits.")
    risk: Literal["low", "medium", "high"] = Field(description="Shown beside the plan.")
    action: Name = Field(description="The kind of switch it uses.")
    to: Literal["backup", "primary"] = Field(description="Which origin serves afterwards.")
    approvals: Literal[1] = Field(1, description="People who must approve beside the asker.")
    expires: Duration = Field(timedelta(minutes=10), description="How long a plan may be used.")
    undo: Name = Field(description="The runbook that takes it back.")
    why: Text = Field(description="Why one would do this.")
    watch_for: Text = Field(description="What to look at afterwards.")
    if_this_fails: Text = Field(description="What to do when it does not work.")

    @field_validator("title")
    @classmethod
    def _known_placeholders(cls, title: str) -> str:
        try:
            parts = list(string.Formatter().parse(title))
        except ValueError:
            parts = [("", "?", "", None)]
        plain = {(name, spec, how) for _, name, spec, how in parts if name is not None}
        if plain - {(name, "", None) for name in PLACEHOLDERS}:
            raise ValueError("may hold {asset} and {to} and no other braces")
        return title

    @model_validator(mode="after")
    def _moment_and_direction(self) -> Self:
        if DIRECTIONS[self.when] != self.to:
            refuse(f"does not fit `when: {self.when}`", DIRECTIONS[self.when], at="to")
        return self

    @field_validator("expires")
    @classmethod
    def _short_lived(cls, expires: timedelta) -> timedelta:
        if expires > LONGEST_TTL:
            raise ValueError("is longer than 15m, the most a plan may live")
        return expires


@dataclass(frozen=True, slots=True)
class Runbook:
    """`digest` stands for the file's bytes, so that a plan names the exact text it came from."""

    name: str
    file: RunbookFile
    digest: str

    def title(self, asset: AssetSettings) -> str:
        return self.file.title.format(asset=asset.title, to=self.destination(asset))

    def destination(self, asset: AssetSettings) -> str:
        return asset.backup if self.file.to == "backup" else asset.primary

    def source(self, asset: AssetSettings) -> str:
        return asset.primary if self.file.to == "backup" else asset.backup

    def fits(self, asset: AssetSettings) -> bool:
        return asset.switch.kind == self.file.action


class Catalog:
    """All runbooks of a folder, by file name."""

    def __init__(self, runbooks: Sequence[Runbook]) -> None:
        self._by_name: Mapping[str, Runbook] = {book.name: book for book in runbooks}

    def __iter__(self) -> Iterator[Runbook]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Runbook:
        if name not in self._by_name:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise NotFound(f"There is no runbook {name!r} (allowed: {known}).")
        return self._by_name[name]


def load(folder: Path, actions: Sequence[str]) -> Catalog:
    """Read every *.yaml of the folder; ConfigError with all faults at once."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of runbooks")
    books: list[Runbook] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        book, wrong = _read(path, actions)
        faults += wrong
        books += [book] if book else []
    faults += [_misnamed(path) for path in sorted(folder.glob("*.yml"))]
    names = {path.stem for path in folder.glob("*.yaml")}
    faults += [fault for book in books for fault in _undo(folder, book, books, names)]
    if faults:
        raise ConfigError(render(faults))
    return Catalog(books)


def _undo(
    folder: Path, book: Runbook, books: Sequence[Runbook], names: set[str]
) -> Iterator[Fault]:
    """The undo must be there and lead to the other side by the same kind of switch."""
    document, _ = yaml_lines.read(folder / f"{book.name}.yaml")
    assert document is not None  # it was read a moment ago
    if book.file.undo not in names:
        allowed = ", ".join(sorted(names - {book.name}))
        yield document.fault(("undo",), f"there is no runbook {book.file.undo!r}", allowed)
    for other in books:
        if other.name == book.file.undo and (
            other.file.to == book.file.to or other.file.action != book.file.action
        ):
            yield document.fault(("undo",), f"{other.name!r} does not take this one back")


def _misnamed(path: Path) -> Fault:
    return Fault(str(path), None, "", "a runbook's file ends in .yaml; rename it")


def _read(path: Path, actions: Sequence[str]) -> tuple[Runbook | None, list[Fault]]:
    try:
        TypeAdapter(Name).validate_python(path.stem)
    except ValidationError:
        allowed = "lower-case letters, digits and - . _ between them, then .yaml"
        return None, [Fault(str(path), None, "", "a runbook's file is named by its name", allowed)]
    document, faults = yaml_lines.read(path)
    if document is None:
        return None, faults
    made, wrong = validate(document, RunbookFile)
    if made is None:
        return None, [*faults, *wrong]
    if made.action not in actions:
        known = ", ".join(sorted(actions))
        return None, [document.fault(("action",), f"there is no action {made.action!r}", known)]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Runbook(path.stem, made, digest), faults
