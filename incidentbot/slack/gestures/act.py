"""What people can do in Slack, one small record per gesture. A file of `verbs/` lists its own.

A plain handler runs in one transaction, together with its answer and the end of its inbox row; a
coroutine asks outside first (Slack, AWS) and may be run again after a crash, so its effects must
be keyed by the gesture's key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from incidentbot.incidents.rights import ANYBODY, RESPONDER
from incidentbot.slack.gestures.gesture import Desk, Gesture, Handler, SlowHandler

View = dict[str, Any]
Does = Handler | SlowHandler
OpenForm = Callable[[Desk, Session, Gesture], View]
Faults = Callable[[Mapping[str, str]], dict[str, str]]
FaultsAbout = Callable[[Mapping[str, str], str], dict[str, str]]  # with the form's ids


def nothing_wrong(values: Mapping[str, str]) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Verb:
    """A word of the slash command, which is also what a button with "verb:NAME" presses.

    With a `form`, the word without anything behind it opens that. `help` is a line of the help,
    `usage` what may follow the word, `group` where it stands in the menu (empty: help only).
    """

    kind: ClassVar[str] = "command"
    name: str
    does: Does
    help: str = ""
    usage: str = ""
    group: str = ""
    label: str = ""  # on the menu's button
    needs: str = RESPONDER
    form: OpenForm | None = None
    other_names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Click:
    """A button, or a choice in a message; by its action_id up to the first colon."""

    kind: ClassVar[str] = "click"
    name: str
    does: Does
    needs: str = RESPONDER


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was submitted; by its callback_id. `faults` is pure and quick: block -> words.

    `faults_about` gets what the form is about, too: the ids in its private_metadata.
    """

    kind: ClassVar[str] = "submit"
    name: str
    does: Does
    faults: Faults = nothing_wrong
    needs: str = RESPONDER
    faults_about: FaultsAbout | None = None


@dataclass(frozen=True, slots=True)
class Shortcut:
    """In Slack's own menus. `on` is global or message; the manifest lists it with these words."""

    kind: ClassVar[str] = "shortcut"
    name: str  # its callback_id
    does: Does
    title: str  # at most 24 characters
    what: str
    on: str = "global"
    needs: str = RESPONDER


@dataclass(frozen=True, slots=True)
class Heard:
    """An event: its type, with the subtype behind a slash ("message/message_changed").

    `wants` is asked before it is kept: pure and quick. Nobody asked for anything, so there is no
    right to hold and no refusal: the handler itself looks at who it was.
    """

    kind: ClassVar[str] = "event"
    name: str
    does: Does
    wants: Callable[[Mapping[str, Any]], bool] = bool
    needs: str = ""
    sent_as: Sequence[str] = ()  # names in the manifest, where Slack has others: message.channels
    scope: str = ""  # without which Slack does not send it


Act = Verb | Click | Form | Shortcut | Heard

__all__ = ["ANYBODY", "RESPONDER", "Act", "Click", "Form", "Heard", "Shortcut", "Verb", "View"]
