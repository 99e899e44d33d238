"""Bodies that are read by a table: where key, state and words stand, and which words mean what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from incidentbot.signals import Signal, State
from incidentbot.signals.feeds.contract import Body, Feed, text_of
from incidentbot.signals.hooks.alerts import (
    alert,
    first,
    harmless,
    label,
    labels_of,
    latest,
    moment,
    mute,
    state_of,
)

Paths = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Paths are `/a/0/b` (JSON Pointer) or `a.0.b`; of several the first that is there counts.

    `key` is different: all of its paths together make the key. The words of a state are compared
    without regard to case. `items` is the path of a list of alerts; without it a body that is a
    list is one. `labels` are paths by label. `named`: where a name of storage may stand.
    """

    key: Paths
    state: Paths
    firing: frozenset[str]
    resolved: frozenset[str]
    worst: frozenset[str] = frozenset()  # of the firing ones, those that mean a major outage
    eased: frozenset[str] = frozenset()  # of the firing ones, those that mean degraded, no more
    unseen: frozenset[str] = frozenset()  # the monitor itself cannot see: unknown
    silent: frozenset[str] = frozenset()  # right words that say nothing of a state
    items: str = ""
    title: Paths = ()
    service: Paths = ()
    region: Paths = ()
    severity: Paths = ()
    link: Paths = ()
    started_at: Paths = ()
    updated_at: Paths = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    named: Paths = ()


def words(*many: str) -> frozenset[str]:
    return frozenset(word.lower() for word in many)


def look(value: Any, path: str) -> Any:
    """The value at a path, None when there is none."""
    if path.startswith("/"):
        steps = [s.replace("~1", "/").replace("~0", "~") for s in path[1:].split("/")]
    else:
        steps = path.split(".") if path else []
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 7:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def fields(body: Body) -> Any:
    """The fields of a body, whether it came as a form or as JSON."""
    return body.form if body.kind == "form" else body.json


def shaped(body: Body, feed: Feed, shape: Shape) -> list[Signal]:
    """One signal per alert in the body; one that says what is missing when there is none."""
    found = latest(_one(item, feed, shape) for item in _items(body, shape))
    return found or mute(feed, "no alert in it")


def _items(body: Body, shape: Shape) -> Iterator[Any]:
    data = look(fields(body), shape.items) if shape.items else fields(body)
    yield from data if isinstance(data, list) else [] if data is None else [data]


def _one(item: Any, feed: Feed, shape: Shape) -> Signal:
    parts = [label(look(item, path)) for path in shape.key]
    key = ":".join(part for part in parts if part)
    word = first(look(item, path) for path in shape.state)
    if word and word.lower() in shape.silent:
        return harmless(feed, "note", f"{word!r} says nothing of a state")[0]
    if not key:
        return mute(feed, f"nothing at {', '.join(shape.key)}, so it has no key")[0]
    if not word:
        return mute(feed, f"nothing at {', '.join(shape.state)}, so it has no state")[0]
    if word.lower() not in _known(shape):
        return mute(feed, f"the state {word!r} is none that we know")[0]
    return _signal(item, feed, shape, key, word)


def _known(shape: Shape) -> frozenset[str]:
    return shape.firing | shape.resolved | shape.worst | shape.eased | shape.unseen


def _state(shape: Shape, word: str, severity: str) -> State:
    if word in shape.worst:
        return "major_outage"
    if word in shape.eased:
        return "degraded"
    return "unknown" if word in shape.unseen else state_of(severity, word not in shape.resolved)


def _signal(item: Any, feed: Feed, shape: Shape, key: str, word: str) -> Signal:
    def get(paths: Paths) -> str:
        return first(look(item, path) for path in paths)

    title = first(text_of(label(look(item, path))) for path in shape.title)
    severity = get(shape.severity)
    labels = {name: label(look(item, path)) for name, path in shape.labels.items()}
    more = {"severity": severity} if severity else {}
    started = (moment(look(item, path), UTC) for path in shape.started_at)
    updated = (moment(look(item, path), UTC) for path in shape.updated_at)
    return alert(
        feed,
        key,
        _state(shape, word.lower(), severity),
        title,
        service=get(shape.service),
        region=get(shape.region),
        phase=word.lower(),
        started_at=next((at for at in started if at), None),
        updated_at=next((at for at in updated if at), None),
        labels=labels_of(more, labels),
        link=get(shape.link),
        named=" ".join(label(look(item, path)) for path in shape.named) if shape.named else None,
    )
