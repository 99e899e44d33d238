"""The section `slack`: channels and people."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.telling import USUAL, AlsoAnnounce, DigestSettings, Rhythm, SeverityKey
from incidentbot.settings.values import (
    Channel,
    ChannelPrefix,
    Command,
    Duration,
    Emoji,
    Flag,
    Person,
    Team,
    Whoever,
    http_url,
    refuse,
)


def _meeting(url: str) -> str:
    """An address that may hold {incident} once, and no other braces."""
    plain = url.replace("{incident}", "INC-1", 1)
    if {"{", "}"} & set(plain):
        refuse("may hold {incident} once and no other braces", "https://meet.host/{incident}")
    http_url(plain)
    return url


Meeting = Annotated[
    str, AfterValidator(_meeting), Field(json_schema_extra={"pattern": "^https?://"})
]


class RightsSettings(SettingsModel):
    """Who may do what. Whoever: a user's name or id, a group (@name or S...), `team:T...`,
    `everyone` (full members of the workspace) or `guests`."""

    anybody: tuple[Whoever, ...] = Field(
        ("everyone",), description="Who may look: lists, status, timelines."
    )
    responder: tuple[Whoever, ...] = Field(
        ("everyone",), description="Who may declare and work on incidents."
    )
    commander: tuple[Whoever, ...] = Field(
        ("everyone",),
        description="Who may decide in every incident (merge, reopen, make private); whoever"
        " commands one may do so in it.",
    )
    admin: tuple[Whoever, ...] | None = Field(
        None, description="Who may do everything; left out: the approvers."
    )


class SlackSettings(SettingsModel):
    announce: Channel = Field(description="Channel that hears of every incident.")
    oncall: tuple[Person, ...] = Field(
        (), description="Who is asked to take an incident, unless `paging` says who: names or ids."
    )
    approvers: tuple[Whoever, ...] = Field(
        min_length=1, description="Who may approve a runbook that somebody else has started."
    )
    rights: RightsSettings = Field(RightsSettings(), description="Who may do what else.")
    also_announce: tuple[AlsoAnnounce, ...] = Field(
        (), description="Channels that hear of some incidents beside `announce`."
    )
    updates: dict[SeverityKey, Rhythm] = Field(
        default_factory=dict,
        description="Severity -> when the next update is due: a time, or `on_change`; left out:"
        " 1: 30m, 2: 60m, the others on_change.",
    )
    digest: DigestSettings = Field(
        DigestSettings(), description="The daily word while something is open."
    )
    team: Team | None = Field(
        None,
        description="Workspace that incident channels are made in; needed only where the app is"
        " installed for a whole organisation.",
    )
    command: Command = Field("/incident", description="The slash command, as in the app manifest.")
    channel_prefix: ChannelPrefix = Field(
        "inc", description="How the names of incident channels begin."
    )
    timeout: Duration = Field(
        timedelta(seconds=10), description="How long an answer of Slack is waited for."
    )
    keep_reaction: tuple[Emoji, ...] = Field(
        ("pushpin", "round_pushpin"),
        min_length=1,
        description="Emoji that keep a message in the timeline when somebody reacts with them.",
    )
    private: Flag = Field(
        False,
        description="Whether incidents may be private; takes the scopes groups:write, groups:read"
        " and groups:history.",
    )
    meeting: Meeting | None = Field(
        None, description="Address of a meeting for each incident; {incident} becomes its number."
    )
    archive: Flag = Field(True, description="Whether the bot archives channels when all is over.")
    archive_after: Duration = Field(
        timedelta(days=7), description="How long after the end; never a private channel."
    )

    @property
    def announced_in(self) -> tuple[str, ...]:
        """Every channel that hears of incidents, once each, the main one first."""
        return tuple(dict.fromkeys([self.announce, *(also.channel for also in self.also_announce)]))

    def update_every(self, severity: int) -> timedelta | None:
        """How often stakeholders are told; None: only when something changes."""
        usual = USUAL.get(severity, timedelta(0))
        return self.updates.get(str(severity), usual) or None

    @property
    def names_of_people(self) -> tuple[str, ...]:
        """Everybody whom this section names, once each."""
        granted = self.rights
        admin = granted.admin or ()
        lists = (self.oncall, self.approvers, granted.anybody, granted.responder)
        named = [name for names in (*lists, granted.commander, admin) for name in names]
        return tuple(dict.fromkeys(named))
