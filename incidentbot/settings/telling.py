"""Who is told, where, how often: parts of the section `slack`, and the section `statuspages`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import (
    Channel,
    Flag,
    HttpUrl,
    Matching,
    Name,
    Severity,
    format_duration,
    parse_duration,
)
from incidentbot.settings.watching import TimeOfDay, Zone

ON_CHANGE = "on_change"
# How long stakeholders may be left without a word, by severity; the others hear of changes only.
USUAL = {1: timedelta(minutes=30), 2: timedelta(minutes=60)}


def _rhythm(value: object) -> timedelta:
    return timedelta(0) if value == ON_CHANGE else parse_duration(value)


def _words(value: timedelta) -> str:
    return format_duration(value) if value else ON_CHANGE


# Nothing (zero) means: only when something changes.
Rhythm = Annotated[
    timedelta,
    BeforeValidator(_rhythm),
    PlainSerializer(_words, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^([0-9]{1,9}(ms|s|m|h)|on_change)$"}),
]
SeverityKey = Annotated[str, Matching(r"[1-5]", "a severity", "1 to 5")]
# What a runbook may tell the public; the words are prepared.
PreparedText = Literal["investigating", "identified", "switched", "resolved"]
PublicWords = Annotated[
    str,
    Matching(
        r"([^{}\x00-\x1f\x7f]|\{site\}){1,2000}",
        "a text for the public",
        "1 to 2000 characters in one line; {site} stands for the name of the site",
    ),
]
Identifier = Annotated[str, Matching(r"[A-Za-z0-9-]{4,60}", "an id", "letters, digits and -")]


class AlsoAnnounce(SettingsModel):
    """One more channel that hears of some incidents."""

    channel: Channel = Field(description="Channel that hears of these incidents too.")
    severity: Severity = Field(5, description="This severity or worse.")
    dependencies: tuple[Name, ...] = Field(
        (), description="Only incidents of these; left out: of all, and those that people declare."
    )
    tests: Flag = Field(False, description="Whether it hears of tests and drills.")


class DigestSettings(SettingsModel):
    """A daily word on what is open, in the announcement channel; none while nothing is."""

    at: TimeOfDay = Field(
        time(9), json_schema_extra={"default": "09:00"}, description="Time of day of the digest."
    )
    timezone: Zone = Field("UTC", description="Zone of `at`.")
    off: Flag = Field(False, description="Whether there is none.")


def _without_slash(url: str) -> str:
    return url.rstrip("/")


class StatusPageSettings(SettingsModel):
    """A public status page (Atlassian Statuspage) that people may write to, two at a time."""

    name: Name = Field(description="What people call the page.")
    page_id: Identifier = Field(description="The page's id, from its API page.")
    api_key: Secret = Field(
        description="Variable that holds the key of the API: it may write to the page."
    )
    api_url: Annotated[HttpUrl, AfterValidator(_without_slash)] = Field(
        "https://api.statuspage.io/v1", description="Address of the API."
    )
    allow_private: Flag = Field(
        False, description="Let that address lead to this machine or a private network."
    )
    url: Annotated[HttpUrl, AfterValidator(_without_slash)] | None = Field(
        None, description="Where the public reads it; a feed of it is refused (it would echo)."
    )
    components: dict[Name, Identifier] = Field(
        default_factory=dict, description="Dependency -> the page's component that hangs on it."
    )
    texts: dict[PreparedText, PublicWords] = Field(
        default_factory=dict, description="Own words for the texts that runbooks post."
    )
    notify: Flag = Field(True, description="Whether the page's subscribers are told too.")

    @property
    def hosts(self) -> frozenset[str]:
        """Where the page is read."""
        return own_hosts(self.page_id, self.url)


def own_hosts(page_id: object, url: object) -> frozenset[str]:
    """The hosts of a page, from what a file says of it."""
    return frozenset(_hosts(page_id, url))


def _hosts(page_id: object, url: object) -> Iterator[str]:
    if isinstance(page_id, str):
        yield f"{page_id.lower()}.statuspage.io"
    if isinstance(url, str) and (host := host_of(url)):
        yield host


def host_of(url: str) -> str:
    """Lower case; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
