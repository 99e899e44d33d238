"""One rehearsal per folder: the second start learns where the first one is."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another process holds the folder; `url` is where it serves its page ("" while starting)."""

    def __init__(self, pid: int, url: str) -> None:
        super().__init__(url)
        self.pid = pid
        self.url = url


class Lock:
    """The system lets go of it when the process ends in any way, so it is never stale."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Hold the lock; AlreadyRunning when somebody else does."""
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            known = _read(file.read())
            file.close()
            raise AlreadyRunning(*known) from None
        self._file = file
        self.tell("")

    def tell(self, url: str) -> None:
        """Write down where the page is, for the next one who tries."""
        assert self._file is not None, "take() comes first"
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), "url": url}, self._file)
        self._file.flush()

    def release(self) -> None:
        if self._file is not None:
            self.path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def _read(text: str) -> tuple[int, str]:
    try:
        known = json.loads(text)
        return int(known["pid"]), str(known["url"])
    except (ValueError, KeyError, TypeError):
        return 0, ""  # caught between truncating and writing
