"""The section `paging`: who is asked to take an incident, and who next when nobody answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, Field, SerializeAsAny, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Duration, Name, Severity, refuse

EVERY = (1, 2, 3, 4, 5)


class AskSettings(SettingsModel):
    """One way to find or reach somebody. `options` is the model of the provider `kind` names."""

    kind: Name = Field(description="Where it is known who is on call; decides the other keys.")
    options: SerializeAsAny[BaseModel]


class LevelSettings(SettingsModel):
    after: Duration = Field(description="How long after the first were asked.")
    to: tuple[AskSettings, ...] = Field(
        (), description="Who is asked then; the last level also says that nobody owns it."
    )


class PolicySettings(SettingsModel):
    """What is asked, level by level. Left out, `first` is `slack.oncall` and `then` the usual."""

    first: tuple[AskSettings, ...] = Field(
        (), description="Who is asked at once; left out: `slack.oncall`."
    )
    then: Annotated[tuple[LevelSettings, ...], Field(min_length=1, max_length=10)] | None = Field(
        None,
        description="Who is asked when nobody answers; left out: `slack.approvers` after 5m, and"
        " after 10m it says that nobody owns the incident.",
    )
    severities: tuple[Severity, ...] = Field(
        EVERY, min_length=1, description="Severities at which anybody is asked."
    )

    @model_validator(mode="after")
    def _later_and_later(self) -> Self:
        last = timedelta(0)
        for level in self.then or ():
            if level.after <= last:
                refuse("must come later from level to level", at="then")
            last = level.after
        return self


class NamedPolicy(PolicySettings):
    name: Name = Field(description="Name that dependencies refer to.")


class PagingSettings(PolicySettings):
    policies: tuple[NamedPolicy, ...] = Field(
        (), description="Other ways to ask, for dependencies that name one."
    )

    @property
    def kinds(self) -> frozenset[str]:
        """The providers that are made use of."""
        every: tuple[PolicySettings, ...] = (self, *self.policies)
        later = [ask for policy in every for level in policy.then or () for ask in level.to]
        return frozenset(ask.kind for ask in [*later, *(a for p in every for a in p.first)])
