"""Who reads, and where an element stands: all that rendering depends on beside the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who looks at the page.

    `users` and `channels` map ids to names this person may see (without @ and #).
    """

    me: str
    zone: tzinfo
    now: datetime
    users: Mapping[str, str]
    channels: Mapping[str, str]
    bots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Surface:
    """Where blocks stand: `kind` is "message" (channel, ts) or "view" (view_id).

    `values` holds what was chosen before, by (block_id, action_id), in the shape of
    Slack's `state.values`; `errors` holds a text per block_id.
    """

    kind: str
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    values: Mapping[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A piece of an element id that is unique on the page."""
        return f"{self.channel}-{self.ts}" if self.kind == "message" else self.view_id
