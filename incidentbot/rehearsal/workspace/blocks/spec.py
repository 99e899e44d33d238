"""Small checkers that add up to a schema. Each looks at one value and notes what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Checker = Callable[["Problems", Any, str], None]


class Problems:
    """What is wrong, as Slack words it: `must be ... [json-pointer:/blocks/0/text]`."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, message: str, pointer: str) -> None:
        self.found.append(f"{message} [json-pointer:{pointer}]")


def string(limit: int, minimum: int = 0) -> Checker:
    """A string of `minimum` to `limit` characters."""

    def check(problems: Problems, value: Any, pointer: str) -> None:
        if not isinstance(value, str):
            problems.add("must be a string", pointer)
        elif len(value) < minimum:
            problems.add(f"must be more than {minimum - 1} characters", pointer)
        elif len(value) > limit:
            problems.add(f"must be less than {limit + 1} characters", pointer)

    return check


def boolean(problems: Problems, value: Any, pointer: str) -> None:
    if not isinstance(value, bool):
        problems.add("must be a boolean", pointer)


def integer(low: int, high: int) -> Checker:
    def check(problems: Problems, value: Any, pointer: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            problems.add("must be an integer", pointer)
        elif value < low:
            problems.add(f"must be greater than or equal to {low}", pointer)
        elif value > high:
            problems.add(f"must be less than or equal to {high}", pointer)

    return check


def choice(*allowed: str) -> Checker:
    def check(problems: Problems, value: Any, pointer: str) -> None:
        if value not in allowed:
            problems.add(f"must be a valid enum value ({', '.join(allowed)})", pointer)

    return check


def anything(problems: Problems, value: Any, pointer: str) -> None:
    """Accepted as it is."""


def array(item: Checker, low: int, high: int) -> Checker:
    """A list of `low` to `high` items."""

    def check(problems: Problems, value: Any, pointer: str) -> None:
        if not isinstance(value, list):
            problems.add("must be an array", pointer)
            return
        if len(value) < low:
            problems.add(f"no fewer than {low} items allowed", pointer)
        if len(value) > high:
            problems.add(f"no more than {high} items allowed", pointer)
        for n, part in enumerate(value[:high]):
            item(problems, part, f"{pointer}/{n}")

    return check


def shape(
    fields: Mapping[str, Checker],
    required: Sequence[str] = (),
    also: Checker = anything,
) -> Checker:
    """An object with these fields and no others; `also` looks at the whole of it."""

    def check(problems: Problems, value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            problems.add("must be an object", pointer)
            return
        for name in required:
            if value.get(name) is None:
                problems.add(f"missing required field: {name}", pointer)
        for name, part in value.items():
            if name not in fields:
                problems.add(f"invalid additional property: {name}", pointer)
            elif part is not None:
                fields[name](problems, part, f"{pointer}/{name}")
        also(problems, value, pointer)

    return check


def by_type(kinds: Mapping[str, Checker]) -> Checker:
    """An object whose `type` says which checker looks at it."""

    def check(problems: Problems, value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            problems.add("must be an object", pointer)
        elif "type" not in value:
            problems.add("missing required field: type", pointer)
        elif value["type"] not in kinds:
            problems.add(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            kinds[value["type"]](problems, value, pointer)

    return check


TYPE: dict[str, Checker] = {"type": anything}


def plain(limit: int, minimum: int = 1) -> Checker:
    """A plain_text object."""
    return by_type(
        {"plain_text": shape({**TYPE, "text": string(limit, minimum), "emoji": boolean}, ["text"])}
    )


def text(limit: int, minimum: int = 1) -> Checker:
    """A plain_text or mrkdwn object."""
    body = string(limit, minimum)
    return by_type(
        {
            "plain_text": shape({**TYPE, "text": body, "emoji": boolean}, ["text"]),
            "mrkdwn": shape({**TYPE, "text": body, "verbatim": boolean}, ["text"]),
        }
    )
