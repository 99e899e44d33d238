"""The shop's pictures: 13 things in 16 glazes, drawn as small SVG, the same on every start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .image_shapes import SHAPES, Glaze

GLAZES = (
    Glaze("terracotta", "#c4623f", "#9a4527", "#e39a79", "#f6e7df"),
    Glaze("ochre", "#d09a2c", "#a37313", "#ecc878", "#f8efd9"),
    Glaze("moss", "#6f7f3a", "#505d24", "#a4b26e", "#edf0de"),
    Glaze("sage", "#8ca58c", "#67826a", "#bccdb9", "#ecf1ea"),
    Glaze("pine", "#2f6b55", "#1d4c3a", "#6fa48f", "#e0eee8"),
    Glaze("lagoon", "#2e8a93", "#1a646c", "#79bcc1", "#dff0f1"),
    Glaze("harbour", "#3a6ea5", "#264f7c", "#86aed6", "#e2ecf6"),
    Glaze("ink", "#2f3e63", "#1c2744", "#6d7ca3", "#e4e8f1"),
    Glaze("lavender", "#8c7fb8", "#685b95", "#bdb3dc", "#eeebf7"),
    Glaze("plum", "#7b3b63", "#562343", "#b27799", "#f3e5ee"),
    Glaze("rose", "#cf7f8b", "#a95763", "#ebb6bd", "#faeaec"),
    Glaze("brick", "#a63d3a", "#782523", "#d37f79", "#f6e3e2"),
    Glaze("sand", "#c9ad86", "#a2865e", "#e5d3b7", "#f7f1e7"),
    Glaze("cocoa", "#76523d", "#533626", "#ab8a75", "#f1e8e2"),
    Glaze("pebble", "#8d9499", "#676e74", "#bfc5c9", "#eef0f1"),
    Glaze("chalk", "#e9e4d8", "#bfb8a6", "#fbf8f1", "#dfe5e4"),
)
_PRICES = {
    "mug": 14, "lamp": 58, "vase": 32, "chair": 120, "teapot": 39, "cushion": 24, "clock": 46,
    "bowl": 27, "planter": 22, "candle": 12, "book": 18, "plate": 16, "basket": 34,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """One product. `key` is its name in the bucket, `price` in cents."""

    key: str
    title: str
    price: int
    svg: bytes


@cache
def pictures() -> tuple[Picture, ...]:
    """All 208, neighbours differing in kind and glaze."""
    kinds = tuple(SHAPES)
    count = len(kinds) * len(GLAZES)
    # 13 and 16 have no common divisor, so stepping both at once meets every pair once.
    return tuple(_picture(kinds[i % 13], GLAZES[i * 5 % 16], i) for i in range(count))


def _picture(kind: str, glaze: Glaze, number: int) -> Picture:
    title = f"{kind.capitalize()}, {glaze.name}"
    drawing = SHAPES[kind](glaze, number % 4)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="400" height="400"'
        f' role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="200" height="200" fill="{glaze.backdrop}"/>'
        f'<circle cx="100" cy="92" r="74" fill="#fff" opacity=".45"/>'
        f'<path d="M0 152h200v48H0z" fill="{glaze.dark}" opacity=".10"/>'
        f'<ellipse cx="100" cy="164" rx="58" ry="7" fill="{glaze.dark}" opacity=".22"/>'
        f"{drawing}</svg>\n"
    )
    price = (_PRICES[kind] + number * 7 % 5) * 100
    return Picture(f"{kind}-{glaze.name}.svg", title, price, svg.encode())
