"""Every gesture there is, from the files in `verbs/`, by kind and name."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from incidentbot import plugins
from incidentbot.slack.gestures.act import Act, Form, Heard, Shortcut, Verb

VERBS = "incidentbot.slack.gestures.verbs"


@cache
def table() -> Mapping[tuple[str, str], Act]:
    """(kind, name) -> act. Two files that claim one gesture are a mistake, found at the start."""
    made: dict[tuple[str, str], Act] = {}
    for module in plugins.found(VERBS).values():
        for act in module.ACTS:
            for name in (act.name, *getattr(act, "other_names", ())):
                if (act.kind, name) in made:
                    raise ValueError(f"two files of {VERBS} claim the {act.kind} {name!r}")
                made[act.kind, name] = act
    return made


def find(kind: str, name: str) -> Act | None:
    return table().get((kind, name))


def verbs() -> list[Verb]:
    """In the order of their names, without the nameless one."""
    found = {act.name: act for act in table().values() if isinstance(act, Verb) and act.name}
    return [found[name] for name in sorted(found)]


def shortcuts() -> list[Shortcut]:
    found = [act for act in table().values() if isinstance(act, Shortcut)]
    return sorted(found, key=lambda act: (act.on, act.name))


def events() -> list[Heard]:
    found = [act for act in table().values() if isinstance(act, Heard)]
    return sorted(found, key=lambda act: act.name)


def nearest(word: str) -> str:
    """The verb that was probably meant, or nothing."""
    known = [name for kind, name in table() if kind == "command" and name]
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return close[0] if close else ""


def faults(view: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """block_id -> what is wrong with the form there; empty when it may close."""
    act = find("submit", str(view.get("callback_id")))
    if not isinstance(act, Form):
        return {}
    about = str(view.get("private_metadata", "")).rpartition("|")[0]
    more = act.faults_about(values, about) if act.faults_about else {}
    return act.faults(values) | more


def event_name(event: Mapping[str, Any]) -> str:
    """ "reaction_added", "message/message_changed"."""
    kind, more = str(event.get("type", "")), event.get("subtype")
    return f"{kind}/{more}" if more else kind


def wanted(event: Mapping[str, Any]) -> bool:
    """Whether anything of ours would do something with it; the rest is not even kept."""
    act = find("event", event_name(event))
    return isinstance(act, Heard) and act.wants(event)


def grouped() -> list[tuple[str, list[Verb]]]:
    """(heading, its verbs) as the help and the documentation have them; at the end those that
    have no heading in the menu, under ""."""
    known = verbs()
    return [
        (heading, [verb for verb in known if verb.group == heading])
        for heading in (*names_of_groups(), "")
    ]


def names_of_groups() -> Iterator[str]:
    """The menu's headings, in the order in which an incident meets them."""
    yield from ("Begin", "Run it", "Tell people", "Write down", "After it", "Look")
