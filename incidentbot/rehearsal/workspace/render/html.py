"""Build HTML from parts; everything that is not already Markup is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

VOID = frozenset({"br", "hr", "img", "input"})

Attribute = str | int | bool | None


def el(
    name: str,
    *children: str | Markup | None,
    cls: str = "",
    attrs: Mapping[str, Attribute] | None = None,
) -> Markup:
    """One element. Attributes that are None or False are left out, True stands alone."""
    given: dict[str, Attribute] = {"class": cls or None, **(attrs or {})}
    parts = [f"<{name}"]
    for key, value in given.items():
        if value is None or value is False:
            continue
        parts.append(f" {key}" if value is True else f' {key}="{escape(str(value))}"')
    parts.append(">")
    if name not in VOID:
        parts.extend(escape(child) for child in children if child is not None)
        parts.append(f"</{name}>")
    return Markup("".join(parts))  # every part above is fixed text or escaped


def join(parts: Iterable[Markup], between: str = "") -> Markup:
    """Parts in a row."""
    return Markup(escape(between)).join(parts)


def safe_url(url: object) -> str | None:
    """The address when a link may carry it, else None (javascript:, data: and friends)."""
    text = str(url or "").strip()
    if any(ord(character) < 33 for character in text):
        return None
    low = text.lower()
    if low.startswith(("https://", "http://")) and len(text) > len("http://"):
        return text
    return text if low.startswith("mailto:") else None


def link(url: str, label: str | Markup) -> Markup:
    """An outside link that tells the other side nothing about where it was."""
    return el("a", label, attrs={"href": url, "target": "_blank", "rel": "noopener noreferrer"})
