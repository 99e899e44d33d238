"""One configured sender: its settings and the receiver that understands it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from incidentbot import plugins
from incidentbot.settings import HookSettings
from incidentbot.signals import Signal
from incidentbot.signals.hooks.reading import RECEIVERS


@dataclass(frozen=True, slots=True)
class Hook:
    name: str
    kind: str
    options: Any
    receiver: Any


def hooks_of(settings: Iterable[HookSettings]) -> Mapping[str, Hook]:
    """The configured senders by name."""
    return {
        one.name: Hook(one.name, one.kind, one.options, plugins.get(RECEIVERS, one.kind))
        for one in settings
    }


def dependencies_of(hook: HookSettings, signal: Signal) -> tuple[str, ...]:
    """Which dependencies an alert is about: by its labels, else those of every alert.

    Beside the alert's own labels, `service`, `region` and `title` can be asked for.
    """
    own = {"service": signal.service, "region": signal.region, "title": signal.title}
    labels = own | dict(signal.labels)
    found = [
        rule.dependency
        for rule in hook.match
        if all(fnmatchcase(labels.get(key, ""), value) for key, value in rule.labels.items())
    ]
    return tuple(dict.fromkeys(found)) or hook.dependencies
