"""Find plug-ins by name: a module in the plug-in's folder, or an entry point of another package."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from incidentbot.errors import ConfigError


@cache
def found(package: str) -> Mapping[str, Any]:
    """Name -> module for each plug-in of `package`, e.g. "incidentbot.signals.probes.checks".

    Entry points are read from the group of the same name; a module of our own wins over one.
    """
    parent = importlib.import_module(package)
    others = {point.name: point.load() for point in entry_points(group=package)}
    names = [m.name for m in pkgutil.iter_modules(parent.__path__) if not m.name.startswith("_")]
    return others | {name: importlib.import_module(f"{package}.{name}") for name in sorted(names)}


def get(package: str, name: str) -> ModuleType:
    """The plug-in of that name. An unknown name lists the known ones."""
    known = found(package)
    if name not in known:
        what = package.rsplit(".", 1)[-1].removesuffix("s")
        raise ConfigError(f"no {what} is called {name!r} (allowed: {', '.join(sorted(known))})")
    module: ModuleType = known[name]
    return module
