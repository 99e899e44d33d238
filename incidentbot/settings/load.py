"""File and environment -> Settings, or everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import SecretStr, ValidationError

from incidentbot.errors import ConfigError
from incidentbot.settings.document import Document
from incidentbot.settings.environment import Surroundings, read_environment, secret_finder
from incidentbot.settings.faults import Fault, render
from incidentbot.settings.model import ConfigFile, DependencySettings, Settings
from incidentbot.settings.options import Known, fill
from incidentbot.settings.references import forbidden_faults, reference_faults
from incidentbot.settings.validate import faults_of
from incidentbot.settings.yaml_lines import read


def load(
    path: Path,
    env: Mapping[str, str],
    known: Known,
    *,
    need_secrets: bool = True,
    need_slack: bool = True,
) -> Settings:
    """Read the configuration at `path` with what the environment `env` adds.

    `need_slack`: whether the section `slack` and Slack's secrets must be there; without, the
    secrets are not even looked at. `need_secrets`: the same for all secrets.
    Raises ConfigError with one line per fault: `file:line: path: message (allowed: ...)`.
    """
    settings, faults = _examine(path, env, known, need_secrets, need_slack)
    if settings is None:
        raise ConfigError(render(faults))
    return settings


def check(
    path: Path, env: Mapping[str, str], known: Known, *, need_secrets: bool = True
) -> list[Fault]:
    """Everything that is wrong, in the order of the file; nothing when it can be used.

    A file without the section `slack` is one for watching only, and needs no secrets of Slack.
    """
    return _examine(path, env, known, need_secrets, None)[1]


def _examine(
    path: Path, env: Mapping[str, str], known: Known, secrets: bool, slack: bool | None
) -> tuple[Settings | None, list[Fault]]:
    """At first without lines; when something is wrong, again with them."""
    settings, faults = _examine_once(path, env, known, secrets, slack, marks=False)
    if faults:
        return _examine_once(path, env, known, secrets, slack, marks=True)
    return settings, faults


def _examine_once(
    path: Path,
    env: Mapping[str, str],
    known: Known,
    secrets: bool,
    slack: bool | None,
    *,
    marks: bool,
) -> tuple[Settings | None, list[Fault]]:
    document, faults = read(path, marks=marks)
    asks_for_slack = document is None or "slack" in document.keys_at(())
    wanted = secrets and (asks_for_slack if slack is None else slack)
    around, env_faults = read_environment(env, path.parent, need_slack=wanted)
    file = None
    if document is not None:
        context: dict[str, object] = {"folder": path.parent}
        if secrets:
            context["secrets"] = secret_finder(env)
        file, more = _examine_document(document, context, known)
        if slack and not asks_for_slack:
            more.append(document.fault(("slack",), "is missing; `incidentbot watch` needs none"))
        faults = _in_order(faults, more)
    faults += env_faults
    if faults or file is None:
        return None, faults
    return _merge(file, around, path), []


def _examine_document(
    document: Document, context: Mapping[str, object], known: Known
) -> tuple[ConfigFile | None, list[Fault]]:
    # The most telling fault of a place comes first; `_in_order` keeps it.
    faults = list(forbidden_faults(document))
    data, found = fill(document, known, context)
    faults += found
    file = None
    try:
        file = ConfigFile.model_validate(data, context=context)
    except ValidationError as error:
        faults += faults_of(error, document, ConfigFile)
    return file, faults + list(reference_faults(document))


def _in_order(structural: list[Fault], others: list[Fault]) -> list[Fault]:
    """In the order of the file, with one fault per place beside those of the file's structure."""
    taken = {fault.path for fault in structural if fault.path}
    kept = list(structural)
    for fault in others:
        if fault.path not in taken or not fault.path:
            taken.add(fault.path)
            kept.append(fault)
    return sorted(kept, key=lambda fault: fault.line or 0)


def _merge(file: ConfigFile, around: Surroundings, path: Path) -> Settings:
    """Both are valid by now; the environment wins."""
    storage, web = file.storage, file.web
    if around.database is not None:
        storage = storage.model_copy(update={"database": SecretStr(around.database)})
    if around.port is not None:
        host = f"[{web.host}]" if ":" in web.host else web.host
        web = web.model_copy(update={"listen": f"{host}:{around.port}"})
    _share_names(file.dependencies)
    parts = dict(file) | {"storage": storage, "web": web}
    return Settings.model_construct(**parts, source=path, access=around.access)


def _share_names(dependencies: Iterable[DependencySettings]) -> None:
    """Let models share the sets of keys that were given: they are the same few over and over.

    With ten thousand checks these sets are a sixth of all memory otherwise. Nothing ever writes to
    them, since the models are frozen.
    """
    known: dict[frozenset[str], set[str]] = {}
    for dependency in dependencies:
        checks = [*dependency.checks, *(check.options for check in dependency.checks)]
        for model in (dependency, dependency.confirm, dependency.recover, *checks):
            given = known.setdefault(frozenset(model.model_fields_set), model.model_fields_set)
            object.__setattr__(model, "__pydantic_fields_set__", given)
