"""Captured polls: files named by their moment (2025-02-06T0842Z.json), or listed in a MANIFEST.csv.

The columns that are read: path (relative to the list), vendor, captured_at, storage_affected.
"""

import csv
import heapq
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from incidentbot.replay.events import BadRecording, Poll

MANIFEST = "MANIFEST.csv"
SUFFIXES = (".json", ".rss", ".atom", ".xml", ".txt", ".html")
NAMED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):?(\d\d):?(\d\d)?Z")


def polls(folder: Path) -> Iterator[Poll]:
    """The polls of a folder in the order of their clock; their bodies are read when played.

    Only names are kept, so a long recording costs little more than a short one.
    """
    series = []
    for place, _, names in os.walk(folder.resolve()):
        here = Path(place)
        found = [name for name in names if name.endswith(SUFFIXES)]
        if found:
            listed, prefix = _list_of(here)
            read = partial(_named, here, listed, prefix)
            series.append(map(read, sorted(found, key=lambda name: (read(name).at, name))))
    if not series:
        allowed = f"files that end in {', '.join(SUFFIXES)}"
        raise BadRecording(folder, None, "holds no captured polls", allowed)
    return heapq.merge(*series, key=lambda each: (each.at, each.path))


def _named(folder: Path, listed: Mapping[str, Mapping[str, str]], prefix: str, name: str) -> Poll:
    return _poll(folder, name, listed.get(f"{prefix}{name}", {}))


def poll(path: Path) -> Poll:
    """One captured body. Its moment comes from its list, its name or the folder's."""
    here = path.resolve().parent
    listed, prefix = _list_of(here)
    return _poll(here, path.name, listed.get(f"{prefix}{path.name}", {}))


def _poll(folder: Path, name: str, row: Mapping[str, str]) -> Poll:
    at = _moment(row.get("captured_at", "")) or _moment(name)
    if at is None:
        message = "says nowhere when it was captured"
        allowed = f"a name such as 2025-02-06T0842Z.json, or captured_at in a {MANIFEST}"
        raise BadRecording(folder / name, None, message, allowed)
    vendor = row.get("vendor", "")
    return Poll(at, vendor, folder / name, affected=row.get("storage_affected", ""))


def _list_of(folder: Path) -> tuple[Mapping[str, Mapping[str, str]], str]:
    """The nearest list above a folder, and how the names of its files begin there."""
    for above in [folder, *list(folder.parents)[:3]]:
        rows = _listed(above / MANIFEST)
        if rows:
            prefix = folder.relative_to(above).as_posix()
            return rows, "" if prefix == "." else f"{prefix}/"
    return {}, ""


@cache
def _listed(manifest: Path) -> Mapping[str, Mapping[str, str]]:
    if not manifest.is_file():
        return {}
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if "path" not in (rows.fieldnames or ()):
            raise BadRecording(manifest, 1, "has no column 'path'")
        return {row["path"]: row for row in rows}


def _moment(text: str) -> datetime | None:
    found = NAMED.search(text)
    if found:
        day, hour, minute, second = found.groups()
        return datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}+00:00")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
