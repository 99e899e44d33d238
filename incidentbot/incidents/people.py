"""Who acts. A person is known by the id that the chat side gave; the bot acts under its name."""

from dataclasses import dataclass

BOT = "incidentbot"


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is stable and unique; `name` is for reading. `rights`: see incidents.rights."""

    id: str
    name: str
    approver: bool = False  # may approve the plans of others
    rights: frozenset[str] = frozenset()
