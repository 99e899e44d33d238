"""The draft as one HTML file: style and chart inside, no script, nothing remote, prints on A4."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from incidentbot.postmortem import chart, words
from incidentbot.postmortem.blocks import Chart
from incidentbot.postmortem.model import Draft

SUFFIX = "html"
WIDE, NARROW = 880, 330  # pixels; the page shows the one that fits

_UNIT = re.compile(r"(\d) (?=(?:ms|s|min|h|d|%)(?!\w))")


def export(draft: Draft) -> bytes:
    """A complete document in UTF-8."""
    return _PAGE.render(draft=draft, head=draft.head).encode()


def _finalize(value: object) -> object:
    # A number stays with its unit when the line breaks.
    return _UNIT.sub("\\1\u00a0", words.clean(value)) if type(value) is str else value


def _picture(picture: Chart, width: int, name: str) -> Markup:
    return Markup(chart.svg(picture, width, name))


def _css_text(text: str) -> Markup:
    """For a string inside CSS: only letters, digits and a few marks that mean nothing there."""
    return Markup(re.sub(r"[^A-Za-z0-9 .,·–-]", " ", text))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("incidentbot.postmortem"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(picture=_picture, WIDE=WIDE, NARROW=NARROW)
    made.filters.update(
        moment=words.moment,
        clock=words.clock,
        day=words.day,
        duration=words.duration,
        css_text=_css_text,
    )
    return made


_PAGE = _environment().get_template("postmortem.html.j2")
