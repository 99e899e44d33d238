"""The section `policy`: what every runbook keeps to. A runbook's file may only be stricter."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Count, Duration, FilePath, Flag, Person, Text, refuse
from incidentbot.settings.watching import WindowSettings

Risk = Literal["low", "medium", "high", "critical"]
RISKS: tuple[Risk, ...] = ("low", "medium", "high", "critical")

LONGEST_TTL = timedelta(minutes=15)  # an older plan shows a world that is gone
LONGEST_PROOF = timedelta(minutes=30)  # what was healthy longer ago proves nothing in an outage
QUICKEST = timedelta(minutes=1)  # people must have the time to read, and to say no

People = Annotated[int, Field(ge=1, le=3, strict=True)]
PeopleOrNone = Annotated[int, Field(ge=0, le=3, strict=True)]
Percent = Annotated[int, Field(ge=1, le=100, strict=True)]
Pair = Annotated[int, Field(ge=1, le=2, strict=True)]


class ApprovalsSettings(SettingsModel):
    """People who must approve beside whoever asked, by the risk that a runbook names."""

    low: PeopleOrNone = Field(1, description="For a low risk; 0 lets it run without one.")
    medium: People = Field(1, description="For a medium risk.")
    high: People = Field(1, description="For a high risk.")
    critical: People = Field(2, description="For a critical risk.")

    def of(self, risk: Risk) -> int:
        return {"low": self.low, "medium": self.medium, "high": self.high}.get(risk, self.critical)


class LivesSettings(SettingsModel):
    """How long a plan may be used, by risk."""

    low: Duration = Field(timedelta(minutes=15), description="At a low risk.")
    medium: Duration = Field(timedelta(minutes=15), description="At a medium risk.")
    high: Duration = Field(timedelta(minutes=10), description="At a high risk.")
    critical: Duration = Field(timedelta(minutes=10), description="At a critical risk.")

    @model_validator(mode="after")
    def _short_lived(self) -> Self:
        for risk in RISKS:
            if self.of(risk) > LONGEST_TTL:
                refuse("is longer than a plan may live", "at most 15m", at=risk)
        return self

    def of(self, risk: Risk) -> timedelta:
        lives = {"low": self.low, "medium": self.medium, "high": self.high}
        return lives.get(risk, self.critical)


class CapsSettings(SettingsModel):
    """How much may change. All of them hold; the smallest wins."""

    targets: Count = Field(1, description="Things that one plan may write to.")
    percent: Percent = Field(
        25, description="Of all switches, changed within `window`; one is always allowed."
    )
    points: Percent = Field(
        50, description="Percent of the traffic that one stage may take from a place that works."
    )
    window: Duration = Field(
        timedelta(minutes=10), description="Time over which all runs are counted together."
    )
    in_window: Count = Field(1, description="Things that all runs together may write to in it.")


class FloorSettings(SettingsModel):
    """What must be left."""

    origins: Pair = Field(1, description="Proven healthy origins that serve after each stage.")
    proven_within: Duration = Field(
        timedelta(minutes=5), description="How old the proof of their health may be."
    )

    @model_validator(mode="after")
    def _fresh(self) -> Self:
        if self.proven_within > LONGEST_PROOF:
            refuse("is longer than a proof is good for", "at most 30m", at="proven_within")
        return self


class CooldownSettings(SettingsModel):
    """Rest between two switches of one asset, against going back and forth."""

    same: Duration = Field(timedelta(minutes=15), description="Before the same switch again.")
    opposite: Duration = Field(
        timedelta(minutes=30),
        description="Before the way back; not while the place that serves is proven down.",
    )


class RatesSettings(SettingsModel):
    person: Count = Field(2, description="Runs in an hour that one person has asked for.")
    runbook: Count = Field(3, description="Runs in an hour of one runbook.")
    writes: Count = Field(6, description="Writes in a minute, of all runs together.")
    running: Count = Field(1, description="Runs at the same time.")


class FreezeSettings(WindowSettings):
    """A time in which things are left alone: once, or again and again."""

    effect: Literal["block", "extra_approver"] = Field(
        "block", description="Nothing is changed, or only with one more approval."
    )


class BreakGlassSettings(SettingsModel):
    """Who may skip approval, cooldown and freezes, with a reason that everybody reads."""

    people: tuple[Person, ...] = Field(
        (), description="User names or ids in Slack; left out: nobody may."
    )


class AutomaticSettings(SettingsModel):
    """Whether a runbook may say `automatic`: run without an approval, after a time for a veto."""

    allowed: Flag = Field(False, description="Whether any runbook may.")
    after: Duration = Field(
        timedelta(minutes=10), description="Least time that the outage must have been proven."
    )
    veto: Duration = Field(
        timedelta(minutes=2), description="Least time in which people can say no."
    )

    @model_validator(mode="after")
    def _people_can_say_no(self) -> Self:
        for key in ("after", "veto"):
            if getattr(self, key) < QUICKEST:
                refuse("is too short for people to say no", "1m or more", at=key)
        return self


class TagSettings(SettingsModel):
    """A tag that a thing must carry at its provider before anything is written to it."""

    key: Text = Field(description="The tag's key.")
    value: Text = Field(description="The tag's value.")


class GuardPolicy(SettingsModel):
    """What every runbook keeps to."""

    approvals: ApprovalsSettings = Field(
        ApprovalsSettings(), description="People who must approve, by risk."
    )
    confirm_from: Risk = Field(
        "high", description="From this risk on, who approves types the target's name."
    )
    plan_ttl: LivesSettings = Field(
        LivesSettings(), description="How long a plan may be used, by risk; at most 15m."
    )
    caps: CapsSettings = Field(CapsSettings(), description="How much may change.")
    floor: FloorSettings = Field(FloorSettings(), description="What must be left after it.")
    cooldown: CooldownSettings = Field(
        CooldownSettings(), description="Rest between two switches of one asset."
    )
    rates: RatesSettings = Field(RatesSettings(), description="How often.")
    freezes: tuple[FreezeSettings, ...] = Field(
        (), description="Times in which things are left alone."
    )
    break_glass: BreakGlassSettings = Field(
        BreakGlassSettings(), description="Who may go ahead alone in need."
    )
    automatic: AutomaticSettings = Field(
        AutomaticSettings(), description="Runs without an approval."
    )
    tag: TagSettings | None = Field(
        None, description="Tag that a target must carry; left out: this file is the list."
    )
    drill_warn_after: Duration = Field(
        timedelta(days=90), description="Age of the last drill from which a plan warns."
    )
    stop_file: FilePath | None = Field(
        None, description="While this file is there, nothing is written anywhere."
    )
