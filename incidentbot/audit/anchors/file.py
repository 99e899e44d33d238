"""Anchors in a file, a line each: best on another disk, or where only appending is allowed."""

import asyncio
import os
from collections.abc import Sequence

from incidentbot import ids
from incidentbot.audit import reading
from incidentbot.audit.heads import Anchor
from incidentbot.errors import Temporary
from incidentbot.settings.audit import AuditFile


async def write(options: AuditFile, anchor: Anchor) -> None:
    """Append one line, and do not come back before it is on the disk."""
    try:
        await asyncio.to_thread(_append, options, anchor)
    except OSError as error:
        raise Temporary(f"{options.path}: {error.strerror or error}") from error


def read(options: AuditFile) -> Sequence[Anchor]:
    try:
        text = options.path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Temporary(f"{options.path}: {error.strerror or error}") from error
    return list(reading.anchors(text, str(options.path)))


def _append(options: AuditFile, anchor: Anchor) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    file = os.open(options.path, flags, 0o640)
    try:
        # The line break in front ends a line that a crash or a full disk cut short.
        os.write(file, b"\n" + ids.canonical(anchor.as_dict()) + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
