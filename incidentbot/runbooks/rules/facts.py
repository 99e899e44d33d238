"""What a guard may know. Gathered elsewhere; nothing here asks anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from incidentbot.runbooks.policy import Limits

Verdict = Literal["pass", "warn", "refuse"]
Said = tuple[Verdict, str]
Kind = Literal["switch", "write", "manual"]

# A plan turns a switch, or writes something else, or holds only what people do by hand.
SWITCH: Kind = "switch"
WRITE: Kind = "write"
MANUAL: Kind = "manual"
EVERY: frozenset[Kind] = frozenset({SWITCH, WRITE, MANUAL})
WRITING: frozenset[Kind] = frozenset({SWITCH, WRITE})
SWITCHING: frozenset[Kind] = frozenset({SWITCH})


@dataclass(frozen=True, slots=True)
class Write:
    """One write, or one stage of it. `before` and `after` tell who serves: percent by origin, a
    stranger under his own value; empty for what is no switch. `fields` are those that change."""

    number: int
    target: str
    requests: int
    fields: tuple[str, ...] = ()
    may_change: tuple[str, ...] = ()
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    parts: bool = False  # the action can move a share of the traffic
    turns: bool = False  # it is a switch
    region: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What else goes on: other plans, counts, the calendar, the kill switch.

    `written` are the things that other runs wrote to within the window, or are about to.
    """

    written: frozenset[str] = frozenset()
    inventory: int = 1  # all the things there are
    running: tuple[str, ...] = ()  # other plans that are approved or running, anywhere
    by_person: int = 0
    by_runbook: int = 0
    writes: int = 0  # in the last minute
    freeze: str = ""  # the window that is open now, in words
    freeze_blocks: bool = False
    stopped: str | None = None
    drilled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a guard may know. `live_origin` is None while nobody has looked, or when the
    live value belongs to no origin (`live_value` then says what it is). For a plan that turns no
    switch there is neither source nor destination: they are empty."""

    now: datetime
    to: str
    source: str
    to_backup: bool
    serving: str
    live_value: str | None
    live_origin: str | None
    source_state: str
    source_since: datetime | None
    to_state: str
    to_since: datetime | None
    healthy_for: timedelta
    readiness_state: str
    readiness_words: str
    proven_at: datetime | None
    checked_at: datetime | None
    max_age: timedelta
    plane_region: str
    failing_region: str | None
    running: str | None  # id of another plan that is approved or running on the same target
    same_before: datetime | None  # when the last switch to the same origin took effect
    kind: Kind = SWITCH
    opposite_before: datetime | None = None  # when the last switch away from it took effect
    writes: tuple[Write, ...] = ()  # none for an offer: nothing is planned yet
    likely: frozenset[str] = frozenset()  # what an offer would write to, as far as it is known
    healthy: Mapping[str, datetime | None] = field(default_factory=dict)  # origin -> last proof
    limits: Limits = field(default_factory=Limits)
    around: Around = field(default_factory=Around)
    approvals: int | None = None  # that the plan asks for; None while there is no plan
    expires_at: datetime | None = None
    over: str | None = None  # why the incident takes no plan any more
    tag: str = ""  # the tag that the target must carry, "key=value"; empty: none
    tagged: bool | None = None  # whether it does; None: nobody has looked
    drill: bool = False  # the asset is there to practise on: nothing has to be broken
    looked: bool = False  # the facts are those of a plan: the live value was read

    @property
    def offered(self) -> bool:
        """Whether there is no plan yet, and none is being made."""
        return not self.looked and self.expires_at is None

    @property
    def targets(self) -> frozenset[str]:
        """What this plan writes to, or would."""
        return frozenset(write.target for write in self.writes) or self.likely

    @property
    def extra_approvers(self) -> int:
        """Approvals beyond those of the policy: one in a freeze that lets things pass so."""
        return 1 if self.around.freeze and not self.around.freeze_blocks else 0
