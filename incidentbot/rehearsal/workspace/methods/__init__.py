"""The Web API, one file per family. METHODS finds a method by its name."""

from __future__ import annotations

from . import (
    apps,
    auth,
    blocks,
    bookmarks,
    bots,
    calls,
    canvases,
    chat,
    conversations,
    conversations_members,
    conversations_reading,
    conversations_shared,
    dnd,
    files,
    oauth,
    pins,
    reactions,
    scheduling,
    streams,
    team,
    unfurling,
    usergroups,
    users,
    views,
)
from .registry import Method

METHODS: dict[str, Method] = {}
for _family in (
    apps,
    auth,
    blocks,
    bookmarks,
    bots,
    calls,
    canvases,
    chat,
    conversations,
    conversations_members,
    conversations_reading,
    conversations_shared,
    dnd,
    files,
    oauth,
    pins,
    reactions,
    scheduling,
    streams,
    team,
    unfurling,
    usergroups,
    users,
    views,
):
    METHODS.update(_family.TABLE.methods)
