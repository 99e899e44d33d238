"""Keys that belong to a plug-in: checked by the model that the plug-in brings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from incidentbot.settings.assets import SwitchSettings
from incidentbot.settings.base import SettingsModel
from incidentbot.settings.document import Document, NodePath
from incidentbot.settings.faults import Fault, shown, suggest
from incidentbot.settings.hooks import HookSettings
from incidentbot.settings.model import CheckSettings
from incidentbot.settings.origins import OriginSettings
from incidentbot.settings.paging import AskSettings
from incidentbot.settings.validate import faults_of

# Keys of ours beside the plug-in's. A plug-in that declares `values` sees them too.
CHECK_KEYS = tuple(key for key in CheckSettings.model_fields if key != "options")
ORIGIN_KEYS = tuple(key for key in OriginSettings.model_fields if key != "options")
SWITCH_KEYS = tuple(key for key in SwitchSettings.model_fields if key != "options")
HOOK_KEYS = tuple(key for key in HookSettings.model_fields if key != "options")
ASK_KEYS = tuple(key for key in AskSettings.model_fields if key != "options")


@dataclass(frozen=True, slots=True)
class Known:
    """The plug-ins there are, by the name a file uses; most with the model of their options."""

    checks: Mapping[str, type[BaseModel]]
    formats: Collection[str]
    actions: Mapping[str, type[BaseModel]]
    sources: Collection[str] = ()
    hooks: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    pagers: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    origins: Mapping[str, type[BaseModel]] = field(default_factory=dict)


class Unread(SettingsModel):
    """Stands in for options that are at fault, so that the rest can still be checked."""


def fill(
    document: Document, known: Known, context: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Fault]]:
    """The data with `options` of each plug-in's section filled in, and what was wrong.

    The document stays as it is: what is changed, and all around it, is a copy.
    """
    assert isinstance(document.data, dict)
    data = dict(document.data)
    copied: set[NodePath] = set()
    faults = _format_faults(document, known)
    for path, models, keys in _sites(document, known):
        raw = document.get(path)
        if isinstance(raw, dict):
            options, found = _options(document, path, models, keys, context)
            faults.extend(found)
            ours = {key: raw[key] for key in keys if key in raw}
            _put(data, copied, path, {**ours, "options": options})
    return data, faults


def _sites(
    document: Document, known: Known
) -> Iterator[tuple[NodePath, Mapping[str, type[BaseModel]], Collection[str]]]:
    for dependency in document.entries(("dependencies",)):
        for check in document.entries((*dependency, "checks")):
            yield check, known.checks, CHECK_KEYS
    for origin in document.entries(("origins",)):
        yield origin, known.origins, ORIGIN_KEYS
    for asset in document.entries(("assets",)):
        yield (*asset, "switch"), known.actions, SWITCH_KEYS
        for switch in document.entries((*asset, "switches")):
            yield switch, known.actions, SWITCH_KEYS
    for hook in document.entries(("hooks",)):
        yield hook, known.hooks, HOOK_KEYS
    for policy in (("paging",), *document.entries(("paging", "policies"))):
        levels = document.entries((*policy, "then"))
        for asked in ((*policy, "first"), *((*level, "to") for level in levels)):
            for ask in document.entries(asked):
                yield ask, known.pagers, ASK_KEYS


def _options(
    document: Document,
    path: NodePath,
    models: Mapping[str, type[BaseModel]],
    ours: Collection[str],
    context: Mapping[str, Any],
) -> tuple[BaseModel, list[Fault]]:
    raw = document.get(path)
    assert isinstance(raw, dict)
    kind = raw.get("kind")
    if not isinstance(kind, str):
        return Unread(), []  # the section's own model says so
    if kind not in models:
        return Unread(), [unknown_name(document, (*path, "kind"), kind, models, "kind")]
    model = models[kind]
    if model.model_config.get("extra") != "forbid":
        raise TypeError(f"{model.__name__} would ignore unknown keys: set extra='forbid'")
    passed = {key: raw[key] for key in raw if key not in ours or key in model.model_fields}
    try:
        return model.model_validate(passed, context=context), []
    except ValidationError as error:
        return Unread(), faults_of(error, document, model, prefix=path, also=ours)


def _format_faults(document: Document, known: Known) -> list[Fault]:
    feeds = document.entries(("feeds",))
    for vendor in document.entries(("vendors",)):
        feeds += document.entries((*vendor, "feeds"))
    faults = []
    for feed in feeds:
        for what, names in (("format", known.formats), ("source", known.sources)):
            name, path = document.get((*feed, what)), (*feed, what)
            if isinstance(name, str) and name not in names:
                faults.append(unknown_name(document, path, name, names, what))
    return faults


def unknown_name(
    document: Document, path: NodePath, wrong: str, known: Collection[str], what: str
) -> Fault:
    """A fault for a name that is none of the known ones: the nearest one, and all of them."""
    message = f"there is no {what} {shown(wrong)}{suggest(wrong, known)}"
    return document.fault(path, message, ", ".join(sorted(set(known))) or f"no {what} is defined")


def _put(data: Any, copied: set[NodePath], path: NodePath, value: object) -> None:
    for depth, part in enumerate(path[:-1], 1):
        if path[:depth] not in copied:
            copied.add(path[:depth])
            data[part] = data[part].copy()
        data = data[part]
    data[path[-1]] = value
