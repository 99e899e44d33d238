"""The rule of a dependency in words: when a failure is believed, and when it is over. Pure."""

from __future__ import annotations

from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.postmortem.words import count
from incidentbot.settings.model import DependencySettings
from incidentbot.settings.values import format_duration


def words(dependency: DependencySettings) -> tuple[str, ...]:
    """One sentence each."""
    own = _own(dependency) if dependency.checks else ("No check of ours looks at it.",)
    return (*own, *_beside(dependency))


def _own(dependency: DependencySettings) -> tuple[str, ...]:
    many, confirm = len(dependency.checks), dependency.confirm
    looks = "The check looks" if many == 1 else f"Each of the {many} checks looks"
    severity = f"{dependency.severity} ({SEVERITIES[dependency.severity]})"
    worse = ", or worse by its rules" if dependency.severity_rules else ""
    return (
        f"{looks} every {_span(format_duration(dependency.every))}.",
        f"A failure is checked again {_span(format_duration(confirm.apart))} later; "
        f"{count(confirm.failures, 'failure')} in a row {_are(confirm.failures)} believed.",
        f"It counts as down when {dependency.checks_needed} of {count(many, 'check')} "
        f"{'fails' if dependency.checks_needed == 1 else 'fail'}. "
        f"That opens an incident of severity {severity}{worse}.",
        f"A check counts as well again after {count(dependency.recover.successes, 'good look')} "
        "in a row.",
    )


def _beside(dependency: DependencySettings) -> tuple[str, ...]:
    """What else opens, holds back and closes."""
    said = []
    if dependency.hangs_on:
        said.append(f"While {' or '.join(dependency.hangs_on)} fails, it is listed there instead.")
    alone = {"heads_up": "is a heads-up", "incident": "opens an incident", "ignore": "is ignored"}
    said.append(f"What only the vendor reports {alone[dependency.feed_alone]}.")
    if dependency.close_itself:
        after = _span(format_duration(dependency.close_after))
        said.append(f"An incident that nobody touched closes itself once all is well for {after}.")
    return tuple(said)


def _are(many: int) -> str:
    return "is" if many == 1 else "are"


def _span(text: str) -> str:
    """10s -> 10 s"""
    number = text.rstrip("msh")
    unit = {"m": "min"}.get(text[len(number) :], text[len(number) :])
    return f"{number} {unit}"
