"""Change one item of a dictionary of a Fastly service. VCL reads it with every request."""

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
    service: Identifier = Field(description="Id of the service.")
    dictionary: Identifier = Field(description="Id of the dictionary; it must be writable.")

    @property
    def path(self) -> str:
        return f"/service/{self.service}/dictionary/{self.dictionary}"

    @property
    def thing(self) -> str:
        return f"item {self.key} of Fastly's dictionary {self.dictionary}"
