"""The kinds of content a section may hold. Values only; `kind` tells them apart in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Basis = Literal["recorded", "told", "worked out"]  # by a machine, by a person, from the two
Shade = Literal["up", "degraded", "down", "unknown"]  # how a band of the chart looks


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    basis: Basis = "recorded"
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that nobody recorded: a person has to answer it."""

    text: str
    kind: Literal["question"] = "question"


@dataclass(frozen=True, slots=True)
class Point:
    text: str
    basis: Basis = "recorded"


@dataclass(frozen=True, slots=True)
class Points:
    items: tuple[Point, ...]
    kind: Literal["points"] = "points"


@dataclass(frozen=True, slots=True)
class Milestone:
    """`at` is None while it is not known; then `missing` asks for it."""

    id: str
    name: str
    at: datetime | None
    meaning: str
    basis: Basis = "recorded"
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Milestones:
    rows: tuple[Milestone, ...]
    kind: Literal["milestones"] = "milestones"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its definition beside it. `seconds` is None when it is not known."""

    id: str
    name: str
    seconds: float | None
    words: str
    definition: str


@dataclass(frozen=True, slots=True)
class Measures:
    rows: tuple[Measure, ...]
    kind: Literal["measures"] = "measures"


@dataclass(frozen=True, slots=True)
class Window:
    """One spell in which a check was not up. `end` is None when it still lasts."""

    what: str
    users_path: bool
    state: Shade
    start: datetime
    end: datetime | None
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Windows:
    rows: tuple[Window, ...]
    definition: str
    kind: Literal["windows"] = "windows"


@dataclass(frozen=True, slots=True)
class Band:
    start: datetime
    end: datetime
    shade: Shade
    word: str


@dataclass(frozen=True, slots=True)
class Strip:
    label: str
    bands: tuple[Band, ...]
    vendor: bool = False


@dataclass(frozen=True, slots=True)
class Harm:
    """`share` of the checks on the users' path that were down, 0 to 1."""

    start: datetime
    end: datetime
    share: float


@dataclass(frozen=True, slots=True)
class Mark:
    at: datetime
    label: str
    shape: Literal["milestone", "runbook", "person", "other"] = "milestone"


@dataclass(frozen=True, slots=True)
class Chart:
    """The incident on one line. `text` says the same in words, for those who cannot see it."""

    start: datetime
    end: datetime
    strips: tuple[Strip, ...]
    harm: tuple[Harm, ...]
    milestones: tuple[Mark, ...]
    actions: tuple[Mark, ...]
    text: str
    left_out: int = 0  # actions that are in the timeline only
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline; `until` and `details` when it stands for several entries."""

    at: datetime
    until: datetime | None
    what: str  # the entry's kind
    who: str
    text: str
    basis: Basis = "recorded"
    learned: datetime | None = None  # when that was clearly later than `at`
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    rows: tuple[Moment, ...]
    kind: Literal["timeline"] = "timeline"


@dataclass(frozen=True, slots=True)
class Change:
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Named:
    """A small fact with its name, e.g. "Undo" and how."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Run:
    """A runbook's plan: what it was to change, who agreed, what became of it, and the proof."""

    plan_id: str
    title: str
    state: str
    outcome: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    approvals: tuple[Named, ...]  # who, when
    changes: tuple[Change, ...]
    facts: tuple[Named, ...]
    steps: tuple[Named, ...]
    proof: tuple[str, ...]
    hash: str
    kind: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Starts with a verb, ends where anyone can see that it is done."""

    type: Literal["prevent", "mitigate", "detect", "process"]
    text: str
    done_when: str
    because: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class FollowUps:
    rows: tuple[FollowUp, ...]
    kind: Literal["follow_ups"] = "follow_ups"


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: Literal["table"] = "table"


Block = (
    Paragraph
    | Question
    | Points
    | Milestones
    | Measures
    | Windows
    | Chart
    | Story
    | Run
    | FollowUps
    | Table
)
