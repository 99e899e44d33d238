"""The section `hooks`: who may push alerts to us, and which dependency an alert is about."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, SerializeAsAny, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Name, Text, refuse

Weight = Literal["probe", "feed"]


class HookOptions(SettingsModel):
    """The keys of one kind of hook. `WEIGHT` is how much its word weighs if the file is silent."""

    WEIGHT: ClassVar[Weight] = "probe"


class HookMatch(SettingsModel):
    labels: dict[Text, Text] = Field(
        min_length=1,
        description="Labels that an alert must bear, all of them; `*` in a value fits anything.",
    )
    dependency: Name = Field(description="Dependency that such an alert is about.")


class HookSettings(SettingsModel):
    """One sender. `options` is the checked model of the receiver that `kind` names."""

    name: Name = Field(description="Name in the address: POST /hooks/<name>.")
    kind: Name = Field(description="What sends it; decides the other keys.")
    dependencies: tuple[Name, ...] = Field(
        (), description="Dependencies of every alert that no `match` fits."
    )
    match: tuple[HookMatch, ...] = Field((), description="Dependencies by an alert's labels.")
    weight: Weight | None = Field(
        None,
        description="Whether its word decides like a probe's or is a vendor's word like a feed's;"
        " left out: as suits the kind.",
    )
    options: SerializeAsAny[BaseModel]

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if not self.dependencies and not self.match:
            refuse("is about no dependency; give `dependencies`, `match`, or both")
        return self

    @property
    def weighs(self) -> Weight:
        """The weight in force."""
        default: Weight = getattr(self.options, "WEIGHT", "probe")
        return self.weight or default
