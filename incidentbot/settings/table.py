"""Every key of a file as a Markdown table, made from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from incidentbot.settings.options import Known
from incidentbot.settings.schema import json_schema
from incidentbot.settings.values import DURATION_PATTERN

_Node = dict[str, Any]
_Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Source:
    """The schema, and by the identity of a node with kinds where its keys were told first."""

    schema: _Node
    told: dict[int, str] = field(default_factory=dict)


def markdown_table(known: Known) -> str:
    """The keys of the configuration file."""
    return keys_table(json_schema(known))


def keys_table(schema: _Node) -> str:
    """One row per key of a JSON Schema of an object; `[]` stands for each entry of a list."""
    head = ("Key", "Takes", "Default", "Meaning")
    rows = [head, ("---",) * 4, *_rows(_Source(schema), schema, "")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows(source: _Source, node: _Node, prefix: str) -> Iterator[_Row]:
    for key, value in node["properties"].items():
        yield from _row(source, key, value, prefix, key in node.get("required", []))


def _row(source: _Source, key: str, raw: _Node, prefix: str, required: bool) -> Iterator[_Row]:
    value = _resolved(source.schema, raw)
    inner = _resolved(source.schema, value["items"]) if "items" in value else value
    path = f"{prefix}{key}{'[]' if 'items' in value else ''}"
    default = "required" if required else _default(raw)
    known = source.told.get(id(inner))
    again = f" Its keys are those of `{known}`." if known else ""
    yield f"`{path}`", _takes(value, inner), default, f"{raw.get('description', '')}{again}"
    if "properties" in inner:
        yield from _rows(source, inner, f"{path}.")
    elif "oneOf" in inner and not known:
        source.told[id(inner)] = path
        yield from _kinds(source, inner["oneOf"], f"{path}.")


def _kinds(source: _Source, choices: list[_Node], prefix: str) -> Iterator[_Row]:
    """The keys that every kind has, once, and then those of some: each with the kinds it is of."""
    kinds = [choice["title"] for choice in choices]
    told: dict[tuple[_Row, ...], list[str]] = {}
    for choice in choices:
        for key, value in choice["properties"].items():
            shown = {**value, "enum": kinds} if key == "kind" else value
            rows = tuple(_row(source, key, shown, prefix, key in choice["required"]))
            told.setdefault(rows, []).append(choice["title"])
    for rows, of in sorted(told.items(), key=lambda item: len(item[1]) < len(kinds)):
        path, takes, default, text = rows[0]
        yield path, takes, default, f"{_whose(of, kinds)}{text}"
        yield from rows[1:]


def _whose(of: list[str], kinds: list[str]) -> str:
    """`http, s3: ` for a key that only these kinds have."""
    others = [kind for kind in kinds if kind not in of]
    if not others:
        return ""
    few = f"all but {', '.join(others)}" if len(others) < len(of) else ", ".join(of)
    return f"{few}: "


def _resolved(schema: _Node, node: _Node) -> _Node:
    """The node behind a reference, and of `this or null` the this."""
    for option in node.get("anyOf", []):
        if option.get("type") != "null":
            return _resolved(schema, option)
    if "$ref" in node:
        found: _Node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return found
    return node


def _takes(value: _Node, inner: _Node) -> str:
    one = _takes_one(inner)
    return f"list of {one}" if "items" in value else one


def _takes_one(node: _Node) -> str:
    if "enum" in node or "const" in node:
        return ", ".join(f"`{choice}`" for choice in node.get("enum", [node.get("const")]))
    if "properties" in node or "oneOf" in node:
        return "section"
    if node.get("type") == "object":
        return "mapping"
    if node.get("pattern") == DURATION_PATTERN:
        return "time"
    if node.get("type") == "boolean":
        return "`true`, `false`"
    if node.get("type") == "integer":
        low, high = node.get("minimum"), node.get("maximum")
        return f"{low} to {high}" if low is not None and high is not None else "whole number"
    return "number" if node.get("type") == "number" else "text"


def _default(node: _Node) -> str:
    default = node.get("default")
    if node.get("type") == "object" and "properties" not in node:
        return "none"
    if default is None or default in ([], ""):
        return "none" if "default" in node else ""
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`"
