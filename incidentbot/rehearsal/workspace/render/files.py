"""The files of a message: pictures as pictures, everything else as a line to fetch it by."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, objs, text
from incidentbot.rehearsal.workspace.render.html import el

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def render_files(given: object) -> Markup:
    """HTML of a message's files."""
    return Markup("").join(_file(one) for one in objs(given))


def _file(one: Json) -> Markup:
    # By path only: the page shows nothing but what this workspace itself serves.
    path = urlsplit(text(one.get("url_private"))).path
    title = text(one.get("title")) or text(one.get("name"))
    if one.get("mimetype") in PICTURES:
        alt = text(one.get("alt_txt")) or title
        picture = el("img", cls="picture", attrs={"src": path, "alt": alt})
        return el(
            "figure", el("figcaption", title), el("a", picture, attrs={"href": path}), cls="file"
        )
    size = Markup("<small>{}</small>").format(_size(one.get("size")))
    return el(
        "div", el("a", title, attrs={"href": f"{path}?download=1"}), " ", size, cls="file line"
    )


def _size(given: object) -> str:
    size = given if isinstance(given, int) else 0
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1000:,.0f} kB"
