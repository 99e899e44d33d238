"""markdown blocks: the part of Markdown that bots write, turned into safe HTML.

Headings, lists, quotes, fences, rules and inline marks. Raw HTML stays text.
"""

from __future__ import annotations

import re
from itertools import groupby

from markupsafe import Markup, escape

from incidentbot.rehearsal.workspace.render.html import el, link, safe_url

FENCE = re.compile(r"^```[^\n`]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
BULLET = re.compile(r"^\s*[-*+]\s+(.*)$")
NUMBER = re.compile(r"^\s*\d{1,9}[.)]\s+(.*)$")
RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\]\n]{1,500})\]\((?P<url>[^)\s]{1,2000})\)"
    r"|\*\*(?P<strong>\S(?:[^\n*]{0,1000}\S)?)\*\*"
    r"|~~(?P<s>\S(?:[^\n~]{0,1000}\S)?)~~"
    r"|(?<!\w)[*_](?P<em>[^\s*_](?:[^\n*_]{0,1000}[^\s*_])?)[*_](?!\w)"
    r"|(?P<bare>\bhttps?://[^\s<>()]+)"
)


def markdown(source: str) -> Markup:
    """HTML of a markdown text."""
    parts = FENCE.split(source)
    return Markup("").join(
        el("pre", el("code", part.rstrip("\n"))) if index % 2 else _blocks(part)
        for index, part in enumerate(parts)
    )


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    for name, mark in (("rule", RULE), ("h", HEADING), ("ul", BULLET), ("ol", NUMBER)):
        if mark.match(line):
            return name
    return "quote" if line.startswith(">") else "p"


def _blocks(source: str) -> Markup:
    out: list[Markup] = []
    for kind, found in groupby(source.split("\n"), key=_kind):
        lines = list(found)
        if kind == "rule":
            out.append(el("hr"))
        elif kind == "h":
            out += [_heading(line) for line in lines]
        elif kind in ("ul", "ol"):
            mark = BULLET if kind == "ul" else NUMBER
            out.append(el(kind, *(el("li", _inline(mark.sub(r"\1", line))) for line in lines)))
        elif kind == "quote":
            out.append(el("blockquote", _paragraph([line[1:].lstrip() for line in lines])))
        elif kind == "p":
            out.append(el("p", _paragraph(lines)))
    return Markup("").join(out)


def _heading(line: str) -> Markup:
    found = HEADING.match(line)
    marks, content = found.groups() if found else ("#", line)
    return el(f"h{min(len(marks) + 2, 6)}", _inline(content))  # the page owns h1 and h2


def _paragraph(lines: list[str]) -> Markup:
    return Markup(el("br")).join(_inline(line) for line in lines)


def _inline(source: str) -> Markup:
    out: list[Markup] = []
    at = 0
    for found in INLINE.finditer(source):
        out.append(escape(source[at : found.start()]))
        out.append(_piece(found))
        at = found.end()
    out.append(escape(source[at:]))
    return Markup("").join(out)


def _piece(found: re.Match[str]) -> Markup:
    kind = found.lastgroup or ""
    if kind == "code":
        return el("code", found["code"])
    if kind in ("url", "bare"):
        url = safe_url(found[kind])
        label = found["label"] if kind == "url" else found["bare"]
        return link(url, label) if url else escape(found[0])
    return el(kind, _inline(found[kind]))
