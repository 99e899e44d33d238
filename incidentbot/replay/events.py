"""What a recording is made of, in the order of its own clock."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incidentbot.errors import ConfigError
from incidentbot.signals import Observation


class BadRecording(ConfigError):
    """The recording cannot be played."""

    def __init__(self, path: Path, line: int | None, message: str, allowed: str = "") -> None:
        where = f"{path}:{line}" if line else f"{path}"
        more = f" (allowed: {allowed})" if allowed else ""
        super().__init__(f"{where}: {message}{more}")


@dataclass(frozen=True, slots=True)
class Poll:
    """One body of a vendor's feed. `affected`: what a person says of it, if somebody did."""

    at: datetime
    vendor: str
    path: Path
    body: bytes | None = None  # None: to be read from the path
    affected: str = ""  # yes, no, unclear


@dataclass(frozen=True, slots=True)
class Look:
    """One look of a check."""

    at: datetime
    seen: Observation


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known today: the outage began, the vendor said so, or it was over."""

    at: datetime
    dependency: str
    what: str  # down, official, up


Event = Poll | Look | Truth
