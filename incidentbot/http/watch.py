"""The stopwatch of one call, found by the layers below the client through a context variable.

aiohttp's own trace configurations would do, but they cost a sixth of a check.
"""

from contextvars import ContextVar

from incidentbot import clock
from incidentbot.http.certificate import Certificate


class Watch:
    """Notes when each phase ended, in milliseconds from the start, and what was met on the way.

    `stage` is what the call is waiting for: dns, connect, tls, answer or body. `fresh`: pooled
    connections may not be used. `made`: a connection was made for this call. `note` is for people.
    """

    __slots__ = ("certificate", "fresh", "made", "note", "phases", "stage", "start")

    def __init__(self, fresh: bool = False) -> None:
        self.start = clock.monotonic()
        self.phases: dict[str, float] = {}
        self.certificate: Certificate | None = None
        self.fresh = fresh
        self.made = False
        self.note = ""
        self.stage = "answer"

    def passed(self, phase: str, stage: str) -> None:
        """`phase` has just ended and `stage` begins."""
        self.phases[phase] = round((clock.monotonic() - self.start) * 1000, 2)
        self.stage = stage


WATCH: ContextVar[Watch] = ContextVar("watch")
