"""What an examination is: a module with `TITLE`, `PLACE` and `async examine(ward)`.

`TITLE` heads its findings, `PLACE` orders it among the others in the order of setting up. It only
looks: nothing is written, posted or created. What cannot be looked at yet raises `NotYet`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from incidentbot.doctor.ward import NotYet, Ward

__all__ = ["Examination", "Finding", "Level", "NotYet", "fault", "ok", "warning"]

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    `about` names the thing and `text` says how it is; beside a warning or a fault, `why` it
    matters and `next`, the exact step to take.
    """

    level: Level
    about: str
    text: str
    why: str = ""
    next: str = ""

    def under(self, ward: Ward) -> Finding:
        """The same without anything that is secret."""
        return replace(
            self,
            about=ward.hidden(self.about),
            text=ward.hidden(self.text),
            why=ward.hidden(self.why),
            next=ward.hidden(self.next),
        )


def ok(about: str, text: str) -> Finding:
    return Finding("ok", about, text)


def warning(about: str, text: str, why: str, next: str) -> Finding:
    return Finding("warning", about, text, why, next)


def fault(about: str, text: str, why: str, next: str) -> Finding:
    return Finding("fault", about, text, why, next)


class Examination(Protocol):
    """The module of an examination."""

    TITLE: str
    PLACE: int

    async def examine(self, ward: Ward) -> list[Finding]: ...
