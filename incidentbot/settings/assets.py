"""What can be served from a second place: how it is switched, proven, and kept ready."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from pydantic import BaseModel, Field, SerializeAsAny, field_validator, model_validator

from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.origins import ReadinessSettings, takes_a_key
from incidentbot.settings.values import (
    Duration,
    Flag,
    HeaderName,
    HttpUrl,
    Name,
    Text,
    is_private,
    refuse,
)


class SwitchSettings(SettingsModel):
    """How an asset changes its origin. `options` is the model of the plug-in `kind` names."""

    kind: Name = Field(description="What kind of switch it is; decides the other keys.")
    name: Name = Field(
        "", description="Name within the asset; left out: its kind. Needed for two of one kind."
    )
    values: dict[Name, str] = Field(
        description="What to write for each of the two origins, by the origin's name."
    )
    options: SerializeAsAny[BaseModel]

    @property
    def called(self) -> str:
        return self.name or self.kind


class VerifySettings(WebTarget):
    """Where users get the asset from: read from outside after a switch."""

    header: HeaderName = Field(description="Response header that names the serving origin.")
    keys: tuple[Text, ...] = Field(min_length=1, description="Objects to fetch, put for {key}.")
    also: tuple[HttpUrl, ...] = Field(
        (), max_length=5, description="The same objects by other ways: another edge, another name."
    )
    within: Duration = Field(
        timedelta(seconds=20), description="How long the switch may take to be seen."
    )

    @field_validator("url", "also")
    @classmethod
    def _url_takes_a_key(cls, given: Any) -> Any:
        return takes_a_key(given) if isinstance(given, str) else tuple(map(takes_a_key, given))

    @model_validator(mode="after")
    def _others_private_on_purpose(self) -> Self:
        if any(is_private(url) for url in self.also) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="also")
        return self


class AssetSettings(SettingsModel):
    name: Name = Field(description="Name that runbooks refer to.")
    title: Text = Field(description="What people call it.")
    primary: Name = Field(description="Origin that serves it normally.")
    backup: Name = Field(description="Origin that can take over.")
    dependency: Name = Field(description="Dependency whose failure puts it at risk.")
    switch: SwitchSettings | None = Field(
        None, description="How its origin is changed; `switches` where there are several ways."
    )
    switches: tuple[SwitchSettings, ...] = Field(
        (), description="The ways in which its origin can be changed."
    )
    drill: Flag = Field(
        False, description="Whether it is there to practise on: offered in drills, and only there."
    )
    verify: VerifySettings = Field(description="How a switch is proven from outside.")
    readiness: ReadinessSettings = Field(
        ReadinessSettings(), description="How the backup is proven before it is needed."
    )
    healthy_for: Duration = Field(
        timedelta(minutes=10), description="How long the primary must be well before the way back."
    )

    @model_validator(mode="after")
    def _some_way_to_switch(self) -> Self:
        if (self.switch is None) == (not self.switches):
            refuse("is missing: give one `switch`, or several `switches`", at="switch")
        called = [one.called for one in self.switches]
        twice = next((one for one in called if called.count(one) > 1), None)
        if twice is not None:
            refuse(f"has {twice!r} twice: give each a `name` of its own", at="switches")
        return self

    @property
    def ways(self) -> tuple[SwitchSettings, ...]:
        """Every switch, however the file gives them."""
        return self.switches or ((self.switch,) if self.switch else ())
