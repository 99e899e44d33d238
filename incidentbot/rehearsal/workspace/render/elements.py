"""One door to all interactive elements: what stands in actions, accessories and inputs."""

from __future__ import annotations

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.buttons import button, field_id, overflow, sender
from incidentbot.rehearsal.workspace.render.data import Json, text
from incidentbot.rehearsal.workspace.render.external import EXTERNAL, external
from incidentbot.rehearsal.workspace.render.html import el
from incidentbot.rehearsal.workspace.render.images import image
from incidentbot.rehearsal.workspace.render.inputs import KINDS, typed
from incidentbot.rehearsal.workspace.render.reader import Reader, Surface
from incidentbot.rehearsal.workspace.render.selects import (
    CHOICES,
    acting,
    choice_list,
    multi_select,
    select,
)

ACTING = {"button": button, "overflow": overflow, "workflow_button": button}
SOURCES = ("static", "users", "channels", "conversations")
SELECTS = frozenset(f"{source}_select" for source in SOURCES)
MULTI_SELECTS = frozenset(f"multi_{source}_select" for source in SOURCES)


def element(block_id: str, given: Json, surface: Surface, reader: Reader) -> Markup:
    """An element that acts by itself: in an actions block or beside a section."""
    kind = text(given.get("type"))
    if kind in ACTING:
        return ACTING[kind](block_id, given, surface, reader)
    if kind == "image":
        return image(given, cls="thumb")
    in_message = surface.kind == "message"
    name = "selected" if in_message else f"{block_id}/{text(given.get('action_id'))}"
    body = control(block_id, given, name, surface, reader)
    if body is None:
        return unknown("element", given)
    return sender(surface, block_id, given, reader, acting(block_id, given, body, surface, reader))


def control(
    block_id: str, given: Json, name: str, surface: Surface, reader: Reader
) -> Markup | None:
    """The bare control with the given form name; None for a kind that is not known here."""
    kind = text(given.get("type"))
    action = text(given.get("action_id"))
    place = field_id(surface, block_id, action)
    value = surface.values.get((block_id, action), {})
    if kind in EXTERNAL:
        return external(block_id, given, name, place, value, surface)
    if kind in SELECTS:
        return select(given, name, place, value, reader)
    if kind in MULTI_SELECTS:
        return multi_select(given, name, place, value, reader)
    if kind in CHOICES:
        return choice_list(given, name, place, value, reader)
    return typed(given, name, place, value, reader) if kind in KINDS else None


def unknown(what: str, given: Json) -> Markup:
    """A grey box that names what is not drawn here: nothing a bot sends is hidden."""
    kind = text(given.get("type")) or "no type"
    return el("div", f"{what} of type “{kind}” is not drawn here", cls="unknown")
