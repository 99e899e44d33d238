"""A file's data with the line and column of every node, so that faults can point at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from incidentbot.settings.faults import Fault, shown

NodePath = tuple[str | int, ...]
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a node begins, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data as plain dicts, lists and scalars, and where each of them stands."""

    file: str
    data: object
    values: dict[NodePath, Mark] = field(default_factory=dict)
    keys: dict[NodePath, Mark] = field(default_factory=dict)

    def mark(self, path: NodePath, *, key: bool = False) -> Mark:
        """Where to point for `path`; where it is missing, at the nearest thing around it.

        A mapping or list under a key is pointed at by its key, a scalar by itself.
        """
        while path and path not in self.values and path not in self.keys:
            path = path[:-1]
        at_key = self.keys.get(path)
        if at_key and (key or path not in self.values or isinstance(self.get(path), dict | list)):
            return at_key
        return self.values.get(path, Mark(1, 1))

    def get(self, path: NodePath) -> Any:
        """The value at `path`, None when there is none."""
        node: Any = self.data
        for part in path:
            if not isinstance(node, dict | list):
                return None
            holder: Any = node
            try:
                node = holder[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def keys_at(self, path: NodePath) -> list[str]:
        """The keys of the mapping at `path`; none where there is no mapping."""
        node = self.get(path)
        return list(node) if isinstance(node, dict) else []

    def entries(self, path: NodePath) -> list[NodePath]:
        """The paths of the entries of the list at `path`; none where there is no list."""
        node = self.get(path)
        return [(*path, at) for at in range(len(node))] if isinstance(node, list) else []

    def label(self, path: NodePath) -> str:
        """A path as people say it: list entries by their name where they have one."""
        text = ""
        for depth, part in enumerate(path):
            if isinstance(part, int):
                entry = self.get(path[: depth + 1])
                name = entry.get("name") if isinstance(entry, dict) else None
                text += f"[{shown(name).strip(chr(39)) if isinstance(name, str) else part}]"
            else:
                word = shown(part).strip("'")
                text += f".{word}" if text else word
        return text

    def fault(self, path: NodePath, message: str, allowed: str = "", *, key: bool = False) -> Fault:
        """A fault at `path` in this file."""
        line = self.mark(path, key=key).line
        return Fault(self.file, line, self.label(path), message, allowed)

    def scalars(self) -> Iterator[tuple[NodePath, Scalar]]:
        """Every scalar with its path."""
        waiting: list[tuple[NodePath, object]] = [((), self.data)]
        while waiting:
            path, node = waiting.pop()
            if isinstance(node, dict):
                waiting.extend(((*path, key), value) for key, value in node.items())
            elif isinstance(node, list):
                waiting.extend(((*path, at), value) for at, value in enumerate(node))
            elif node is None or isinstance(node, str | int | float):
                yield path, node
