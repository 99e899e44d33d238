"""Which scopes the bot needs, what each is for, and what it does without. Pure.

The manifest is printed from this table and the doctor compares what was granted with it. A feature
that calls something new adds its scope here, and says when it is switched on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from incidentbot.settings.slack import SlackSettings

# Asked with the section `slack` of a configuration; None where there is none yet.
When = Callable[[SlackSettings | None], bool]


def _always(_slack: SlackSettings | None) -> bool:
    return True


def _never(_slack: SlackSettings | None) -> bool:
    return False


def _announced_by_name(slack: SlackSettings | None) -> bool:
    return slack is None or not all(is_id(name, "CG") for name in slack.announced_in)


def _announced_in_public(slack: SlackSettings | None) -> bool:
    # G...: a private channel, for certain
    return slack is None or not all(is_id(name, "G") for name in slack.announced_in)


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
    work without it. `pagers` are the providers of paging that need it.
    """

    name: str
    what: str
    without: str
    wanted: When = _always
    vital: When = _never
    pagers: tuple[str, ...] = ()


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
    Scope("channels:history", "was this posted already? what does a kept message say?",
          "A message whose answer was lost is posted again without a look, and may be there "
          "twice; a pushpin keeps nothing, and edits of kept messages are not noticed."),
    Scope("reactions:read", "a pushpin on a message keeps it in the timeline",
          "Messages are kept by their own menu only, not by a reaction."),
    Scope("reactions:write", "mark the messages that were kept",
          "Nobody sees in the channel which messages were kept."),
    Scope("app_mentions:read", "answer `@incidentbot status`, also in threads",
          "The bot does not hear when it is mentioned; the command still works."),
    Scope("im:history", "answer what is written to the bot directly",
          "The bot does not hear what is written in its own conversation."),
    Scope("pins:write", "pin the card", "The card is posted but not pinned."),
    Scope("bookmarks:write", "bookmarks: probes, vendor's page, meeting, postmortem",
          "The channel has no bookmarks; the links are on the card."),
    Scope("groups:write", "make the private channel of a private incident",
          "A private incident gets no channel; it never falls back to a public one.",
          wanted=_private, vital=_private),
    Scope("groups:read", "find that channel after a crash, and see who comes in",
          "Who is invited there by others may not see the incident elsewhere.", wanted=_private),
    Scope("groups:history", "after a crash: was this message posted there already?",
          "A message whose answer was lost is given up there.", wanted=_private),
    Scope("users:read", "turn the names in incidentbot.yaml into people",
          "People must be named by their ids, and are shown by them; guests are not told apart.",
          vital=_people_by_name),
    Scope("users:read.email", "know in Slack whom PagerDuty or Opsgenie name by their address",
          "Only those are asked in Slack whom the section people gives a Slack name.",
          wanted=_never, pagers=("pagerduty", "opsgenie")),
    Scope("usergroups:read", "see who is in a user group that incidentbot.yaml names",
          "A user group that is named counts as empty: nobody of it is asked or may do anything.",
          wanted=_groups_named, pagers=("slack_group",)),
)  # fmt: skip


def needed(slack: SlackSettings | None, pagers: Collection[str] | None = None) -> tuple[Scope, ...]:
    """The scopes for the features that are switched on; without a configuration, for all.

    `pagers` are the providers of paging in use; without, as without a configuration.
    """
    paged = [
        scope
        for scope in SCOPES
        if scope.pagers and (pagers is None or set(scope.pagers) & set(pagers))
    ]
    return tuple(scope for scope in SCOPES if scope.wanted(slack) or scope in paged)
