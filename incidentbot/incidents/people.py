"""Who acts. A person is known by the id that the chat side gave; the bot acts under its name."""

from dataclasses import dataclass

BOT = "incidentbot"


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is stable and unique; `name` is for reading. Approvers may approve others' plans."""

    id: str
    name: str
    approver: bool = False
