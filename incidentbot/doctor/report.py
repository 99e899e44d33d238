"""What was found, for people and for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from incidentbot.doctor.contract import Finding
from incidentbot.doctor.round import Examined, Report

MOST_FINE = 8  # fine things of one examination that are listed
MARKS = {"ok": "ok", "warning": "WARNING", "fault": "FAULT"}


def as_text(report: Report) -> str:
    """Grouped, in the order of setting up; the count last, where the eye rests."""
    lines = [line for part in report.parts for line in _part(part)]
    return "\n".join([*lines, *_left_out(report), _sum(report)])


def as_json(report: Report) -> str:
    """`ok` is what the exit code says: no fault."""
    found = [
        {
            "examination": part.name,
            "level": one.level,
            "about": one.about,
            "text": one.text,
            "why": one.why,
            "next": one.next,
        }
        for part in report.parts
        for one in part.findings
    ]
    left_out = [
        {"examination": part.name, "why": part.left_out} for part in report.parts if part.left_out
    ]
    made = {
        "ok": report.count("fault") == 0,
        "faults": report.count("fault"),
        "warnings": report.count("warning"),
        "findings": found,
        "left_out": left_out,
    }
    return json.dumps(made, indent=2, ensure_ascii=False)


def _part(part: Examined) -> Iterator[str]:
    if not part.findings:
        return
    yield part.title
    fine = [one for one in part.findings if one.level == "ok"]
    for one in fine[:MOST_FINE]:
        yield from _told(one)
    if len(fine) > MOST_FINE:
        yield f"  ok       and {len(fine) - MOST_FINE:,} more"
    for one in part.findings:
        if one.level != "ok":
            yield from _told(one)
    yield ""


def _told(one: Finding) -> Iterator[str]:
    yield f"  {MARKS[one.level]:<8} {one.about}: {one.text}"
    if one.why:
        yield f"           why   {one.why}"
    if one.next:
        yield f"           next  {one.next}"


def _left_out(report: Report) -> Iterator[str]:
    """By the reason: the same one usually keeps many."""
    by_reason: dict[str, list[str]] = {}
    for part in report.parts:
        if part.left_out:
            by_reason.setdefault(part.left_out, []).append(part.title)
    if by_reason:
        yield "Not looked at"
    for why, titles in by_reason.items():
        yield f"  -        {why}: {', '.join(titles)}"
    if by_reason:
        yield ""


def _sum(report: Report) -> str:
    faults, warnings = report.count("fault"), report.count("warning")
    words = [_many(faults, "fault"), _many(warnings, "warning"), f"{report.count('ok')} fine"]
    return ", ".join(words) + "."


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
