"""What apps have offered in external selects: only that can be chosen."""

from __future__ import annotations

from typing import Any

from .inputs import elements_of, options_of
from .state import Block

EXTERNAL = ("external_select", "multi_external_select")
Option = dict[str, Any]


def message_place(channel: str, ts: str) -> str:
    """The name of a message as a place of selects; a view's is its id."""
    return f"{channel}/{ts}"


class Offers:
    """Options by person, place (a view's id or a message), block_id and action_id."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str, str, str], dict[str, Option]] = {}

    def add(
        self, user: str, place: str, block_id: str, action_id: str, answer: dict[str, Any]
    ) -> None:
        """Remember one answer: `options` or `option_groups`."""
        known = self._all.setdefault((user, place, block_id, action_id), {})
        known.update((option["value"], option) for option in options_of(answer))

    def fill(self, user: str, place: str, blocks: list[Block]) -> list[Block]:
        """The blocks with the offered options in their external selects; the rest untouched."""
        return [self._filled(user, place, block) for block in blocks]

    def _filled(self, user: str, place: str, block: Block) -> Block:
        external = [e for e in elements_of(block) if e["type"] in EXTERNAL]
        if not external:
            return block
        swap = {id(e): self._with_options(user, place, block["block_id"], e) for e in external}
        filled = dict(block)
        for key in ("accessory", "element"):
            if id(filled.get(key)) in swap:
                filled[key] = swap[id(filled[key])]
        if filled["type"] == "actions":
            filled["elements"] = [swap.get(id(e), e) for e in filled["elements"]]
        return filled

    def _with_options(self, user: str, place: str, block_id: str, element: Option) -> Option:
        first = [*element.get("initial_options", ()), element.get("initial_option")]
        known = {option["value"]: option for option in first if option}
        known |= self._all.get((user, place, block_id, element["action_id"]), {})
        return {**element, "options": list(known.values())}
