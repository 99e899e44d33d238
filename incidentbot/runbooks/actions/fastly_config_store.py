"""Change one item of a Fastly config store. Compute services read it with every request."""

from pydantic import Field

from incidentbot.runbooks.actions._fastly import (
    MAY_CHANGE,
    Item,
    apply,
    by_hand,
    follows,
    observe,
    plan,
    plane,
    rights,
    undo,
    verify,
)
from incidentbot.settings.telling import Identifier

__all__ = [
    "MAY_CHANGE",
    "Options",
    "apply",
    "by_hand",
    "follows",
    "observe",
    "plan",
    "plane",
    "rights",
    "undo",
    "verify",
]


class Options(Item):
    store: Identifier = Field(description="Id of the config store.")

    @property
    def path(self) -> str:
        return f"/resources/stores/config/{self.store}"

    @property
    def thing(self) -> str:
        return f"item {self.key} of Fastly's config store {self.store}"
