"""The chart as SVG, drawn by hand: no script, nothing remote, legible in grey, light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from markupsafe import escape

from incidentbot.postmortem import words
from incidentbot.postmortem.blocks import Band, Chart, Mark
from incidentbot.postmortem.layout import Flag, Scale, fit, flags, scale, text_width, ticks

SIZE = 12.0  # of letters, in pixels
ROW = 31.0  # height of a label of two lines
BAND = 20.0
HARM = "Users affected"
TALL = {"up": 4.0, "degraded": 16.0, "down": BAND, "unknown": 8.0}  # height tells the state too

STYLE = """
.oneline{--ink:#1d2329;--soft:#59636e;--rule:#d4d9df;--paper:#fff;--up:#8d99a6;--slow:#d9a63c;
--slow-ink:#2b1d00;--down:#a93f22;--down-ink:#fff;--stripe:#7d2a13;--news:#59636e}
@media (prefers-color-scheme:dark){.oneline{--ink:#e9ecef;--soft:#a7b1bb;--rule:#3a424b;
--paper:#14181c;--up:#77838f;--slow:#e2b65a;--slow-ink:#241900;--down:#e58a6b;--down-ink:#2a0d03;
--stripe:#f2b19b;--news:#a7b1bb}}
@media print{.oneline{--ink:#1d2329;--soft:#59636e;--rule:#d4d9df;--paper:#fff;--up:#8d99a6;
--slow:#d9a63c;--slow-ink:#2b1d00;--down:#a93f22;--down-ink:#fff;--stripe:#7d2a13;--news:#59636e;
-webkit-print-color-adjust:exact;print-color-adjust:exact}}
.oneline text{font-size:12px;fill:var(--ink);font-family:inherit}
.oneline .soft{fill:var(--soft)}.oneline .name{font-weight:600}
.oneline .pole{stroke:var(--ink);stroke-width:1}.oneline .over{opacity:.55}
.oneline .thin{stroke:var(--rule);stroke-width:1}
.oneline .up{fill:var(--up)}.oneline .degraded{fill:var(--slow)}.oneline .down{fill:var(--down)}
.oneline .unknown{fill:none;stroke:var(--news);stroke-dasharray:3 3}
.oneline .on-down{fill:var(--down-ink)}.oneline .on-degraded{fill:var(--slow-ink)}
.oneline .on-up,.oneline .on-unknown{fill:var(--soft)}
.oneline .behind-up,.oneline .behind-unknown{fill:var(--paper)}
.oneline .behind-down{fill:var(--down)}.oneline .behind-degraded{fill:var(--slow)}
.oneline .halo{paint-order:stroke;stroke:var(--paper);stroke-width:5;stroke-linejoin:round}
.oneline .middle{text-anchor:middle}.oneline .harm{fill:var(--ink)}
.oneline .shape{fill:var(--ink);stroke:var(--paper);stroke-width:1.5}
.oneline .open{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}
.oneline .stripe{stroke:var(--stripe);stroke-width:2}.oneline .dot{fill:var(--slow-ink)}
"""


@dataclass(frozen=True, slots=True)
class Label:
    """A placed label: its box (x, y, width, height) and its pole from `y` to `foot`."""

    mark: Mark
    text: str
    time: str
    x: float
    y: float
    width: float
    foot: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything's place, in pixels of the view box."""

    width: float
    height: float
    axis: Scale
    above: tuple[Label, ...]
    below: tuple[Label, ...]
    harm_y: float | None
    strips_y: tuple[float, ...]
    axis_y: float
    top: float
    narrow: bool


def plan(chart: Chart, width: float = 960) -> Plan:
    """Place everything for a view box of this width; below 600 the names stand over the strips."""
    narrow = width < 600
    left = 2.0 if narrow else _gutter(chart)
    room = 130.0 if narrow else 260.0
    named = [(mark, fit(words.clean(mark.label), SIZE, room)) for mark in chart.milestones]
    acted = [(mark, fit(words.clean(mark.label), SIZE, room)) for mark in chart.actions]
    sizes = [(mark.at, _width(text)) for mark, text in (*named, *acted)]
    axis = scale(chart.start, chart.end, left, width - 2, sizes)
    over = flags([(axis.x(mark.at), _width(text)) for mark, text in named])
    under = flags([(axis.x(mark.at), _width(text)) for mark, text in acted])
    top = ROW * _rows(over) + 6
    pitch = BAND + (22 if narrow else 10)
    y = top + (16 if narrow else 0)
    harm_y = y if chart.harm else None
    if chart.harm:
        y += pitch
    strips_y = tuple(y + pitch * n for n in range(len(chart.strips)))
    axis_y = y + pitch * len(chart.strips) - (14 if narrow else 2)
    floor = axis_y + 44
    above = tuple(
        Label(
            mark,
            text,
            words.when(mark.at, chart.start),
            flag.x,
            top - 6 - ROW * (flag.row + 1),
            flag.width,
            axis_y,
        )
        for (mark, text), flag in zip(named, over, strict=True)
    )
    below = tuple(
        Label(
            mark,
            text,
            words.when(mark.at, chart.start),
            flag.x,
            floor + 6 + ROW * flag.row,
            flag.width,
            floor - 6,
        )
        for (mark, text), flag in zip(acted, under, strict=True)
    )
    height = floor + 8 + ROW * _rows(under) if acted else axis_y + 26
    return Plan(width, height, axis, above, below, harm_y, strips_y, axis_y, top - 6, narrow)


def svg(chart: Chart, width: float = 960, name: str = "oneline") -> str:
    """One `<svg>` element with its own style. `name` makes its ids unique in a page."""
    at = plan(chart, width)
    parts = [
        f'<svg class="oneline" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {width:.0f} {at.height:.0f}" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">The incident on one line</title>',
        f'<desc id="{name}-d">{_safe(chart.text)}</desc>',
        f"<style>{STYLE}</style>",
        _patterns(name),
        *_axis(chart, at),
        *_harm(chart, at),
        *_strips(chart, at, name),
        *(_line("pole", a.x, a.y + 2, a.x, at.top) for a in at.above),
        *(_line("pole over", a.x, at.top, a.x, a.foot) for a in at.above),
        *_names(chart, at),
        *_band_words(chart, at),
        *(_label(label) for label in at.above),
        *_actions(at),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _gutter(chart: Chart) -> float:
    names = [*(strip.label for strip in chart.strips), *([HARM] if chart.harm else [])]
    return min(190.0, 14 + max((text_width(words.clean(n), SIZE) for n in names), default=0.0))


def _width(text: str) -> float:
    return 6 + max(text_width(text, SIZE), text_width("25 Nov 06:55", SIZE))


def _rows(placed: list[Flag]) -> int:
    return 1 + max((flag.row for flag in placed), default=-1)


def _safe(text: str) -> str:
    return str(escape(words.clean(text)))


def _patterns(name: str) -> str:
    return (
        f'<defs><pattern id="{name}-down" width="8" height="8" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="8" height="8" class="down"/>'
        f'<line x1="0" y1="0" x2="0" y2="8" class="stripe"/></pattern>'
        f'<pattern id="{name}-degraded" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" class="degraded"/><circle cx="3" cy="3" r="1" class="dot"/>'
        f"</pattern></defs>"
    )


def _axis(chart: Chart, at: Plan) -> list[str]:
    y = at.axis_y
    top = y if at.harm_y is None else at.harm_y
    lines = [_line("pole", at.axis.left, y, at.axis.right, y)]
    for tick, label in ticks(at.axis, text_width("0", SIZE), 14):
        x, half = at.axis.x(tick), text_width(label, SIZE) / 2
        lines.append(_line("thin", x, top, x, y + 5))
        place = min(max(x, half), at.width - half)
        lines.append(_text("soft middle", place, y + 18, label))
    if not at.narrow:
        lines.append(_text("soft", 0, y + 18, f"UTC, {chart.start:%Y-%m-%d}"))
    return lines


def _names(chart: Chart, at: Plan) -> list[str]:
    rows = [(strip.label, y) for strip, y in zip(chart.strips, at.strips_y, strict=True)]
    harm = [] if at.harm_y is None else [(HARM, at.harm_y)]
    return [_name(label, y, at) for label, y in [*harm, *rows]]


def _name(text: str, y: float, at: Plan) -> str:
    text = words.clean(text)
    if at.narrow:
        return _text("soft halo", 2, y - 5, fit(text, SIZE, at.width - 4))
    return _text("strip", 0, y + BAND / 2 + 4, fit(text, SIZE, at.axis.left - 10))


def _harm(chart: Chart, at: Plan) -> list[str]:
    if at.harm_y is None:
        return []
    base = at.harm_y + BAND
    lines = []
    for piece in chart.harm:
        x, end = at.axis.x(piece.start), at.axis.x(piece.end)
        tall = max(2.0, BAND * piece.share)
        said = f"{100 * piece.share:.0f} % of the checks on users' path down, "
        said += words.span(piece.start, piece.end)
        lines.append(_box("harm", x, base - tall, max(end - x, 1.5), tall, said))
    return [*lines, _line("thin", at.axis.left, base, at.axis.right, base)]


def _strips(chart: Chart, at: Plan, name: str) -> list[str]:
    lines: list[str] = []
    for strip, y in zip(chart.strips, at.strips_y, strict=True):
        lines.extend(_band(band, y, at, name) for band in strip.bands)
    return lines


def _band(band: Band, y: float, at: Plan, name: str) -> str:
    x, end = at.axis.x(band.start), at.axis.x(band.end)
    tall = TALL[band.shade]
    said = f"{words.clean(band.word)}, {words.span(band.start, band.end)}"
    fill = f"url(#{name}-{band.shade})" if band.shade in ("down", "degraded") else ""
    return _box(band.shade, x, y + (BAND - tall) / 2, max(end - x, 1.5), tall, said, fill)


def _band_words(chart: Chart, at: Plan) -> list[str]:
    """The state as a word in every band that has room for it, over the poles."""
    lines: list[str] = []
    for strip, y in zip(chart.strips, at.strips_y, strict=True):
        for band in strip.bands:
            x, end = at.axis.x(band.start), at.axis.x(band.end)
            word = words.clean(band.word)
            poles = [label.x for label in at.above if x < label.x < end]
            room = text_width(word, SIZE) + 8
            for start, stop in pairwise([x, *poles, end]):
                if stop - start >= room + 4:  # beside the poles, never under one
                    lines.extend(_word(band, word, start + 5, y, room))
                    break
    return lines


def _word(band: Band, word: str, x: float, y: float, room: float) -> tuple[str, str]:
    # A plain ground behind the letters, so that no pattern runs through them.
    middle = y + BAND / 2
    size = f'x="{x:.1f}" y="{middle - 7:.1f}" width="{room * 0.85:.1f}" height="14"'
    ground = f'<rect class="behind-{band.shade}" {size}/>'
    return ground, _text(f"on on-{band.shade}", x + 2, middle + 4, word)


def _label(label: Label) -> str:
    x = label.x + 5
    return (
        f'<text class="flag" x="{x:.1f}" y="{label.y + 12:.1f}">'
        f'<tspan class="name">{_safe(label.text)}</tspan>'
        f'<tspan class="soft" x="{x:.1f}" dy="14">{label.time}</tspan></text>'
    )


def _actions(at: Plan) -> list[str]:
    poles = [_line("pole", a.x, a.foot, a.x, a.y + 27) for a in at.below]
    return poles + [part for label in at.below for part in (_shape(label), _label(label))]


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{_safe(text)}</text>'


def _box(kind: str, x: float, y: float, wide: float, tall: float, said: str, fill: str = "") -> str:
    style = f' style="fill:{fill}"' if fill else ""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect class="{kind}"{style} {size}><title>{_safe(said)}</title></rect>'


def _shape(label: Label) -> str:
    x, y = label.x, label.foot
    if label.mark.shape == "runbook":
        return f'<path class="shape" d="M{x - 6:.1f} {y - 10:.1f}h12l-6 10z"/>'
    if label.mark.shape == "person":
        return f'<circle class="open" cx="{x:.1f}" cy="{y - 5:.1f}" r="4.5"/>'
    return f'<rect class="open" x="{x - 4:.1f}" y="{y - 9:.1f}" width="8" height="8"/>'
