"""How the bot is set up, for its admins: names, rights and times; never a secret or an address."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from sqlalchemy.orm import Session

from incidentbot.incidents.rights import ADMIN, RIGHTS
from incidentbot.settings import Settings, format_duration
from incidentbot.slack.blocks import asked
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture


def settings(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return asked.settings(list(lines(desk)))


def lines(desk: Desk) -> Iterator[tuple[str, str]]:
    """(what, its value), in the order in which people ask."""
    made = desk.settings
    yield "Site", made.name
    for right in RIGHTS:
        yield f"Right: {right}", desk.directory.rights.words(right)
    if missing := desk.directory.unresolved():
        yield "Names that nobody in Slack has", ", ".join(missing)
    for key, value in flat("", made.slack, besides=("rights", "approvers")):
        yield f"slack.{key}", value
    yield from _watched(made)


def _watched(made: Settings) -> Iterator[tuple[str, str]]:
    yield "Dependencies", _names(f"{d.name} (sev {d.severity})" for d in made.dependencies)
    yield (
        "Assets that can be switched",
        _names(f"{a.name} ({a.primary} or {a.backup})" for a in made.assets),
    )
    yield "Feeds", _names(feed.name for feed in made.feeds)
    yield "Hooks", _names(hook.name for hook in made.hooks)
    yield "Webhooks", _names(hook.name for hook in made.webhooks)


def _names(names: Iterator[str]) -> str:
    found = list(names)
    more = len(found) - 20
    return ", ".join(found[:20]) + (f" and {more} more" if more > 0 else "") or "none"


def flat(name: str, section: BaseModel, besides: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(key, value) of a section and those in it. A secret is only said to be set."""
    for key in type(section).model_fields:
        if key in besides:
            continue
        value, path = getattr(section, key), f"{name}.{key}" if name else key
        if isinstance(value, BaseModel):
            yield from flat(path, value)
        else:
            yield path, _words(value)


def _words(value: Any) -> str:
    if isinstance(value, SecretStr | SecretBytes):
        return "set"
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, BaseModel):
        return "; ".join(f"{key} {words}" for key, words in flat("", value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_words(one)}" for key, one in value.items()) or "none"
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(_words(one) for one in value) or "none"
    return "none" if value is None else str(value)


ACTS: tuple[Act, ...] = (
    Verb(
        "settings",
        settings,
        help="how I am set up: who is on call, rights, channels, times",
        group="Look",
        needs=ADMIN,
    ),
)
