"""What is known of a vendor: the shape of the built-in catalogue and of the section `vendors`."""

from __future__ import annotations

import re
from datetime import timedelta
from string import Formatter

from pydantic import Field, field_validator

from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.values import Duration, Flag, Name, Region, Text, refuse

PLACES = {"service", "region"}
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")


class VendorFeed(WebTarget):
    """One status feed. Its name and address may hold {service} and {region}."""

    name: Text = Field(description="Name the feed bears; may hold {service} and {region}.")
    format: Name | None = Field(
        None, description="How the page is written; left out, its body shows it."
    )
    every: Duration = Field(timedelta(seconds=60), description="Time between two polls.")
    services: tuple[Name, ...] = Field(
        (), description="Only for dependencies on these services; left out: for all."
    )
    regions: tuple[Region, ...] = Field(
        (), description="Only for dependencies in these regions; left out: for all."
    )
    unconfirmed: Flag = Field(
        False, description="Whether nobody has seen yet that the address answers a program."
    )

    @field_validator("name", "url")
    @classmethod
    def _places_are_known(cls, text: str) -> str:
        found = places(text)
        if found is None or not found <= PLACES:
            refuse("has something else in braces", "{service}, {region}")
        return text

    @field_validator("name")
    @classmethod
    def _becomes_a_name(cls, text: str) -> str:
        if not _NAME.fullmatch(re.sub(r"\{\w+\}", "x", text)):
            refuse("is not a name", "1 to 64 lower-case letters, digits and - . _ between them")
        return text

    @property
    def places(self) -> set[str]:
        """Which of service and region a dependency must have for this feed to exist."""
        return (places(self.name) or set()) | (places(self.url) or set())


class VendorSettings(SettingsModel):
    """One vendor. In a file, keys that are left out stay as the catalogue has them."""

    name: Name = Field(description="Name that dependencies refer to.")
    title: Text | None = Field(None, description="What people call it; left out: its name.")
    aliases: tuple[Name, ...] = Field((), description="Other names dependencies may use.")
    feeds: tuple[VendorFeed, ...] = Field((), description="Its status feeds.")
    services: dict[Name, tuple[Text, ...]] = Field(
        default_factory=dict, description="Its services, and what its pages call each of them."
    )
    storage: tuple[Name, ...] = Field((), description="Which of the services store or deliver.")
    regions: dict[Region, tuple[Text, ...]] = Field(
        default_factory=dict, description="Its regions, and what its pages call each of them."
    )
    several: tuple[Text, ...] = Field(
        (), description="What its pages call trouble of many services at once."
    )
    one_service: Flag = Field(
        False, description="Whether all it says is about the one service it has."
    )
    note: Text | None = Field(None, description="What a reader of its feeds should know.")


def places(text: str) -> set[str] | None:
    """The names in braces; None where the braces do not close or say how to format."""
    try:
        found = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    if any(spec or conversion for _, spec, conversion in found):
        return None
    return {name for name, _, _ in found if name is not None}
