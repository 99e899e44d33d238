"""What the timeline says of a page. Pure. Phone numbers stay out of it: it is kept for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from incidentbot.paging.contract import Someone

PLAIN = ("people", "slack_group")  # nothing more to say about why it is them


def names(of: Iterable[str]) -> str:
    """Maya, Jonas and Lin"""
    every = list(of)
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def asked(people: Sequence[Someone], kind: str, title: str) -> str:
    verb = "are" if len(people) > 1 else "is"
    why = "" if kind in PLAIN else f" (on call by {title})"
    return f"{names(one.name for one in people)} {verb} asked to take it{why}."


def asked_by(person: str, people: Sequence[Someone]) -> str:
    return f"{person} asked {names(one.name for one in people)} to come."


def paged(title: str) -> str:
    return f"{title} pages whoever is on call there."


def unknown(people: Sequence[Someone]) -> str:
    who = names(one.name for one in people)
    return f"{who} could not be asked: Slack knows nobody of that name or address."


def nobody_on_call(title: str) -> str:
    return f"Nobody is on call by {title}, so nobody was asked there."


def unreached(title: str, why: str) -> str:
    return f"{title[:1].upper()}{title[1:]} could not be reached: {why}."


def slack_silent(title: str, why: str) -> str:
    return f"Whoever is on call by {title} could not be asked in Slack: {why}."


def gone(kind: str) -> str:
    return f"The step with {kind} is no longer in the configuration; nobody was asked by it."


def untold(title: str, what: str, why: str) -> str:
    return f"{title} could not be told that it is {what}: {why}. Please do it there."


def escalated(waited: str) -> str:
    return f"Nobody has answered for {waited}: the next are asked."


def renewed(policy: str) -> str:
    return f"A runbook asks for help{f' by the paging policy {policy}' if policy else ''}."


def nobody(waited: str) -> str:
    return f"Nobody owns this: nobody has answered for {waited}."


def acknowledged(person: str, title: str) -> str:
    return f"{person} acknowledged it in {title}."


def closed_there(title: str) -> str:
    return f"It was resolved in {title}, but nobody has taken it here."


def cancelled(why: str) -> str:
    return f"Nobody else is asked: {why}."
