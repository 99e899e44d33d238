"""Draws docs/architecture.svg: `python docs/architecture.py`. One picture, no dependencies."""

from pathlib import Path

WIDTH, HEIGHT = 980, 536
Box = tuple[int, int, int, int, str, str, str]

TIMELINE = "only appended to, chained by hash,|written with the fact it tells"
DURABLE = (
    "open · run · resolve: workflows on DBOS whose ids|"
    "come out the same twice. Killed anywhere,|they go on where they were."
)
RUNBOOKS = "readiness of origins|plan · rules · approve|wires: write once · verify"
BOXES: list[Box] = [
    # x, y, width, height, title, words, class
    (20, 20, 180, 60, "the outside", "storage, pages, monitors", "out"),
    (230, 20, 180, 60, "replay", "recordings, no clock", "in"),
    (440, 20, 180, 60, "outgoing", "webhooks, signed", "read"),
    (650, 20, 310, 60, "console", "pages of what is watched, and JSON", "read"),
    (20, 120, 180, 84, "signals", "probes · status feeds|hooks: pushed alerts", "in"),
    (230, 120, 180, 84, "detection", "pure: history, rule, now|→ verdict, and why", "in"),
    (440, 120, 180, 84, "incidents", "the only writer of|an incident's state", "core"),
    (650, 120, 310, 84, "timeline", TIMELINE, "core"),
    (20, 252, 390, 104, "durable", DURABLE, "base"),
    (230, 396, 180, 48, "audit", "", "core"),
    (440, 252, 180, 104, "runbooks", RUNBOOKS, "act"),
    (650, 252, 145, 104, "slack", "inbox → gestures|timeline → outbox|→ delivery", "read"),
    (815, 252, 145, 104, "postmortem", "facts → draft", "read"),
    (20, 396, 180, 48, "anchors", "", "out"),
    (440, 396, 180, 48, "the switch", "", "out"),
    (650, 396, 145, 48, "people", "", "out"),
    (815, 396, 145, 48, "documents", "", "out"),
    (20, 468, 390, 52, "store", "", "base"),
    (440, 468, 250, 52, "settings", "", "base"),
    (710, 468, 250, 52, "clock · ids · errors · http", "", "base"),
]  # fmt: skip
ARROWS = [
    ((110, 80), (110, 120)),  # storage is probed
    ((320, 80), (320, 120)),  # the past, through the same code
    ((530, 120), (530, 80)),  # other systems follow
    ((805, 120), (805, 80)),
    ((200, 162), (230, 162)),
    ((410, 162), (440, 162)),
    ((620, 162), (650, 162)),
    ((722, 204), (722, 252)),  # readers of the timeline
    ((888, 204), (888, 252)),
    ((530, 252), (530, 204)),  # what a runbook did is a fact of the incident
    ((650, 304), (620, 304)),  # a click
    ((530, 356), (530, 396)),
    ((440, 340), (390, 396)),  # every decision of a runbook is a row of the chain
    ((230, 420), (200, 420)),
    ((702, 356), (702, 396)),
    ((742, 396), (742, 356)),
    ((888, 356), (888, 396)),
]
BESIDE = [  # words to the right of a title, for boxes of one line
    (92, 499, "SQLite or PostgreSQL; every table on one page"),
    (536, 499, "one strict YAML file"),
]
STYLE = """
.bg{fill:#fff}.t{font:600 15px system-ui,sans-serif;fill:#16202b}
.w{font:12.5px system-ui,sans-serif;fill:#3c4a58}
rect.b{stroke-width:1.5}.in{fill:#eaf2fb;stroke:#5b8fc7}.core{fill:#fdf3e1;stroke:#c9923a}
.act{fill:#fbe9e7;stroke:#c2604f}.read{fill:#e9f5ec;stroke:#58986b}.base{fill:#f3f4f6;stroke:#9aa4af}
.out{fill:none;stroke:#7d8894;stroke-dasharray:5 4}
.a{stroke:#4a5663;stroke-width:1.8;fill:none;marker-end:url(#m)}.h{fill:#4a5663}
@media(prefers-color-scheme:dark){.bg{fill:#11161c}.t{fill:#e8edf2}.w{fill:#b7c2cd}
.in{fill:#16283b}.core{fill:#33280f}.act{fill:#38201c}.read{fill:#16301f}.base{fill:#1c232b}
.a{stroke:#a5b1bd}.h{fill:#a5b1bd}}
"""


def box(item: Box) -> str:
    x, y, width, height, title, words, kind = item
    lines = words.split("|")
    text = "".join(
        f'<text class="w" x="{x + 14}" y="{y + 47 + 19 * n}">{line}</text>'
        for n, line in enumerate(lines)
    )
    line = y + (26 if words else height // 2 + 5)
    return (
        f'<rect class="b {kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="9"/>'
        f'<text class="t" x="{x + 14}" y="{line}">{title}</text>{text}'
    )


def picture() -> str:
    arrows = "".join(f'<path class="a" d="M{a} {b}L{c} {d}"/>' for (a, b), (c, d) in ARROWS)
    beside = "".join(f'<text class="w" x="{x}" y="{y}">{words}</text>' for x, y, words in BESIDE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title desc"><title id="title">How Incidentbot is built</title>'
        '<desc id="desc">Signals flow to detection, to incidents, into the timeline; Slack, the '
        "postmortem, the pages and the webhooks read; runbooks act on a click. Below: "
        "durable work, store, settings.</desc>"
        f"<style>{STYLE}</style>"
        '<defs><marker id="m" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="h" d="M0 0L8 4L0 8z"/></marker></defs>'
        f'<rect class="bg" width="{WIDTH}" height="{HEIGHT}"/>'
        f"{''.join(box(item) for item in BOXES)}{arrows}{beside}</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(picture(), encoding="utf-8")
