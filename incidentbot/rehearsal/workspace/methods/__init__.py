"""The Web API, one file per family. METHODS finds a method by its name."""

from __future__ import annotations

from . import (
    apps,
    auth,
    bookmarks,
    bots,
    chat,
    conversations,
    conversations_members,
    conversations_reading,
    files,
    pins,
    reactions,
    team,
    usergroups,
    users,
    views,
)
from .registry import Method

METHODS: dict[str, Method] = {}
for _family in (
    apps,
    auth,
    bookmarks,
    bots,
    chat,
    conversations,
    conversations_members,
    conversations_reading,
    files,
    pins,
    reactions,
    team,
    usergroups,
    users,
    views,
):
    METHODS.update(_family.TABLE.methods)
