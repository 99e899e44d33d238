"""Which fields of two documents differ, and which of them may; what nobody is shown. Pure.

A path joins keys and numbers by dots, as in `CacheBehaviors.Items.2.TargetOriginId`; a dot or a
backslash within a key has a backslash before it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

GONE = "(none)"
HIDDEN = "(hidden)"
PART = r"(?:[^.\\]|\\.)+"  # one part of a path, with whatever is escaped in it


def fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(path, before, after) of every field that differs; GONE stands for what is not there on one
    side. Lists of different length differ as a whole."""
    return list(_differ("", dict(before), dict(after)))


def outside(paths: Iterable[str], may_change: Sequence[str]) -> list[str]:
    """The paths that none of the patterns covers; `*` stands for one part of a path."""
    allowed = [re.compile(_pattern(one)) for one in may_change]
    return [path for path in paths if not any(one.fullmatch(path) for one in allowed)]


def masked(value: Any, names: Collection[str]) -> Any:
    """A copy to show: what stands under a key of these names is left out."""
    if isinstance(value, Mapping):
        return {k: HIDDEN if k in names else masked(inner, names) for k, inner in value.items()}
    return [masked(inner, names) for inner in value] if _is_list(value) else value


def _pattern(text: str) -> str:
    return r"\.".join(PART if part == "*" else re.escape(part) for part in text.split("."))


def _differ(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            if key in before and key in after:
                yield from _differ(_join(path, key), before[key], after[key])
            else:  # also where the other side holds the very words
                yield _join(path, key), before.get(key, GONE), after.get(key, GONE)
    elif _is_list(before) and _is_list(after) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differ(_join(path, number), one, other)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after


def _join(path: str, key: object) -> str:
    part = str(key).replace("\\", "\\\\").replace(".", "\\.")
    return f"{path}.{part}" if path else part


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
