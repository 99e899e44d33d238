"""What a running workflow knows of the step it is at, and how long it waits."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from incidentbot.runbooks import plan as plans
from incidentbot.runbooks.contract import Live
from incidentbot.settings import AssetSettings


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds: between two looks at a write in doubt (grows), after which a write that
    shows no effect had none, and between two rounds of the proof from outside.

    `settled` must be longer than a write can take to give up, and to spread; where an action says
    that its own take longer, they get that, times `spread`.
    """

    look: float = 2.0
    settled: float = 15.0
    proof: float = 0.5
    spread: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """What the workflow needs of one step of one plan."""

    plan_id: str
    number: int
    asset: AssetSettings | None
    action: ModuleType
    options: Any
    body: dict[str, Any]
    fence: int

    @property
    def step(self) -> dict[str, Any]:
        return plans.step_of(self.body, self.number)

    @property
    def by_hand(self) -> str:
        return str(self.action.by_hand(self.options))

    @property
    def repeatable(self) -> bool:
        return bool(getattr(self.action, "REPEATABLE", False))

    @property
    def settles(self) -> float:
        return float(getattr(self.action, "SETTLES", 0.0))

    def coming(self, live: Live) -> bool:
        after = plans.live_of(self.step["after"])
        return hasattr(self.action, "coming") and bool(self.action.coming(live, after))
