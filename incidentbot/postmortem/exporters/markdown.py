"""The draft as GitHub-flavoured Markdown. Every foreign text is escaped, so it stays text."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from incidentbot.postmortem import chart_text, words
from incidentbot.postmortem.blocks import Chart
from incidentbot.postmortem.model import Draft

SUFFIX = "md"

_MARKS = re.compile(r"([\\`*_\[\]<>&~|$#])")
_START = re.compile(r"^(?:([-+=])|(\d+)([.)]))")
# What GitHub turns into links, mentions and pictures after parsing, where a backslash cannot help.
_LINKS = re.compile(r"://|\bwww\.|@(?=\w)|\\#(?=\d)|:(?=[\w+-]*[A-Za-z][\w+-]*:)|\bGH-(?=\d)", re.I)
_NOTHING = "<!-- -->"


def export(draft: Draft) -> bytes:
    """A complete document in UTF-8."""
    text = _PAGE.render(draft=draft, head=draft.head)
    return (re.sub(r"\n{3,}", "\n\n", text).strip() + "\n").encode()


def escape(text: str) -> str:
    """One line of Markdown that shows exactly this text, in a paragraph or a table's cell."""
    text = _MARKS.sub(r"\\\1", words.clean(text))
    text = _START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)
    return _LINKS.sub(
        lambda m: f"{m[0][:1]}{_NOTHING}{m[0][1:]}" if m[0] != "\\#" else m[0] + _NOTHING, text
    )


def _finalize(value: object) -> object:
    # Everything that is printed passes here; only what is marked as ready stays as it is.
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def _picture(picture: Chart) -> Markup:
    body = chart_text.plain(picture).replace("`", "'")
    return Markup(f"```text\n{body}\n```")


def _code(text: str) -> Markup:
    """A hash or an id as code; anything else is escaped."""
    plain = re.fullmatch(r"[A-Za-z0-9._-]{1,80}", text) is not None
    return Markup(f"`{text}`" if plain else escape(text))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("incidentbot.postmortem"),
        autoescape=True,  # so that a macro's output is known to be ready
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(picture=_picture)
    made.filters.update(
        moment=words.moment,
        clock=words.clock,
        day=words.day,
        duration=words.duration,
        code=_code,
    )
    return made


_PAGE = _environment().get_template("postmortem.md.j2")
