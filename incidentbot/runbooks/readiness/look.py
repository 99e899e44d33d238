"""What one look at an origin found. Data only."""

from dataclasses import dataclass, field
from typing import Any

from incidentbot.runbooks.readiness.tally import Parity


@dataclass(frozen=True, slots=True)
class Fetched:
    """`tried` objects, the critical ones and a sample, read from the origin itself; `failed` are
    the keys that could not be read whole."""

    tried: int
    failed: tuple[str, ...]
    why: str = ""  # of the first that failed


@dataclass(frozen=True, slots=True)
class Through:
    """Objects read over the way users take, asking for the backup. `unclear`: nobody answered."""

    tried: int
    failed: tuple[str, ...] = ()
    why: str = ""
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Replication:
    """Copying by the vendor itself. Seconds and counts are None while nobody knows: no data is no
    zero. `statuses`: what the source says of the sample, e.g. {"COMPLETED": 198, "FAILED": 2}."""

    rule: str = ""  # on, off, none, or "" for unknown
    lag: float | None = None
    pending: int | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    why: str = ""  # what could not be read


@dataclass(frozen=True, slots=True)
class Point:
    """One of the fifteen points. `hard`: whether `not_ready` here means that the backup is not."""

    number: int
    title: str
    result: str  # ready, not_ready, unknown, not_applicable
    evidence: str
    hard: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"number": self.number, "title": self.title, "result": self.result,
                "evidence": self.evidence, "hard": self.hard}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an origin found; None for what could not be seen, and `why`. `sampled`: an
    origin that cannot list was compared object by object."""

    parity: Parity | None
    fetched: Fetched | None
    why: str = ""
    sampled: bool = False
    through: Through | None = None
    replication: Replication | None = None
    points: tuple[Point, ...] = ()
