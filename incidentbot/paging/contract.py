"""What a provider is: a module of `providers/` that knows who is on call, can reach them, or both.

It has `TITLE` (what people call it), `Options` (its keys in the configuration), and

    knows(options) -> bool                      whether it can tell who is on call
    pages(options) -> bool                      whether it reaches people by itself
    async on_call(options, at, desk)            -> [Someone], whoever is on call at that time
    async changes(options, at, desk)            -> when that changes next, None when not known

and, where `pages` can be true,

    async page(options, alert, desk)            -> its own id for the page, or nothing
    async tell(options, alert, what, desk)      what: "acknowledged" or "resolved"
    async answer(options, alert, desk)          -> Answer, whether somebody took it over there

`page` and `tell` may come twice: `alert.key` makes two of them one. Each raises Temporary (try
again, after `retry_after` seconds when the other side named a time) or Permanent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from incidentbot.http import Http
from incidentbot.settings.people import PersonSettings

What = Literal["acknowledged", "resolved"]


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as far as one is known. `slack` is a user name or an id there; all may be empty.

    `id` is what our timeline calls them: the id in Slack once it is known.
    """

    name: str
    slack: str = ""
    email: str = ""
    phone: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """What a page is about. `key` is the same for ever; `source` names this bot among several."""

    key: str
    title: str
    text: str
    severity: int
    source: str
    link: str
    at: datetime
    dependency: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a page. `by` is whoever took it, when that is said."""

    state: Literal["open", "acknowledged", "resolved"]
    by: Someone | None = None


class Chat(Protocol):
    """What is asked of the chat side. Raises Temporary while it does not answer."""

    async def members(self, group: str) -> list[str]:
        """Names or ids of whoever is in a group, by its @handle or id. Permanent: there is none."""

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        """(id, name for reading) of somebody there, None when nobody is known by that."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The section `people`: one person under many names."""

    people: tuple[PersonSettings, ...] = ()

    def find(self, ref: str) -> Someone:
        """By a name or Slack name of a list or rota; somebody unknown is a Slack name."""
        wanted = ref.casefold()
        for person in self.people:
            if wanted in (person.name.casefold(), (person.slack or "").casefold()):
                return known(person)
        return Someone(ref, slack=ref)

    def outside(self, key: Literal["email", "pagerduty", "opsgenie"], value: str) -> Someone | None:
        """By what another system calls them."""
        wanted = value.casefold()
        for person in self.people:
            if wanted and (getattr(person, key) or "").casefold() == wanted:
                return known(person)
        return None

    def with_phones(self) -> list[Someone]:
        return [known(person) for person in self.people if person.phone]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a provider may use."""

    http: Http
    roster: Roster
    chat: Chat


def known(person: PersonSettings) -> Someone:
    """A person of the configuration."""
    return Someone(person.name, person.slack or "", person.email or "", person.phone or "")
