"""table blocks: the first row is the head."""

from __future__ import annotations

from markupsafe import Markup, escape

from incidentbot.rehearsal.workspace.render.data import Json, obj, objs, text
from incidentbot.rehearsal.workspace.render.html import el
from incidentbot.rehearsal.workspace.render.reader import Reader
from incidentbot.rehearsal.workspace.render.rich_text import rich_text

ALIGN = frozenset({"left", "center", "right"})


def table(block: Json, reader: Reader) -> Markup:
    """HTML of a table block; wide ones scroll inside their own box."""
    settings = block.get("column_settings")
    columns = [obj(item) for item in settings] if isinstance(settings, list) else []
    rows = block.get("rows")
    out = []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        tag = "th" if index == 0 else "td"
        out.append(el("tr", *(_cell(tag, c, n, columns, reader) for n, c in enumerate(objs(row)))))
    body = el("table", el("thead", *out[:1]), el("tbody", *out[1:]))
    return el("div", body, cls="table", attrs={"tabindex": "0", "role": "region"})


def _cell(tag: str, cell: Json, column: int, columns: list[Json], reader: Reader) -> Markup:
    settings = columns[column] if column < len(columns) else {}
    align = text(settings.get("align"))
    kind = text(cell.get("type"))
    if kind == "rich_text":
        content = rich_text(cell, reader)
    elif kind in ("raw_text", "raw_number"):
        content = escape(text(cell.get("text")) or text(cell.get("value")))
    else:
        content = el("span", kind or "no type", cls="unknown")
    look = [
        f"align-{align}" if align in ALIGN else "",
        "wrap" if settings.get("is_wrapped") else "",
    ]
    return el(tag, content, cls=" ".join(filter(None, look)))
