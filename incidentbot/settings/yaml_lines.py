"""YAML, strictly, with the line and column of every node.

Only what a person reads the same way as the program does gets through: no duplicate keys, no
anchors, no tags, no merge keys, no tabs. Plain scalars follow the JSON-like core of YAML 1.2, so
`no`, `on`, `12:30:00`, `0123` and `2026-11-24` stay the text they look like.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from incidentbot.settings.document import Document, Mark, NodePath, Scalar
from incidentbot.settings.faults import Fault, shown

MAX_BYTES = 16 * 1024 * 1024  # ten thousand dependencies are 3 MB
MAX_DEPTH = 20
# With libyaml where it is there: ten times as fast, the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?|[eE][-+]?[0-9]{1,3})")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Control characters, and the rarer line breaks that would make our lines differ from an editor's.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)"
)


def read(path: Path, *, marks: bool = True) -> tuple[Document | None, list[Fault]]:
    """Read and parse a file. No document when nothing in it can be trusted.

    Without `marks` nothing points at its line; a large file is then read in a third of the memory.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None, [Fault(file, None, "", "there is no such file")]
    except IsADirectoryError:
        return None, [Fault(file, None, "", "is a folder, not a file")]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        return None, [Fault(file, None, "", f"cannot be read: {reason}")]
    return parse(content, file, marks=marks)


def parse(content: bytes, file: str, *, marks: bool = True) -> tuple[Document | None, list[Fault]]:
    """Parse bytes that came from `file`. The document's data is always a mapping."""
    text, faults = _decode(content, file)
    if faults:
        return None, faults
    builder = _Builder(file, marks=marks)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _Stop:
        return None, builder.finish()[1]
    except yaml.YAMLError as error:
        return None, [*builder.finish(complete=False)[1], _syntax(error, text, file)]
    return builder.finish()


def _decode(content: bytes, file: str) -> tuple[str, list[Fault]]:
    if len(content) > MAX_BYTES:
        return "", [Fault(file, 1, "", "is larger than a configuration can be", "at most 16 MB")]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", [Fault(file, 1, "", "is not UTF-8 but UTF-16; save it as UTF-8")]
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return "", [Fault(file, line, "", f"byte {content[error.start]:#04x} is not UTF-8")]
    faults = []
    for found in _UNPRINTABLE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        faults.append(Fault(file, line, "", f"has the unprintable U+{ord(found[0]):04X}"))
        break
    for number, row in enumerate(text.split("\n"), 1):
        if "\t" in row[: len(row) - len(row.lstrip(" \t"))] and row.strip():
            faults.append(Fault(file, number, "", "a tab in the indentation; use spaces"))
    return text, faults


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    last = max(1, len(text.splitlines()))
    line = min(mark.line + 1, last) if mark else 1
    column = mark.column + 1 if mark else 1
    parts = [
        part for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part
    ]
    reason = ", ".join(parts) or "the text ends in the middle of something"
    return Fault(file, line, "", f"is not YAML at column {column}: {reason}")


class _Stop(Exception):
    """What follows cannot be understood."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    path: NodePath
    node: dict[str, object] | list[object]
    key: str | None = None  # the key that waits for its value
    skip: bool = False  # the waiting key was refused, so its value is read but not kept


class _Builder:
    """Turns parser events into data with marks. Iterative, so depth cannot exhaust the stack."""

    def __init__(self, file: str, *, marks: bool = True) -> None:
        self._document = Document(file, {})
        self._marks = marks
        # Turned into faults at the end: a list entry is called by a name that may come late.
        self._refused: list[tuple[int, NodePath, str, str]] = []
        self._open: list[_Open] = []
        self._root: object = None
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        start = event.start_mark
        line = start.line + 1 if start else 1
        mark = Mark(line, start.column + 1 if start else 1)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(line, "a second document begins here", "one document per file")
                raise _Stop
        elif isinstance(event, yaml.AliasEvent):
            path = self._place(None, mark, is_scalar=True)
            self._refuse(line, "uses an alias (*); write the value out", at=path)
        elif isinstance(event, yaml.ScalarEvent):
            self._no_tricks(event, line)
            plain = event.implicit[0] and event.style in (None, "")
            waits_for_key = bool(self._open) and self._waits_for_key(self._open[-1])
            value = event.value if waits_for_key or not plain else resolve(event.value)
            self._place(value, mark, is_scalar=True)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._no_tricks(event, line)
            if len(self._open) >= MAX_DEPTH:
                self._refuse(line, "is nested too deeply", f"at most {MAX_DEPTH} levels")
                raise _Stop
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            node: dict[str, object] | list[object] = {} if is_mapping else []
            self._open.append(_Open(self._place(node, mark, is_scalar=False), node))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()

    def finish(self, *, complete: bool = True) -> tuple[Document | None, list[Fault]]:
        """The document, if it is one, and what was refused in it."""
        done = Document(self._document.file, self._root, self._document.values, self._document.keys)
        if complete and not self._refused and not isinstance(self._root, dict):
            if self._root is None:
                self._refuse(1, "is empty", "key: value")
            else:
                line = done.mark(()).line
                self._refuse(line, "is not a mapping", "key: value at the top")
        faults = [
            Fault(done.file, line, done.label(path), message, allowed)
            for line, path, message, allowed in self._refused
        ]
        return (done if isinstance(self._root, dict) else None), faults

    @staticmethod
    def _waits_for_key(parent: _Open) -> bool:
        return isinstance(parent.node, dict) and parent.key is None and not parent.skip

    def _place(self, value: object, mark: Mark, *, is_scalar: bool) -> NodePath:
        """Put a value, or a key, where it belongs, and say at which path."""
        if not self._open:
            self._root = value
            self._keep(self._document.values, (), mark)
            return ()
        parent = self._open[-1]
        if isinstance(parent.node, list):
            path: NodePath = (*parent.path, len(parent.node))
            parent.node.append(value)
        elif self._waits_for_key(parent):
            self._take_key(parent, value, mark, is_scalar=is_scalar)
            return (*parent.path, "?")
        elif parent.skip or parent.key is None:
            parent.skip = False
            return (*parent.path, "?")
        else:
            path = (*parent.path, parent.key)
            parent.node[parent.key] = value
            parent.key = None
        self._keep(self._document.values, path, mark)
        return path

    def _keep(self, marks: dict[NodePath, Mark], path: NodePath, mark: Mark) -> None:
        if self._marks:
            marks[path] = mark

    def _take_key(self, parent: _Open, key: object, mark: Mark, *, is_scalar: bool) -> None:
        assert isinstance(parent.node, dict)
        if not is_scalar or not isinstance(key, str):
            self._refuse(mark.line, "has a key that is not plain text")
        elif key == "<<":
            self._refuse(mark.line, "uses a merge key (<<); write the keys out")
        elif not key.strip():
            self._refuse(mark.line, "has an empty key")
        elif key in parent.node:
            first = self._document.mark((*parent.path, key), key=True).line
            self._refuse(mark.line, f"the key {shown(key)} is there twice; first in line {first}")
        else:
            parent.key = key
            self._keep(self._document.keys, (*parent.path, key), mark)
            return
        parent.skip = True

    def _no_tricks(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> None:
        if event.anchor:
            self._refuse(line, "has an anchor (&); write the value out where it is needed")
        if event.tag:
            self._refuse(line, "has a tag (!); plain values only")

    def _refuse(
        self, line: int, message: str, allowed: str = "", at: NodePath | None = None
    ) -> None:
        if at is None:
            at = self._open[-1].path if self._open else ()
        self._refused.append((line, tuple(part for part in at if part != "?"), message, allowed))


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar: null, true, false, a JSON-like number, or the text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
