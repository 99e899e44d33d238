"""Runbook files, read strictly: every fault with its file, line and what is allowed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from incidentbot.errors import ConfigError, NotFound
from incidentbot.runbooks.form import RunbookFile, StepFile
from incidentbot.runbooks.policy import faults as looser
from incidentbot.settings import (
    AssetSettings,
    Fault,
    Name,
    SwitchSettings,
    render,
    validate,
    yaml_lines,
)
from incidentbot.settings.document import Document, NodePath
from incidentbot.settings.policy import GuardPolicy
from incidentbot.settings.validate import faults_of

ACTIONS = "incidentbot.runbooks.actions"
Actions = Mapping[str, Any]  # name -> module of an action


@dataclass(frozen=True, slots=True)
class Runbook:
    """`digest` stands for the file's bytes, so that a plan names the exact text it came from.

    `kinds`: the kinds of switch it turns, in order; empty for one that turns none.
    """

    name: str
    file: RunbookFile
    digest: str
    kinds: tuple[str, ...]

    def title(self, asset: AssetSettings | None) -> str:
        named = asset.title if asset else "the site"
        to = self.destination(asset) if asset and self.file.to else ""
        return self.file.title.format(asset=named, to=to)

    def destination(self, asset: AssetSettings) -> str:
        return asset.backup if self.file.to == "backup" else asset.primary

    def source(self, asset: AssetSettings) -> str:
        return asset.primary if self.file.to == "backup" else asset.backup

    def fits(self, asset: AssetSettings) -> bool:
        """Whether the asset has every switch it turns."""
        if self.file.about == "incident":
            return False
        steps = [step for step in self.file.every_step if step.action in self.kinds]
        return all(any(_is_meant(step, way) for way in asset.ways) for step in steps)

    def switches(self, asset: AssetSettings) -> list[SwitchSettings]:
        """The asset's switches among which one is chosen, when it turns one switch only."""
        steps = [step for step in self.file.every_step if step.action in self.kinds]
        if len(steps) != 1:
            return []
        return [way for way in asset.ways if _is_meant(steps[0], way)]


def _is_meant(step: StepFile, way: SwitchSettings) -> bool:
    return way.kind == step.action and step.switch in (None, way.called)


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


def load(folder: Path, actions: Actions, policy: GuardPolicy | None = None) -> Catalog:
    """Read every *.yaml of the folder; ConfigError with all faults at once. What a file allows
    beyond the `policy` is one."""
    catalog, faults = check(folder, actions, policy)
    if faults:
        raise ConfigError(render(faults))
    return catalog


def check(
    folder: Path, actions: Actions, policy: GuardPolicy | None = None
) -> tuple[Catalog, list[Fault]]:
    """The runbooks that can be read, and everything that is wrong."""
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: there is no such folder of runbooks; make it (the shipped ones may be"
            " copied there), or correct `runbooks`"
        )
    books: list[Runbook] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        book, wrong = _read(path, actions, policy)
        faults += wrong
        books += [book] if book else []
    faults += [_misnamed(path) for path in sorted(folder.glob("*.yml"))]
    names = {path.stem for path in folder.glob("*.yaml")}
    faults += [fault for book in books for fault in _undo(folder, book, books, names)]
    return Catalog(books), faults


def _undo(
    folder: Path, book: Runbook, books: Sequence[Runbook], names: set[str]
) -> Iterator[Fault]:
    """The undo must be there and lead to the other side by the same kind of switch."""
    document, _ = yaml_lines.read(folder / f"{book.name}.yaml")
    assert document is not None  # it was read a moment ago
    undo = book.file.undo
    if undo is None:
        if book.kinds:
            yield document.fault(("undo",), "is missing: what turns a switch names the way back")
        return
    if undo not in names:
        allowed = ", ".join(sorted(names - {book.name}))
        yield document.fault(("undo",), f"there is no runbook {undo!r}", allowed)
    for other in books:
        back = set(other.kinds) == set(book.kinds)
        if other.name == undo and (other.file.to == book.file.to or not back):
            yield document.fault(("undo",), f"{other.name!r} does not take this one back")


def _misnamed(path: Path) -> Fault:
    return Fault(str(path), None, "", "a runbook's file ends in .yaml; rename it")


def _read(
    path: Path, actions: Actions, policy: GuardPolicy | None
) -> tuple[Runbook | None, list[Fault]]:
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
    wrong = [fault for at, step in _steps(made) for fault in _step(document, at, step, actions)]
    if not wrong:
        kinds = tuple(one.action for one in made.every_step if _turns(one, actions))
        wrong = list(_whole(document, made, bool(kinds), actions))
    if not wrong and policy is not None:
        loose = looser(policy, made.risk, made) if any(s.action for s in made.every_step) else ()
        wrong = [document.fault(one.path, one.message, one.allowed) for one in loose]
    if wrong:
        return None, [*faults, *wrong]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Runbook(path.stem, made, digest, tuple(kind for kind in kinds if kind)), faults


def _steps(made: RunbookFile) -> Iterator[tuple[NodePath, StepFile]]:
    for number, step in enumerate(made.every_step):
        yield (("steps", number) if made.steps else ()), step


def _step(document: Document, at: NodePath, step: StepFile, actions: Actions) -> Iterator[Fault]:
    """What is wrong with the action of a step."""
    if step.action is None:
        return
    if step.action not in actions:
        known = ", ".join(sorted(actions))
        yield document.fault((*at, "action"), f"there is no action {step.action!r}", known)
        return
    module = actions[step.action]
    if step.stages is not None and not getattr(module, "PARTS", False):
        able = ", ".join(name for name in sorted(actions) if getattr(actions[name], "PARTS", False))
        yield document.fault((*at, "stages"), f"{step.action} cannot move a share", able)
    model = getattr(module, "Arguments", None)
    if model is None:
        if step.arguments:
            yield document.fault((*at, "with"), f"{step.action} takes no arguments", key=True)
        return
    if step.switch is not None:
        yield document.fault((*at, "switch"), f"{step.action} turns no switch", key=True)
    try:
        model.model_validate(step.arguments)
    except ValidationError as error:
        yield from faults_of(error, document, model, prefix=(*at, "with"))


def _turns(step: StepFile, actions: Actions) -> bool:
    return step.action is not None and not hasattr(actions[step.action], "Arguments")


def _whole(document: Document, made: RunbookFile, turns: bool, actions: Actions) -> Iterator[Fault]:
    """What only the steps together tell."""
    writes = any(step.action is not None for step in made.every_step)
    if turns and made.to is None:
        yield document.fault(("to",), "is missing: a switch is turned", "backup, primary")
    if not turns and made.to is not None:
        yield document.fault(("to",), "turns no switch, so it leads nowhere", key=True)
    if turns and made.when == "any_time":
        yield document.fault(("when",), "turns a switch", "dependency_down, primary_healthy")
    if writes and made.approvals == 0:
        yield document.fault(("approvals",), "must be at least 1: it changes something", "1 to 3")
    if made.about == "incident" and any(
        getattr(actions.get(step.action or ""), "NEEDS_ASSET", False) for step in made.every_step
    ):
        yield document.fault(("about",), "an action here needs an asset", "asset")
