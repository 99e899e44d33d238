"""Images. Only this machine's own are loaded: the page makes no outside request."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.data import Json, text
from incidentbot.rehearsal.workspace.render.html import el, link, safe_url

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def image(given: Json, *, cls: str) -> Markup:
    """The picture, or its description and address when it lies outside this machine."""
    alt = text(given.get("alt_text"))
    url = safe_url(given.get("image_url"))
    if url is None:
        return el("span", f"Image: {alt or 'no address'}", cls="unknown")
    if not _is_local(url):
        return el("span", "Image from outside, not loaded: ", link(url, alt or url), cls="unknown")
    return el("img", cls=cls, attrs={"src": url, "alt": alt, "loading": "lazy"})


def _is_local(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False
