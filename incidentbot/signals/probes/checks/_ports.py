"""Kinds of value that checks of plain connections share."""

import ipaddress
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Flag, Matching, refuse

Host = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]{2,45}",
        "a host",
        "a host's name or address, without port",
    ),
]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]


class Place(SettingsModel):
    """A host and a port. Private networks only where the file says so."""

    host: Host = Field(description="Name or address to connect to.")
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )

    @model_validator(mode="after")
    def _private_on_purpose(self) -> Self:
        if private(self.host) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="host")
        return self


def private(host: str) -> bool:
    """Whether it plainly names this machine or a private network (no look-up)."""
    plain: Any = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(plain).is_global
    except ValueError:
        return False
