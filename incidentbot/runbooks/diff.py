"""Which fields of two documents differ, and which of them may. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

GONE = "(none)"


def fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(path, before, after) of every field that differs, as in `CacheBehaviors.Items.2.Target`;
    GONE stands for what is not there on one side."""
    return list(_differ("", dict(before), dict(after)))


def outside(paths: Iterable[str], may_change: Sequence[str]) -> list[str]:
    """The paths that none of the patterns covers; `*` stands for one part of a path."""
    allowed = [re.compile(_pattern(one)) for one in may_change]
    return [path for path in paths if not any(one.fullmatch(path) for one in allowed)]


def _pattern(text: str) -> str:
    return r"\.".join("[^.]+" if part == "*" else re.escape(part) for part in text.split("."))


def _differ(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else str(key)
            yield from _differ(inner, before.get(key, GONE), after.get(key, GONE))
    elif _is_list(before) and _is_list(after) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differ(f"{path}.{number}" if path else str(number), one, other)
    elif before != after:
        yield path, before, after


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
