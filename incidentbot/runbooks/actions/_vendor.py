"""What the HTTP APIs of vendors have in common: an address, a secret token, JSON that may fail."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from incidentbot.errors import InDoubt
from incidentbot.settings import Flag, HttpUrl, SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import is_private, refuse


class Vendor(SettingsModel):
    """Keys of every switch at a vendor. `api_url` gets its default where it is known."""

    token: Secret = Field(description="Variable that holds the token of the API.")
    api_url: HttpUrl = Field(description="Address of the API.")
    allow_private: Flag = Field(
        False, description="Let that address lead to this machine or a private network."
    )

    @model_validator(mode="after")
    def _private_on_purpose(self) -> Self:
        if is_private(self.api_url) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="api_url")
        return self

    @property
    def base(self) -> str:
        return self.api_url.rstrip("/")


def body(answer: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The JSON object of an answer; InDoubt for whatever else a proxy in between may say."""
    found = answer["json"]
    if not isinstance(found, dict):
        raise InDoubt(f"{what}: answered {answer['status']} with what is no JSON object")
    return found


def field(found: Mapping[str, Any], name: str, what: str) -> str:
    """A field that has to be text."""
    value = found.get(name)
    if not isinstance(value, str):
        raise InDoubt(f"{what}: its answer has no {name}")
    return value
