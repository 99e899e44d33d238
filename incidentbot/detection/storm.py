"""So many alarms at once that one incident serves better than one more."""

from collections import deque
from datetime import datetime, timedelta

STORM = 20  # incidents within a minute, after which more of them would help nobody
WITHIN = timedelta(minutes=1)


class Storm:
    """Remembers who alarmed last."""

    def __init__(self) -> None:
        self._alarms: deque[tuple[datetime, str]] = deque(maxlen=STORM)

    def alarmed(self, at: datetime, name: str) -> None:
        self._alarms.append((at, name))

    @property
    def names(self) -> list[str]:
        """Whoever alarmed last, the oldest first. One of them explains others while it fails."""
        return [name for _, name in self._alarms]

    def head(self, now: datetime) -> str:
        """The first of so many that alarmed within a minute; empty when they were fewer."""
        if len(self._alarms) < STORM:
            return ""
        at, name = self._alarms[0]
        return name if abs(now - at) <= WITHIN else ""
