"""The rule of a dependency in words: when a failure is believed, and when it is over. Pure."""

from __future__ import annotations

from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.postmortem.words import count
from incidentbot.settings.model import DependencySettings
from incidentbot.settings.values import format_duration


def words(dependency: DependencySettings) -> tuple[str, ...]:
    """One sentence each."""
    many, confirm = len(dependency.checks), dependency.confirm
    looks = "The check looks" if many == 1 else f"Each of the {many} checks looks"
    severity = f"{dependency.severity} ({SEVERITIES[dependency.severity]})"
    return (
        f"{looks} every {_span(format_duration(dependency.every))}.",
        f"A failure is checked again {_span(format_duration(confirm.apart))} later; "
        f"{count(confirm.failures, 'failure')} in a row {_are(confirm.failures)} believed.",
        f"It counts as down when {dependency.checks_needed} of {count(many, 'check')} "
        f"{'fails' if dependency.checks_needed == 1 else 'fail'}. "
        f"That opens an incident of severity {severity}.",
        f"A check counts as well again after {count(dependency.recover.successes, 'good look')} "
        "in a row.",
    )


def _are(many: int) -> str:
    return "is" if many == 1 else "are"


def _span(text: str) -> str:
    """10s -> 10 s"""
    number = text.rstrip("msh")
    unit = {"m": "min"}.get(text[len(number) :], text[len(number) :])
    return f"{number} {unit}"
