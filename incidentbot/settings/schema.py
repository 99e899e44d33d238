"""The configuration file as JSON Schema, for editors and for the table in the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from incidentbot.settings.model import ConfigFile
from incidentbot.settings.options import (
    ASK_KEYS,
    CHECK_KEYS,
    HOOK_KEYS,
    ORIGIN_KEYS,
    SWITCH_KEYS,
    Known,
)
from incidentbot.settings.values import DURATION_PATTERN, format_duration

Node = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ISO_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def json_schema(known: Known) -> Node:
    """JSON Schema (2020-12) of the file, with the keys of the known plug-ins, for editors."""
    schema = ConfigFile.model_json_schema()
    defs: dict[str, Node] = schema["$defs"]
    defs.pop("BaseModel", None)
    for name, models, keys in (
        ("CheckSettings", known.checks, CHECK_KEYS),
        ("OriginSettings", known.origins, ORIGIN_KEYS),
        ("SwitchSettings", known.actions, SWITCH_KEYS),
        ("HookSettings", known.hooks, HOOK_KEYS),
        ("AskSettings", known.pagers, ASK_KEYS),
    ):
        defs[name] = _by_kind(defs, defs[name], models, keys)
    for section, key, names in (
        ("FeedSettings", "format", known.formats),
        ("FeedSettings", "source", known.sources),
        ("VendorFeed", "format", known.formats),
    ):
        if names:
            defs[section]["properties"][key]["anyOf"][0]["enum"] = sorted(names)
    del defs["FeedSettings"]["properties"]["url"]["default"]
    for definition in defs.values():
        definition.pop("description", None)  # a docstring is for programmers
    tidy(schema)
    return {"$schema": _DIALECT, **schema}


def _by_kind(
    defs: dict[str, Node], ours: Node, models: Mapping[str, type[BaseModel]], keys: tuple[str, ...]
) -> Node:
    """One object for each kind: our keys and the plug-in's side by side, as in the file."""
    choices = []
    for kind, model in sorted(models.items()):
        theirs = model.model_json_schema(ref_template=f"#/$defs/{ours['title']}.{kind}.{{model}}")
        for name, inner in theirs.pop("$defs", {}).items():
            defs[f"{ours['title']}.{kind}.{name}"] = inner
        own = {key: ours["properties"][key] for key in keys}
        required = [key for key in ours["required"] if key != "options"]
        choices.append(
            {
                "title": kind,
                "type": "object",
                "additionalProperties": False,
                "properties": own | _beside(theirs, own) | {"kind": _kind(own["kind"], kind)},
                "required": [*required, *(k for k in theirs.get("required", []) if k not in own)],
            }
        )
    return {"oneOf": choices} if choices else {"not": {}}  # no plug-in: nothing can be written


def _beside(theirs: Node, own: Node) -> Node:
    return {key: value for key, value in theirs.get("properties", {}).items() if key not in own}


def _kind(described: Node, kind: str) -> Node:
    return {"const": kind, "description": described["description"]}


def tidy(node: object) -> None:
    """Titles made from names say nothing; defaults are written as a person would write them."""
    if isinstance(node, list):
        for inner in node:
            tidy(inner)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict):
        for inner in node["properties"].values():
            inner.pop("title", None)
    if isinstance(node.get("default"), dict):
        del node["default"]  # a section's default is that of its keys
    if node.get("pattern") == DURATION_PATTERN and "default" in node:
        node["default"] = format_duration(_ISO_DURATION.validate_python(node["default"]))
    for inner in list(node.values()):
        tidy(inner)
