"""What a runbook file may say. Guardrails need no key: they always hold."""

import string
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from incidentbot.settings import Count, Duration, Flag, Name, SettingsModel, Text
from incidentbot.settings.values import refuse

LONGEST_TTL = timedelta(minutes=15)  # an older plan shows a world that is gone
LONGEST_SOAK = timedelta(minutes=30)
PLACEHOLDERS = {"asset", "to"}
DIRECTIONS = {"dependency_down": "backup", "primary_healthy": "primary"}
Percent = Annotated[int, Field(ge=1, le=100, strict=True)]
FEW = Field(ge=1, le=20)


class StagesFile(SettingsModel):
    """A change made bit by bit: each share of the traffic is proven before the next."""

    percent: tuple[Percent, ...] = Field(
        min_length=1, max_length=10, description="Shares, rising, the last one 100."
    )
    soak: Duration = Field(
        timedelta(minutes=2), description="How long each share is watched, 30m at most."
    )

    @model_validator(mode="after")
    def _rises_to_all(self) -> Self:
        if list(self.percent) != sorted(set(self.percent)) or self.percent[-1] != 100:
            refuse("must rise and end with 100", "for example [1, 25, 100]", at="percent")
        if self.soak > LONGEST_SOAK:
            refuse("is longer than 30m, the most a share may be watched", at="soak")
        return self


class LimitsFile(SettingsModel):
    """Tighter limits than the organisation's policy has; looser ones are faults."""

    percent: Percent | None = Field(None, description="Of the inventory, changed in a window.")
    points: Percent | None = Field(None, description="Of the traffic, moved at once.")
    cooldown: Duration | None = Field(None, description="Between two runs on the same target.")
    per_hour: Count | None = Field(None, description="Runs of this runbook.")


class AutomaticFile(SettingsModel):
    """Runs without an approval, where the policy allows it: announced, and anybody may veto."""

    after: Duration = Field(description="How long the outage must have been proven.")
    veto: Duration = Field(timedelta(minutes=2), description="How long people can stop it.")


class Words(SettingsModel):
    why: Text | None = Field(None, description="Why one would do this.")
    watch_for: Text | None = Field(None, description="What to look at afterwards.")
    if_this_fails: Text | None = Field(None, description="What to do when it does not work.")


class StepFile(Words):
    """One of: an action, a question that a person answers, a list that a person ticks off."""

    model_config = ConfigDict(populate_by_name=True)

    action: Name | None = Field(None, description="The kind of switch it turns, or what it does.")
    switch: Name | None = Field(None, description="Which of an asset's switches of that kind.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, alias="with", description="Arguments of an action that has some."
    )
    stages: StagesFile | None = Field(None, description="Bit by bit, where the action can.")
    ask: Text | None = Field(None, description="A question; the run goes on when it is answered.")
    checklist: tuple[Text, ...] = Field(
        (), max_length=20, description="What a person does; the run goes on when all is done."
    )

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        given = [self.action is not None, self.ask is not None, bool(self.checklist)]
        if sum(given) != 1:
            refuse("must be one thing", "one of action, ask, checklist")
        if self.action is None:
            for key in ("switch", "arguments", "stages"):
                if getattr(self, key):
                    at = "with" if key == "arguments" else key
                    refuse("belongs to an action, and this step has none", at=at)
        return self


class RunbookFile(SettingsModel):
    """A runbook. The usual one has one action; `steps` are for those that need several."""

    model_config = ConfigDict(populate_by_name=True)

    title: Text = Field(description="What the button says; {asset} and {to} are put in for show.")
    when: Literal["dependency_down", "primary_healthy", "any_time"] = Field(
        description="When it fits: the primary is down; it is well again; always."
    )
    risk: Literal["low", "medium", "high", "critical"] = Field(
        description="What it can break; decides how many approve, whether they type the target's"
        " name, and how long a plan lives."
    )
    about: Literal["asset", "incident"] = Field(
        "asset", description="What it is offered for: each asset at risk, or the incident once."
    )
    to: Literal["backup", "primary"] | None = Field(
        None, description="Which origin serves afterwards; for whatever turns a switch."
    )
    action: Name | None = Field(None, description="The kind of switch it turns, or what it does.")
    switch: Name | None = Field(None, description="Which of an asset's switches of that kind.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, alias="with", description="Arguments of an action that has some."
    )
    stages: StagesFile | None = Field(None, description="Bit by bit, where the action can.")
    steps: tuple[StepFile, ...] = Field((), max_length=20, description="Several, in order.")
    before: tuple[Text, ...] = Field(
        (), max_length=10, description="What must be true; who approves vouches for it."
    )
    approvals: Annotated[int, Field(ge=0, le=3, strict=True)] | None = Field(
        None, description="People who must approve beside the asker; left out: by risk."
    )
    confirm: Flag = Field(
        False, description="Whether who approves must type the target's name whatever the risk."
    )
    expires: Duration | None = Field(
        None, description="How long a plan may be used, 15m at most; left out: by risk."
    )
    limits: LimitsFile = Field(LimitsFile(), description="Tighter limits than the policy's.")
    automatic: AutomaticFile | None = Field(
        None, description="Run it without an approval; the policy must allow that too."
    )
    undo: Name | None = Field(
        None, description="The runbook that takes it back; for whatever turns a switch, required."
    )
    why: Text = Field(description="Why one would do this.")
    watch_for: Text = Field(description="What to look at afterwards.")
    if_this_fails: Text = Field(description="What to do when it does not work.")

    @field_validator("title")
    @classmethod
    def _known_placeholders(cls, title: str) -> str:
        try:
            parts = list(string.Formatter().parse(title))
        except ValueError:
            parts = [("", "?", "", None)]
        plain = {(name, spec, how) for _, name, spec, how in parts if name is not None}
        if plain - {(name, "", None) for name in PLACEHOLDERS}:
            raise ValueError("may hold {asset} and {to} and no other braces")
        return title

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.action is None) == (not self.steps):
            refuse("is missing: give one `action`, or several `steps`", at="action")
        for key in ("switch", "arguments", "stages"):
            if self.steps and getattr(self, key):
                at = "with" if key == "arguments" else key
                refuse("belongs to one action: write it at the step", at=at)
        return self

    @model_validator(mode="after")
    def _moment_and_direction(self) -> Self:
        wanted = DIRECTIONS.get(self.when)
        if self.to is not None and wanted is not None and wanted != self.to:
            refuse(f"does not fit `when: {self.when}`", wanted, at="to")
        if self.about == "incident" and self.to is not None:
            refuse("is for an asset; this runbook is about the incident", at="to")
        if self.automatic is not None and self.to != "backup":
            refuse("is only for the way to the backup", at="automatic")
        if self.automatic is not None and any(step.action is None for step in self.steps):
            refuse("cannot wait for people, and a step here does", at="automatic")
        return self

    @field_validator("expires")
    @classmethod
    def _short_lived(cls, expires: timedelta | None) -> timedelta | None:
        if expires is not None and expires > LONGEST_TTL:
            raise ValueError("is longer than 15m, the most a plan may live")
        return expires

    @property
    def every_step(self) -> tuple[StepFile, ...]:
        """The steps, however the file gives them."""
        if self.steps:
            return self.steps
        one = StepFile.model_construct(
            action=self.action,
            switch=self.switch,
            arguments=self.arguments,
            stages=self.stages,
            ask=None,
            checklist=(),
            why=None,
            watch_for=None,
            if_this_fails=None,
        )
        return (one,)
