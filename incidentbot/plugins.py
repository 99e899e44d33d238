"""Find plug-ins by name: a module in the plug-in's folder, or an entry point of another package."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from incidentbot.errors import ConfigError


class Found(Mapping[str, Any]):
    """Name -> module. The names are listed at once; a module is imported when it is asked for, so
    that a process holds in memory only what its configuration names."""

    def __init__(self, package: str, points: Mapping[str, EntryPoint]) -> None:
        self._package = package
        self._points = points
        path = importlib.import_module(package).__path__
        self._own = sorted(m.name for m in pkgutil.iter_modules(path) if m.name[0] != "_")
        self._names = [*(name for name in points if name not in self._own), *self._own]

    def __getitem__(self, name: str) -> Any:
        if name in self._own:
            return importlib.import_module(f"{self._package}.{name}")
        return self._points[name].load()

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@cache
def found(package: str) -> Found:
    """The plug-ins of `package`, e.g. "incidentbot.signals.probes.checks".

    Entry points are read from the group of the same name; a module of our own wins over one.
    """
    return Found(package, {point.name: point for point in entry_points(group=package)})


def get(package: str, name: str) -> ModuleType:
    """The plug-in of that name. An unknown name lists the known ones."""
    known = found(package)
    if name not in known:
        what = package.rsplit(".", 1)[-1].removesuffix("s")
        raise ConfigError(f"no {what} is called {name!r} (allowed: {', '.join(sorted(known))})")
    module: ModuleType = known[name]
    return module
