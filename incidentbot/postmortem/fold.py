"""The timeline as a reader wants it: by the time things happened, repeats folded into one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from incidentbot.postmortem import words
from incidentbot.postmortem.blocks import Basis, Moment
from incidentbot.postmortem.model import EntryFact, Facts
from incidentbot.postmortem.people import BOT, Cast

NEAR = timedelta(seconds=60)  # signals further apart are two pieces of news
LATE = timedelta(seconds=90)  # learned so much later: said
VERBS = {
    "up": "recovered",
    "down": "failed",
    "degraded": "became slow or partly failed",
    "unknown": "gave no answer that counts",
}
CALL = ("started", "intent", "sent", "acked")  # one write, as its own record tells it
TOLD = ("note", "update", "message")


def moments(facts: Facts, cast: Cast) -> tuple[Moment, ...]:
    """The story line by line; nothing is lost, folded entries stand in `details`."""
    told = sorted(
        (entry for entry in facts.entries if entry.kind != "document"),
        key=lambda entry: (entry.at, entry.seq),
    )
    return tuple(_moment(group, cast) for group in _groups(told))


def _groups(entries: Sequence[EntryFact]) -> Iterator[list[EntryFact]]:
    group: list[EntryFact] = []
    for entry in entries:
        if group and not _belongs(group, entry):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _belongs(group: list[EntryFact], entry: EntryFact) -> bool:
    last = group[-1]
    if entry.kind != last.kind:
        return False
    if entry.kind == "signal":
        same = entry.data.get("state") == last.data.get("state")
        return same and entry.at - last.at <= NEAR
    if entry.kind == "runbook":
        one = entry.data.get("plan_id") == last.data.get("plan_id")
        return one and entry.data.get("event") in CALL and last.data.get("event") in CALL
    return (entry.text, entry.actor) == (last.text, last.actor) and entry.at - last.at <= NEAR


def _moment(group: list[EntryFact], cast: Cast) -> Moment:
    first, last = group[0], group[-1]
    basis: Basis = "told" if first.kind in TOLD and first.actor != BOT else "recorded"
    learned = last.recorded_at if last.recorded_at - last.at > LATE else None
    alone = len(group) == 1
    return Moment(
        at=first.at,
        until=None if words.clock(last.at) == words.clock(first.at) else last.at,
        what=first.kind,
        who=cast.who(first.actor),
        text=first.text if alone else _folded(group),
        basis=basis,
        learned=learned,
        details=tuple(_line(entry) for entry in _behind(group)),
    )


def _folded(group: list[EntryFact]) -> str:
    first, last = group[0], group[-1]
    if _same(group):
        return f"{words.sentence(first.text)} ({len(group)} times)"
    if first.kind == "runbook":
        return last.text
    names = list(dict.fromkeys(str(entry.data.get("check", "")) for entry in group))
    verb = VERBS.get(str(first.data.get("state")), "changed")
    if len(names) == 1:
        return f"{names[0]} {verb}, told {len(group)} times."
    return f"{words.count(len(names), 'check')} {verb}: {words.listed(names)}."


def _behind(group: list[EntryFact]) -> list[EntryFact]:
    """The entries that the folded text does not give word by word."""
    if len(group) == 1 or _same(group):
        return []
    return group[:-1] if group[0].kind == "runbook" else group


def _same(group: list[EntryFact]) -> bool:
    return all(entry.text == group[0].text for entry in group)


def _line(entry: EntryFact) -> str:
    return f"{words.clock(entry.at)} {entry.text}"
