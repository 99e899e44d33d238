"""The first row of each start: which version runs, with which configuration and runbooks."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.audit.chain import append
from incidentbot.settings import Settings


def started(session: Session, digests: dict[str, str]) -> None:
    append(session, "started", "incidentbot", data=digests)


def digests(settings: Settings) -> dict[str, str]:
    """Version, and SHA-256 of the configuration and of all runbooks, empty where there are none."""
    books = {
        path.name: _digest(path)
        for path in sorted(settings.runbooks.glob("*.yaml"))
    }  # fmt: skip
    return {
        "version": version("incidentbot"),
        "configuration": _digest(settings.source),
        "runbooks": ids.digest(books) if books else "",
    }


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
