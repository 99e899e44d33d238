"""Places assets come from, and how a backup among them is proven before it is needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SerializeAsAny, field_validator, model_validator

from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.values import Count, Duration, HeaderName, Name, Text, refuse


class OriginSettings(SettingsModel):
    """A place objects come from. `options` is the model of the plug-in that `kind` names."""

    name: Name = Field(description="Name that checks and assets refer to.")
    kind: Name = Field(description="What kind of storage it is; decides the other keys.")
    vendor: Name | None = Field(
        None, description="Who runs it, for the map; left out: told by its kind and address."
    )
    at_once: Annotated[int, Field(strict=True, ge=1, le=128)] = Field(
        32, description="Pages of its listing that are asked for at once, at most."
    )
    options: SerializeAsAny[BaseModel]

    @property
    def region(self) -> str:
        """Empty where the kind has none."""
        return getattr(self.options, "region", None) or ""

    @property
    def endpoint_url(self) -> str | None:
        """Where it is, when that is not the vendor's own place."""
        found: str | None = getattr(self.options, "endpoint_url", None)
        return found

    @property
    def place(self) -> str:
        """What it is called there: its bucket, container or address."""
        names = (getattr(self.options, key, "") for key in ("bucket", "container", "url"))
        return next((str(name) for name in names if name), self.name)


def takes_a_key(url: str) -> str:
    if url.count("{key}") != 1 or {"{", "}"} & set(url.replace("{key}", "")):
        refuse("must hold {key} once, where the object's key goes", "https://host/path/{key}")
    return url


class ThroughSettings(WebTarget):
    """The way users take, to the backup while the primary still serves."""

    header: HeaderName | None = Field(
        None, description="Request header that asks the edge for the backup origin."
    )
    value: Text | None = Field(None, description="Value of that header.")
    names: HeaderName | None = Field(
        None, description="Response header that must name the backup; left out: `verify.header`."
    )

    @field_validator("url")
    @classmethod
    def _urltakes_a_key(cls, url: str) -> str:
        return takes_a_key(url)

    @model_validator(mode="after")
    def _header_with_value(self) -> Self:
        if (self.header is None) != (self.value is None):
            at = "header" if self.header is None else "value"
            refuse("is missing: a header and its value go together", at=at)
        return self


class ReadinessSettings(SettingsModel):
    every: Duration = Field(timedelta(minutes=15), description="Time between two comparisons.")
    glance: Duration = Field(
        timedelta(minutes=2),
        description="Time between two looks at the critical objects alone; from `every` on: none.",
    )
    sample: Count = Field(200, description="Objects fetched each time, drawn at random.")
    critical: tuple[Text, ...] = Field((), description="Objects fetched every time.")
    compare: Literal["size_and_etag", "size"] = Field(
        "size_and_etag",
        description="What must be the same; `size` where the two encrypt with their own KMS keys.",
    )
    through: ThroughSettings | None = Field(
        None, description="How the backup is reached over the way users take."
    )
    drill_within: Duration = Field(
        timedelta(days=90), description="How long a drill counts as practice."
    )
    max_age: Duration = Field(
        timedelta(hours=1), description="Age at which a result no longer proves anything."
    )

    @model_validator(mode="after")
    def _stays_fresh(self) -> Self:
        if self.max_age < self.every:
            refuse("is shorter than `every`, so no result would ever be fresh", at="max_age")
        return self
