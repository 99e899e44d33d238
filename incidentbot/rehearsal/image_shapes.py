"""How each thing in the shop is drawn, standing on the line y = 164 of a 200 by 200 picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glaze:
    """A colour family: the thing itself, its shadow side, its lit side, the wall behind."""

    name: str
    base: str
    dark: str
    light: str
    backdrop: str


def _shine(d: str) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="5"'
        ' stroke-linecap="round"/>'
    )


def _clip(kind: str, g: Glaze, outline: str, inside: str) -> str:
    """A filled outline with a pattern that stays within it."""
    name = f"{kind}-{g.name}"
    return (
        f'<clipPath id="{name}"><path d="{outline}"/></clipPath>'
        f'<path d="{outline}" fill="{g.base}"/><g clip-path="url(#{name})">{inside}</g>'
    )


def _pattern(g: Glaze, variant: int, left: int, top: int, width: int, height: int) -> str:
    """Plain, a band, stripes or dots, over the given box; then the shadow on the right side."""
    right, bottom = left + width, top + height
    marks = ""
    if variant == 1:
        y = top + height * 3 // 5
        marks = f'<path d="M{left} {y}h{width}v{height // 6}h-{width}z" fill="{g.light}"/>'
    elif variant == 2:
        lines = "".join(f"M{left} {y}h{width}" for y in range(top + 10, bottom, 14))
        marks = f'<path d="{lines}" stroke="{g.light}" stroke-width="4"/>'
    elif variant == 3:
        marks = "".join(
            f'<circle cx="{x + (8 if row % 2 else 0)}" cy="{y}" r="3.2" fill="{g.light}"/>'
            for row, y in enumerate(range(top + 8, bottom, 15))
            for x in range(left, right, 17)
        )
    x = left + width * 2 // 3
    shadow = (
        f'<path d="M{x} {top}H{right + 5}V{bottom + 5}H{x - 8}z" fill="{g.dark}" opacity=".32"/>'
    )
    return marks + shadow


def _mug(g: Glaze, v: int) -> str:
    handle = f'<path d="M126 92c34-6 38 44 0 42" fill="none" stroke="{g.dark}" stroke-width="10"/>'
    body = "M62 74h70v70q0 20-20 20H82q-20 0-20-20z"
    rim = f'<ellipse cx="97" cy="74" rx="35" ry="8" fill="{g.dark}"/>'
    tea = '<ellipse cx="97" cy="76" rx="29" ry="5" fill="#5b3a26"/>'
    return (
        handle
        + _clip("mug", g, body, _pattern(g, v, 62, 82, 70, 84))
        + rim
        + tea
        + _shine("M71 96v44")
    )


def _teapot(g: Glaze, v: int) -> str:
    spout = f'<path d="M62 118Q40 112 30 84l12-3q8 18 30 20z" fill="{g.dark}"/>'
    handle = f'<path d="M138 96c38-4 36 50-4 46" fill="none" stroke="{g.dark}" stroke-width="9"/>'
    body = "M56 122q0-40 46-40t46 40q0 42-30 42H86q-30 0-30-42z"
    lid = (
        f'<path d="M76 86q26-20 52 0z" fill="{g.light}"/>'
        f'<circle cx="102" cy="68" r="7" fill="{g.dark}"/>'
    )
    return (
        spout
        + handle
        + _clip("teapot", g, body, _pattern(g, v, 56, 86, 92, 78))
        + lid
        + _shine("M69 112q-4 18 4 32")
    )


def _bowl(g: Glaze, v: int) -> str:
    body = "M38 104h124q-4 52-44 58H82q-40-6-44-58z"
    rim = (
        f'<ellipse cx="100" cy="104" rx="62" ry="13" fill="{g.dark}"/>'
        f'<ellipse cx="100" cy="106" rx="54" ry="9" fill="{g.light}"/>'
    )
    fruit = (
        '<circle cx="82" cy="94" r="15" fill="#d9803a"/><circle cx="112" cy="92" r="17" '
        'fill="#c8473d"/><path d="M112 76q2-9 9-11" stroke="#4b5b2a" stroke-width="3" fill="none"/>'
        f'<path d="M46 106q54 18 108 0l-4 8q-50 14-100 0z" fill="{g.base}"/>'
    )
    return _clip("bowl", g, body, _pattern(g, v, 38, 116, 124, 48)) + rim + fruit


def _plate(g: Glaze, v: int) -> str:
    dots = "".join(
        f'<circle cx="100" cy="52" r="3.5" fill="{g.light}" transform="rotate({a} 100 106)"/>'
        for a in range(0, 360, (15, 20, 30, 45)[v])
    )
    stand = (
        f'<path d="M72 164l10-20M128 164l-10-20" stroke="{g.dark}" stroke-width="6" '
        'stroke-linecap="round"/>'
    )
    return (
        stand
        + f'<circle cx="100" cy="106" r="60" fill="{g.dark}"/>'
        + f'<circle cx="98" cy="104" r="60" fill="{g.base}"/>{dots}'
        + f'<circle cx="99" cy="105" r="40" fill="{g.dark}" opacity=".35"/>'
        + f'<circle cx="99" cy="106" r="38" fill="{g.light}"/>'
        + _shine("M74 92q8-20 28-22")
    )


def _vase(g: Glaze, v: int) -> str:
    stems = "".join(
        f'<path d="M100 76Q{100 + b} 52 {100 + x} {y}" stroke="#5d7148" stroke-width="3" '
        f'fill="none"/><circle cx="{100 + x}" cy="{y}" r="9" fill="{c}"/>'
        f'<circle cx="{100 + x}" cy="{y}" r="3.5" fill="#f4d774"/>'
        for b, x, y, c in (
            (-10, -30, 38, "#e8a0a8"),
            (2, 2, 26, "#f3efe4"),
            (10, 30, 40, "#d8848f"),
        )[: 3 - v % 2]
    )
    body = "M88 74h24q-4 22 14 40 12 14 4 36-4 14-18 14H88q-14 0-18-14-8-22 4-36 18-18 14-40z"
    rim = f'<ellipse cx="100" cy="74" rx="15" ry="4" fill="{g.dark}"/>'
    return (
        stems
        + _clip("vase", g, body, _pattern(g, v, 66, 92, 68, 72))
        + rim
        + _shine("M80 122q-6 12-2 26")
    )


def _lamp(g: Glaze, v: int) -> str:
    shade = (
        "M70 44h60l20 54H50z",
        "M62 46h76v50H62z",
        "M80 44h40l34 54H46z",
        "M60 98a40 54 0 0 1 80 0z",
    )[v]
    return (
        '<ellipse cx="100" cy="112" rx="62" ry="26" fill="#ffe9ad" opacity=".55"/>'
        f'<path d="M97 98h6v54h-6z" fill="{g.dark}"/>'
        f'<path d="M72 164q2-14 28-14t28 14z" fill="{g.dark}"/>'
        + _clip("lamp", g, shade, _pattern(g, (v + 1) % 4, 46, 44, 108, 56))
        + f'<path d="M122 100v18" stroke="{g.dark}" stroke-width="2"/>'
        f'<circle cx="122" cy="121" r="3" fill="{g.dark}"/>'
    )


def _chair(g: Glaze, v: int) -> str:
    legs = "M70 122l-8 42M130 122l8 42M82 122l-2 36M118 122l2 36"
    back = ("M66 44q34-12 68 0l-4 62H70z", "M70 40h60q8 0 7 8l-6 58H69l-6-58q-1-8 7-8z")[v % 2]
    slats = "".join(f"M{x} 50v52" for x in ((84, 100, 116), (), (92, 108), (100,))[v])
    return (
        f'<path d="{legs}" stroke="#8a6a4c" stroke-width="7" stroke-linecap="round"/>'
        f'<path d="{back}" fill="{g.base}"/><path d="{slats}" stroke="{g.dark}" stroke-width="4"/>'
        f'<path d="M58 108q42-12 84 0l2 12q-44 10-88 0z" fill="{g.dark}"/>'
        f'<path d="M60 106q40-12 80 0 2 6-4 8-36 8-72 0-6-2-4-8z" fill="{g.light}"/>'
    )


def _clock(g: Glaze, v: int) -> str:
    ticks = "".join(
        f'<path d="M100 54v{9 if a % 90 == 0 else 5}" stroke="{g.dark}" stroke-width="3" '
        f'transform="rotate({a} 100 102)"/>'
        for a in range(0, 360, 30)
    )
    hour, minute = 30 * (v * 3 + 1) + 10, (60, 150, 245, 330)[v]
    return (
        f'<path d="M66 150l-8 14M134 150l8 14" stroke="{g.dark}" stroke-width="8" '
        'stroke-linecap="round"/>'
        f'<circle cx="100" cy="102" r="60" fill="{g.base}"/>'
        f'<circle cx="100" cy="102" r="51" fill="#fffdf8"/>{ticks}'
        f'<path d="M100 102V74" stroke="{g.dark}" stroke-width="6" stroke-linecap="round" '
        f'transform="rotate({hour} 100 102)"/>'
        f'<path d="M100 102V62" stroke="{g.dark}" stroke-width="4" stroke-linecap="round" '
        f'transform="rotate({minute} 100 102)"/>'
        f'<circle cx="100" cy="102" r="5" fill="{g.base}"/>' + _shine("M54 84q8-26 30-34")
    )


def _candle(g: Glaze, v: int) -> str:
    def one(x: int, top: int) -> str:
        return (
            f'<path d="M{x - 14} {top}h28v{164 - top}h-28z" fill="{g.base}"/>'
            f'<path d="M{x + 4} {top}h10v{164 - top}h-10z" fill="{g.dark}" opacity=".35"/>'
            f'<path d="M{x - 14} {top}q7 12 14 2t14 8v-10z" fill="{g.light}"/>'
            f'<path d="M{x} {top}v-8" stroke="#4a3b30" stroke-width="2.5"/>'
            f'<circle cx="{x}" cy="{top - 20}" r="20" fill="#ffe9ad" opacity=".5"/>'
            f'<path d="M{x} {top - 34}q10 14 5 22-5 6-10 0-5-8 5-22z" fill="#f2a33a"/>'
            f'<path d="M{x} {top - 22}q4 7 2 10-2 3-4 0-2-3 2-10z" fill="#fff3cf"/>'
        )

    return (
        one(100, 84)
        if v == 0
        else "".join(one(100 + x, 76 + abs(x + v) * 2 // 3) for x in (-36, 0, 36))
    )


def _cushion(g: Glaze, v: int) -> str:
    body = "M44 70q56 14 112 0-8 46 2 92-58-8-116 0 10-46 2-92z"
    button = f'<circle cx="100" cy="117" r="6" fill="{g.dark}"/>' if v != 3 else ""
    seam = (
        f'<path d="M52 78q48 10 96 0-6 38 2 76-50-6-100 0 8-38 2-76z" fill="none" '
        f'stroke="{g.light}" stroke-width="2" stroke-dasharray="5 4"/>'
    )
    return _clip("cushion", g, body, _pattern(g, v, 40, 70, 120, 94)) + seam + button


def _book(g: Glaze, v: int) -> str:
    under = (
        f'<path d="M44 142h112v22H44z" fill="{g.dark}"/><path d="M50 146h106v14H50z" '
        'fill="#fbf6ea"/><path d="M50 151h106M50 155h106" stroke="#d9d0bd" stroke-width="1"/>'
    )
    cover = f'<path d="M62 44h74q6 0 6 6v92H62q-6 0-6-6V50q0-6 6-6z" fill="{g.base}"/>'
    spine = f'<path d="M62 44h8v98h-8q-6 0-6-6V50q0-6 6-6z" fill="{g.dark}"/>'
    sign = (
        f'<circle cx="106" cy="92" r="18" fill="{g.light}"/>',
        f'<path d="M106 70l20 40H86z" fill="{g.light}"/>',
        f'<path d="M88 96q18-44 36 0-18 28-36 0z" fill="{g.light}"/>',
        f'<path d="M90 76h32v32H90z" fill="{g.light}" transform="rotate(45 106 92)"/>',
    )[v]
    words = f'<path d="M86 58h40M92 126h28" stroke="{g.light}" stroke-width="4"/>'
    return under + cover + spine + sign + words


def _planter(g: Glaze, v: int) -> str:
    leaves = "".join(
        f'<path d="M100 108q-22-34 0-{62 + (a + v * 7) % 3 * 4}q22 30 0 62z" fill="{c}" '
        f'transform="rotate({a} 100 112)"/>'
        for a, c in (
            (-52, "#5f8a52"),
            (52, "#4b7543"),
            (-26, "#6f9d5e"),
            (26, "#5b8a4d"),
            (0, "#7cab69"),
        )
    )
    body = "M64 108h72l-8 50q-1 6-8 6H80q-7 0-8-6z"
    rim = f'<path d="M60 102h80v12H60z" fill="{g.dark}"/>'
    return leaves + _clip("planter", g, body, _pattern(g, v, 62, 114, 76, 50)) + rim


def _basket(g: Glaze, v: int) -> str:
    body = "M46 104h108l-12 54q-1 6-8 6H66q-7 0-8-6z"
    weave = "".join(
        f'<path d="M{x} {y}q5-6 10 0" fill="none" stroke="{c}" stroke-width="3.5"/>'
        for row, y in enumerate(range(114, 164, 10))
        for x, c in (
            (x, g.dark if (x // 12 + row) % 2 else g.light)
            for x in range(44 + row % 2 * 6, 156, 12)
        )
    )
    top = 34 + v * 8
    handle = (
        f'<path d="M58 104C58 {top} 142 {top} 142 104" fill="none" stroke="{g.dark}" '
        'stroke-width="7"/>'
    )
    cloth = '<path d="M54 106q10-20 24-12 10-16 24-4 14-12 24 4 14-6 20 12z" fill="#fdfaf2"/>'
    rim = f'<path d="M42 102h116v9H42z" fill="{g.dark}"/>'
    return handle + cloth + _clip("basket", g, body, weave) + rim


SHAPES: dict[str, Callable[[Glaze, int], str]] = {
    "mug": _mug,
    "lamp": _lamp,
    "vase": _vase,
    "chair": _chair,
    "teapot": _teapot,
    "cushion": _cushion,
    "clock": _clock,
    "bowl": _bowl,
    "planter": _planter,
    "candle": _candle,
    "book": _book,
    "plate": _plate,
    "basket": _basket,
}
