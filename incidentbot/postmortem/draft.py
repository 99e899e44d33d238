"""Write an incident's draft in every format. May run any number of times; the newest wins."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.orm import Session

from incidentbot import clock, ids, plugins, timeline
from incidentbot.errors import NotFound, Permanent
from incidentbot.incidents import privacy
from incidentbot.postmortem import words
from incidentbot.postmortem.compose import compose
from incidentbot.postmortem.exporters import json as as_json
from incidentbot.postmortem.facts import gather
from incidentbot.postmortem.model import Draft, Facts
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store.models import Document, Incident

EXPORTERS = "incidentbot.postmortem.exporters"
NAME = "postmortem"
PUBLIC, PRIVATE = 0o644, 0o600  # who of this machine may read the files
_ID = re.compile(r"[A-Z]{1,10}-[0-9]{1,12}")
_SUFFIX = re.compile(r"[a-z0-9]{1,10}(\.[a-z0-9]{1,10})?")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """One file; `path` is relative to the documents folder."""

    format: str
    path: str
    sha256: str


def formats() -> list[str]:
    """The formats there are, by name."""
    return sorted(plugins.found(EXPORTERS))


def links(public_url: str, incident_id: str, formats: Iterable[str]) -> dict[str, str]:
    """Format -> address of the document, e.g. {"html": ".../documents/INC-1/postmortem.html"}."""
    root = public_url.rstrip("/")
    return {name: f"{root}/documents/{_place(incident_id, name)}" for name in formats}


class Drafter:
    """Gathers, composes, exports, writes files, and records what was written."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._folder = settings.storage.documents

    async def write(self, incident_id: str) -> list[dict[str, str]]:
        """[{"format", "path", "sha256"}] of the files written, paths relative to the folder.

        NotFound without such an incident; Permanent when no format could be made. A format that
        fails does not keep the others from being written; the timeline names it.
        """
        facts = await self._store.tx(gather, incident_id, self._settings)
        draft = compose(facts)
        made, failed = await asyncio.to_thread(_export, draft)
        if not made:
            raise Permanent(f"No format of the postmortem of {incident_id} could be made.")
        mode = PRIVATE if await self._store.tx(_is_private, incident_id) else PUBLIC
        written = await asyncio.to_thread(_save, self._folder, incident_id, made, mode)
        await self._store.tx(_record, incident_id, written, failed, _content(facts))
        return [{"format": w.format, "path": w.path, "sha256": w.sha256} for w in written]


def _export(draft: Draft) -> tuple[dict[str, bytes], list[str]]:
    made: dict[str, bytes] = {}
    failed = []
    for name, exporter in plugins.found(EXPORTERS).items():
        try:
            made[name] = exporter.export(draft)
        except Exception:
            # One format that breaks must not keep the others from being written.
            log.exception("postmortem.export_failed", format=name, incident=draft.head.incident_id)
            failed.append(name)
    return dict(sorted(made.items())), sorted(failed)


def _content(facts: Facts) -> str:
    """Stands for what is told, whenever it is written: the time of writing is left out."""
    last = max((entry.recorded_at for entry in facts.entries), default=facts.incident.detected_at)
    return hashlib.sha256(as_json.export(compose(replace(facts, now=last)))).hexdigest()


def _place(incident_id: str, name: str) -> str:
    """INC-1/postmortem.html: the file's place in the documents folder, and in its address."""
    if not _ID.fullmatch(incident_id):
        raise NotFound(f"{incident_id!r} is not the id of an incident.")
    suffix = str(plugins.get(EXPORTERS, name).SUFFIX)
    if not _SUFFIX.fullmatch(suffix):
        raise Permanent(f"The format {name} has no usable suffix: {suffix!r}.")
    return f"{incident_id}/{NAME}.{suffix}"


def _is_private(session: Session, incident_id: str) -> bool:
    return not privacy.may_see(session, session.get_one(Incident, incident_id), None)


def _save(
    folder: Path, incident_id: str, made: Mapping[str, bytes], mode: int = PUBLIC
) -> list[Written]:
    root = folder.resolve()
    written = []
    for name, content in made.items():
        place = _place(incident_id, name)
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(root):
            raise Permanent(f"{target.parent} leads out of the documents folder; nothing written.")
        _replace(target, content, mode)
        written.append(Written(name, place, hashlib.sha256(content).hexdigest()))
    return written


def _replace(target: Path, content: bytes, mode: int) -> None:
    """All or nothing: a reader, or a crash, finds the old file or the new one."""
    handle, part = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(mode)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _record(
    session: Session, incident_id: str, written: list[Written], failed: list[str], content: str
) -> None:
    names = words.listed([w.format for w in written])
    text = f"A postmortem draft was written as {names}."
    if failed:
        text += f" It could not be made as {words.listed(failed)}; the log says why."
    rows: list[dict[str, Any]] = [
        {"format": w.format, "path": w.path, "sha256": w.sha256} for w in written
    ]
    # The entry first: it locks the incident, so two writers record one after the other.
    timeline.append(
        session,
        incident_id,
        "document",
        text,
        data={"formats": rows, "failed": failed},
        key=f"document:{incident_id}:{ids.short(content, names, *failed)}",
    )
    for w in written:
        session.merge(
            Document(
                incident_id=incident_id,
                format=w.format,
                path=w.path,
                sha256=w.sha256,
                written_at=clock.now(),
            )
        )
