"""What every section of the configuration is made of."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from incidentbot.settings.values import Flag, HttpUrl, is_private, refuse


class SettingsModel(BaseModel):
    """What every section is made of. Plug-ins derive the model of their options from it too."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class WebTarget(SettingsModel):
    """Something the bot fetches. Private networks only where the file says so."""

    url: HttpUrl = Field(description="Address to fetch.")
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )

    @model_validator(mode="after")
    def _private_on_purpose(self) -> Self:
        if is_private(self.url) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="url")
        return self
