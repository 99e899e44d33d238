"""What a runbook comes to for one target: steps with everything an approval is about. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from incidentbot.runbooks.contract import Goal, Live, Plane, Planned, Request
from incidentbot.settings import AssetSettings, SwitchSettings


@dataclass(frozen=True, slots=True)
class Target:
    """The switch of an asset that a plan is about; no switch for a runbook that has none to turn,
    no asset for one that is about the incident as a whole."""

    asset: AssetSettings | None
    switch: SwitchSettings | None

    @property
    def name(self) -> str:
        """As buttons and commands name it: "asset", or "asset/switch" where it has several."""
        if self.asset is None:
            return ""
        several = self.switch is not None and len(self.asset.ways) > 1
        return (
            f"{self.asset.name}/{self.switch.called}"
            if several and self.switch
            else self.asset.name
        )


@dataclass(frozen=True, slots=True)
class WriteStep:
    """One write, or one stage of it. `before` is what was read, or, from the second step on the
    same target on, what the step before leaves (its token is unknown then)."""

    number: int
    action: str
    switch: str  # what the asset calls it; empty for an action that turns none
    options: Any
    goal: Goal
    before: Live
    planned: Planned
    undo: tuple[Request, ...]
    plane: Plane
    may_change: tuple[str, ...]
    soak: timedelta
    words: Mapping[str, str]  # why, watch_for, if_this_fails, where the file has them
    arguments: Mapping[str, Any] = field(default_factory=dict)  # of an action that is no switch
    parts: bool = False  # the action can move a share of the traffic


@dataclass(frozen=True, slots=True)
class ManualStep:
    """Something a person does or answers; the run waits for it. `items` make a checklist."""

    number: int
    ask: str
    items: tuple[str, ...]
    words: Mapping[str, str]


Step = WriteStep | ManualStep
