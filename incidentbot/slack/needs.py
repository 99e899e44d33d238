"""Which scopes the bot needs, what each is for, and what it does without. Pure.

The manifest is printed from this table and the doctor compares what was granted with it. A feature
that calls something new adds its scope here, and says when it is switched on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from incidentbot.settings.slack import SlackSettings

# Asked with the section `slack` of a configuration; None where there is none yet.
When = Callable[[SlackSettings | None], bool]


def _always(_slack: SlackSettings | None) -> bool:
    return True


def _never(_slack: SlackSettings | None) -> bool:
    return False


def _announced_by_name(slack: SlackSettings | None) -> bool:
    return slack is None or not is_id(slack.announce, "CG")


def _announced_in_public(slack: SlackSettings | None) -> bool:
    return slack is None or not is_id(slack.announce, "G")  # G...: a private channel, for certain


def _private(slack: SlackSettings | None) -> bool:
    return slack is not None and slack.private


def _people_by_name(slack: SlackSettings | None) -> bool:
    people = (*slack.oncall, *slack.approvers) if slack else ("somebody",)
    return any(not is_id(person, "UW") for person in people)


def _groups_named(slack: SlackSettings | None) -> bool:
    named = slack.names_of_people if slack else ("@oncall",)
    return any(name.startswith("@") or is_id(name, "S") for name in named)


def is_id(name: str, first: str) -> bool:
    """Whether Slack made this name, and no person: `first` are the letters it may begin with."""
    return len(name) >= 3 and name[0] in first and name.isalnum() and name.isupper()


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope. `without`: what happens when it is not granted.

    `wanted`: whether the configuration makes use of it; `vital`: whether the bot cannot do its
    work without it.
    """

    name: str
    what: str
    without: str
    wanted: When = _always
    vital: When = _never


SCOPES = (
    Scope("commands", "/incident", "Nobody can type the command, so nothing can be declared "
          "or resolved by it; buttons still work.", vital=_always),
    Scope("chat:write", "the card, plans, proofs, answers only you can see",
          "Nothing at all can be said in Slack.", vital=_always),
    Scope("channels:manage", "open the incident's channel, invite, set its topic",
          "No incident gets a channel; it is only on the bot's own pages.", vital=_always),
    Scope("channels:read", "find the announcement channel, and its own after a crash",
          "The announcement channel must be named by its id, and a channel whose creation was not "
          "answered is not found again.", vital=_announced_by_name),
    Scope("channels:join", "post into the announcement channel",
          "Somebody has to invite the bot into the announcement channel.",
          wanted=_announced_in_public),
    Scope("channels:history", "after a crash: was this message posted already?",
          "A message whose answer was lost is given up, because it might be posted twice."),
    Scope("pins:write", "pin the card", "The card is posted but not pinned."),
    Scope("bookmarks:write", "bookmarks: probes, vendor's page, meeting, postmortem",
          "The channel has no bookmarks; the links are on the card."),
    Scope("groups:write", "make the private channel of a private incident",
          "A private incident gets no channel; it never falls back to a public one.",
          wanted=_private),
    Scope("groups:read", "find that channel after a crash, and see who comes in",
          "Who is invited there by others may not see the incident elsewhere.", wanted=_private),
    Scope("groups:history", "after a crash: was this message posted there already?",
          "A message whose answer was lost is given up there.", wanted=_private),
    Scope("users:read", "turn the names in incidentbot.yaml into people",
          "People must be named by their ids, and are shown by them; guests are not told apart.",
          vital=_people_by_name),
    Scope("usergroups:read", "who is in a user group that incidentbot.yaml names",
          "Groups cannot be named; a group that is named counts as empty.",
          wanted=_groups_named),
)  # fmt: skip


def needed(slack: SlackSettings | None) -> tuple[Scope, ...]:
    """The scopes for the features that are switched on; without a configuration, for all."""
    return tuple(scope for scope in SCOPES if scope.wanted(slack))
