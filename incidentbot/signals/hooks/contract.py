"""What a receiver of pushed alerts is given, and what it gives back.

A receiver is a module with

- `Options`: the keys of its kind in the configuration,
- `authenticate(request, options) -> str`: raises Unproven, or Stale, unless the sender is who it
  should be. Gives the mark of this delivery: the same for a repeat, empty when each counts,
- `recognises(body) -> bool` and `parse(body, feed) -> list[Signal]`, as a feed format has them,

and, where it needs them,

- `fetches(request, options) -> tuple[str, ...]`: addresses whose content `authenticate` must have,
- `parse_as(body, feed, options)`: stands in for `parse` where the options say how to read,
- `follow_up(body, options) -> str`: an address to be called once when the delivery is worked off.

All of them are pure: headers, bytes and the time go in. What fires and what resolves bears the same
`vendor_id`. A signal without one is no alert: with a `phase` ("test", "handshake", "note") it is
accepted and has no effect, without one the body was wrong, and `why` tells the sender.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from incidentbot.errors import Refused
from incidentbot.settings import HookOptions
from incidentbot.signals import Signal
from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    State,
    entries,
    names_storage,
    region_in,
    text_of,
    unknown,
)
from incidentbot.signals.hooks.alerts import (
    alert,
    at,
    first,
    harmless,
    label,
    labels_of,
    latest,
    moment,
    mute,
    state_of,
)
from incidentbot.signals.hooks.mapping import Shape, fields, look, shaped, words

__all__ = [
    "Body",
    "Feed",
    "HookOptions",
    "Receiver",
    "Request",
    "Shape",
    "Signal",
    "Stale",
    "State",
    "Unproven",
    "alert",
    "at",
    "entries",
    "fields",
    "first",
    "harmless",
    "label",
    "labels_of",
    "latest",
    "look",
    "moment",
    "mute",
    "names_storage",
    "region_in",
    "shaped",
    "state_of",
    "text_of",
    "unknown",
    "words",
]


class Unproven(Refused):
    """The sender did not prove who it is."""


class Stale(Refused):
    """The request was signed too long ago, or in the future."""


@dataclass(frozen=True, slots=True)
class Request:
    """One delivery as it came. `headers` ignore case; `fetched` is what `fetches` asked for."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    now: datetime
    fetched: Mapping[str, bytes] = field(default_factory=dict)


class Receiver(Protocol):
    """The module of a receiver."""

    Options: type[HookOptions]
    authenticate: Callable[[Request, Any], str]
    recognises: Callable[[Body], bool]
    parse: Callable[[Body, Feed], list[Signal]]
