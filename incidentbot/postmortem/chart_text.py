"""The chart in letters, for formats that can hold no picture."""

from __future__ import annotations

from datetime import datetime

from incidentbot.postmortem import words
from incidentbot.postmortem.blocks import Chart
from incidentbot.postmortem.layout import Scale, ticks

SIGNS = {"up": "·", "degraded": "▒", "down": "█", "unknown": " "}
LEGEND = "█ down   ▒ degraded   · up   blank: no news"


def plain(chart: Chart, columns: int = 60) -> str:
    """Lines of at most `columns` plus the width of the names; milestones as letters and a list."""
    names = [words.cut(words.clean(strip.label), 24) for strip in chart.strips]
    gutter = max([len("users affected"), *(len(name) for name in names)]) + 2
    axis = Scale(chart.start, chart.end, 0, columns - 1)
    lines = []
    if chart.harm:
        harmed = _row(columns)
        for piece in chart.harm:
            _paint(harmed, axis, piece.start, piece.end, "█")
        lines.append("users affected".ljust(gutter) + "".join(harmed))
    for name, strip in zip(names, chart.strips, strict=True):
        row = _row(columns)
        for band in strip.bands:
            _paint(row, axis, band.start, band.end, SIGNS[band.shade])
        lines.append(name.ljust(gutter) + "".join(row))
    lines.append(" " * gutter + _ruler(axis, columns))
    letters = [
        f"  {words.when(mark.at, chart.start)}  {words.clean(mark.label)}"
        for mark in chart.milestones
    ]
    acts = [
        f"  {words.when(mark.at, chart.start)}  {words.clean(mark.label)}" for mark in chart.actions
    ]
    parts = [*lines, "", LEGEND, "", "Milestones (UTC)", *letters]
    return "\n".join(
        line.rstrip() for line in [*parts, *(["", "Actions (UTC)", *acts] if acts else [])]
    )


def _row(columns: int) -> list[str]:
    return [" "] * columns


def _paint(row: list[str], axis: Scale, start: datetime, end: datetime, sign: str) -> None:
    first, last = int(axis.x(start)), int(axis.x(end))
    for column in range(first, max(first + 1, min(last, len(row)))):
        # A short failure must stay visible beside a long calm.
        if sign == "█" or row[column] in (" ", "·"):
            row[column] = sign


def _ruler(axis: Scale, columns: int) -> str:
    row = _row(columns + 8)
    for at, label in ticks(axis, 1, 4):
        column = int(axis.x(at))
        if all(sign == " " for sign in row[max(0, column - 1) : column + len(label) + 1]):
            row[column : column + len(label) + 1] = list(f"|{label}")
    return "".join(row)
