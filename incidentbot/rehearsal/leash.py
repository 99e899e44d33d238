"""Run a command until standard input closes. Run as a script, with the standard library alone.

    python leash.py COMMAND [ARGUMENT...]

The parent holds the other end of standard input. A pipe closes even when its holder is killed
with SIGKILL, on every system, so the command never outlives the one who started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_S = 5.0


def end_group(pgid: int, grace: float = GRACE_S) -> None:
    """SIGTERM to the whole group, then SIGKILL to what is left of it."""
    deadline = time.monotonic() + grace
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(pgid, 0)  # raises once the group is empty
            time.sleep(0.02)
        os.killpg(pgid, signal.SIGKILL)


def watch_parent(pgid: int) -> None:
    """Block until standard input closes, then end the command."""
    while os.read(0, 1):  # unbuffered: a buffer's lock would be held when this process ends
        pass
    end_group(pgid)


def main(command: list[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end(*_: object) -> None:
        # In a thread: this one must go on to wait for the child, or its group never empties.
        threading.Thread(target=end_group, args=(child.pid,), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=watch_parent, args=(child.pid,), daemon=True).start()
    code = child.wait()
    end_group(child.pid, 1.0)  # what it left behind
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
