"""Captured polls: files named by their moment (2025-02-06T0842Z.json), or listed in a MANIFEST.csv.

The columns that are read: path (relative to the list), vendor, captured_at, storage_affected.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from incidentbot.replay.events import BadRecording, Poll

MANIFEST = "MANIFEST.csv"
SUFFIXES = (".json", ".rss", ".atom", ".xml", ".txt", ".html")
NAMED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):?(\d\d):?(\d\d)?Z")


def polls(folder: Path) -> Iterator[Poll]:
    """The polls of a folder in the order of their clock; their bodies are read when played."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    found = [poll(path) for path in files]
    yield from sorted(found, key=lambda each: (each.at, each.path))


def poll(path: Path) -> Poll:
    """One captured body. Its moment comes from its list, its name or the folder's."""
    row = _row(path)
    at = _moment(row.get("captured_at", "")) or _moment(path.name)
    if at is None:
        message = "says nowhere when it was captured"
        allowed = f"a name such as 2025-02-06T0842Z.json, or captured_at in a {MANIFEST}"
        raise BadRecording(path, None, message, allowed)
    return Poll(at, row.get("vendor", ""), path, affected=row.get("storage_affected", ""))


def _row(path: Path) -> Mapping[str, str]:
    here = path.resolve()
    for folder in list(here.parents)[:4]:
        rows = _listed(folder / MANIFEST)
        if rows:
            return rows.get(str(here.relative_to(folder)), {})
    return {}


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
