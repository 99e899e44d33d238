"""What a stage has. `tests/contracts/test_actions.py` plays the same acts on each of them.

A module here is called like its action and has `stage()`, a context manager that gives a Stage; it
lives as long as the module's tests do, and `reset` is called before each of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from incidentbot.runbooks.contract import Goal
from tests.contracts.doubles.faults import Fault, Faults

NOWHERE = "http://127.0.0.1:9"
EVIL = "x; rm -rf $HOME 'y'"


@dataclass
class Stage:
    """A switch that stands at the first of `values`; the second is the other origin.

    `live` and `by_others` look and write around the wire; `third` is a value somebody else may
    write, as `observe` names it. `writes`, `reads`: names of operations of `double`.
    """

    action: Any
    options: Any
    double: Faults
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    live: Callable[[], str]
    by_others: Callable[[str], None]
    reset: Callable[[], None]  # back to the first value, however it was left
    values: tuple[str, str] = ("one", "two")
    third: str = "three"
    has_token: bool = False  # a stale write is refused by the other side
    tells: bool = True  # `follows` can tell that somebody wrote in between
    faults: tuple[Fault, ...] = (
        "lost", "dropped", "503", "503 but done", "hang", "throttled", "denied"
    )  # fmt: skip
    nowhere: Mapping[str, Any] = field(default_factory=lambda: {"endpoint_url": NOWHERE})
    hostile: str = ""  # the option whose text `by_hand` must carry unharmed; "" if there is none

    @property
    def goal(self) -> Goal:
        return self.towards(self.values[1])

    def towards(self, value: str, share: int = 100) -> Goal:
        one, two = self.values
        return Goal(value, two if value == one else one, share)
