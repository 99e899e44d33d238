"""Draws docs/architecture.svg: `python docs/architecture.py`. One picture, no dependencies."""

from pathlib import Path

WIDTH, HEIGHT = 980, 520
Box = tuple[int, int, int, int, str, str, str]

BOXES: list[Box] = [
    # x, y, width, height, title, words, class
    (20, 40, 180, 92, "signals", "probes of our own|vendors' status feeds", "in"),
    (230, 40, 180, 92, "detection", "pure: history, rule, now|→ verdict, and why", "in"),
    (440, 40, 180, 92, "incidents", "the only writer of|an incident's state", "core"),
    (
        650,
        40,
        310,
        92,
        "timeline",
        "append-only, each entry chained to the last,|written with the fact it tells",
        "core",
    ),
    (440, 190, 180, 110, "runbooks", "plan · guard · approve|execute · verify · undo", "act"),
    (650, 190, 145, 110, "slack", "inbox → gestures|timeline → outbox|→ delivery", "read"),
    (815, 190, 145, 110, "postmortem", "facts → draft|→ md, html, json", "read"),
    (
        20,
        190,
        390,
        110,
        "durable (DBOS)",
        "open · run · resolve: workflows with ids that come out|the same twice; a kill anywhere, and they go on",
        "base",
    ),
    (20, 350, 390, 60, "store", "SQLite or PostgreSQL, one page of tables", "base"),
    (440, 350, 250, 60, "settings", "one YAML file, every fault with its line", "base"),
    (
        710,
        350,
        250,
        60,
        "clock · ids · errors · http",
        "time, and the way out, in one place",
        "base",
    ),
]
ARROWS = [
    ((200, 86), (230, 86)),
    ((410, 86), (440, 86)),
    ((620, 86), (650, 86)),
    ((722, 132), (722, 190)),
    ((888, 132), (888, 190)),
    ((530, 190), (530, 132)),
    ((650, 245), (620, 245)),
]
OUTSIDE = [
    (20, 440, "S3, GCS, Azure, CDNs and their status pages"),
    (440, 440, "The switch: a parameter in a healthy region"),
    (710, 440, "People in Slack"),
]
STYLE = """
.bg{fill:#fff}.t{font:600 15px system-ui,sans-serif;fill:#16202b}
.w{font:12.5px system-ui,sans-serif;fill:#3c4a58}.o{font:italic 12.5px system-ui,sans-serif;fill:#5b6875}
rect.b{stroke-width:1.5}.in{fill:#eaf2fb;stroke:#5b8fc7}.core{fill:#fdf3e1;stroke:#c9923a}
.act{fill:#fbe9e7;stroke:#c2604f}.read{fill:#e9f5ec;stroke:#58986b}.base{fill:#f3f4f6;stroke:#9aa4af}
.a{stroke:#4a5663;stroke-width:1.8;fill:none;marker-end:url(#m)}.h{fill:#4a5663}
@media(prefers-color-scheme:dark){.bg{fill:#11161c}.t{fill:#e8edf2}.w{fill:#b7c2cd}.o{fill:#93a0ad}
.in{fill:#16283b}.core{fill:#33280f}.act{fill:#38201c}.read{fill:#16301f}.base{fill:#1c232b}
.a{stroke:#a5b1bd}.h{fill:#a5b1bd}}
"""


def box(item: Box) -> str:
    x, y, width, height, title, words, kind = item
    lines = words.split("|")
    text = "".join(
        f'<text class="w" x="{x + 14}" y="{y + 48 + 19 * n}">{line}</text>'
        for n, line in enumerate(lines)
    )
    return (
        f'<rect class="b {kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="9"/>'
        f'<text class="t" x="{x + 14}" y="{y + 26}">{title}</text>{text}'
    )


def picture() -> str:
    arrows = "".join(f'<path class="a" d="M{a} {b}L{c} {d}"/>' for (a, b), (c, d) in ARROWS)
    outside = "".join(f'<text class="o" x="{x}" y="{y}">{words}</text>' for x, y, words in OUTSIDE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT - 50}" role="img" '
        'aria-labelledby="title desc"><title id="title">How Incidentbot is built</title>'
        '<desc id="desc">Signals flow to detection, to incidents, into the timeline; Slack and the '
        "postmortem read the timeline; runbooks act on a click in Slack. Below: durable work, "
        "store, settings.</desc>"
        f"<style>{STYLE}</style>"
        '<defs><marker id="m" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="h" d="M0 0L8 4L0 8z"/></marker></defs>'
        f'<rect class="bg" width="{WIDTH}" height="{HEIGHT}"/>'
        '<text class="o" x="20" y="24">Data flows one way: left to right, then down to its '
        "readers.</text>"
        f"{''.join(box(item) for item in BOXES)}{arrows}{outside}</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(picture(), encoding="utf-8")
