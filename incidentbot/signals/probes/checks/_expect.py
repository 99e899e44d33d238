"""What a right answer is: statuses, patterns and paths as the configuration writes them."""

from dataclasses import dataclass
from typing import Annotated, Any

import jsonpath
import re2
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from incidentbot.settings.values import refuse
from incidentbot.signals.probes.contract import Text

_FORMS = "a status from 200 to 599, a class such as 2xx, or a list of them"
_ONE = [
    {"type": "integer", "minimum": 200, "maximum": 599},
    {"type": "string", "pattern": "^[2-5]xx$"},
]


@dataclass(frozen=True, slots=True)
class StatusSet:
    """The statuses of a right answer, and the words for them."""

    words: str
    allowed: frozenset[int]


def parse_statuses(value: object) -> StatusSet:
    """`200`, `2xx` or `[200, 404]` -> StatusSet."""
    if isinstance(value, StatusSet):
        return value
    parts = value if isinstance(value, list | tuple) and value else [value]
    allowed: set[int] = set()
    for part in parts:
        if isinstance(part, int) and not isinstance(part, bool) and 200 <= part <= 599:
            allowed.add(part)
        elif isinstance(part, str) and part in ("2xx", "3xx", "4xx", "5xx"):
            allowed |= set(range(int(part[0]) * 100, int(part[0]) * 100 + 100))
        else:
            refuse("is not a status of a right answer", _FORMS)
    return StatusSet(" or ".join(str(part) for part in parts), frozenset(allowed))


def compiled(pattern: str) -> Any:
    """The pattern; the library's own lines on standard error say no more than the fault does."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _regex(pattern: str) -> str:
    try:
        compiled(pattern)
    except re2.error as error:
        words = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        refuse(f"is not a regular expression: {words}", "the syntax of RE2, as in Go")
    return pattern


def _path(path: str) -> str:
    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        refuse(f"is not a JSONPath: {error.args[0]}", "a JSONPath such as $.status")
    return path


Statuses = Annotated[
    StatusSet,
    BeforeValidator(parse_statuses),
    PlainSerializer(lambda statuses: statuses.words, return_type=str),
    WithJsonSchema({"anyOf": [*_ONE, {"type": "array", "minItems": 1, "items": {"anyOf": _ONE}}]}),
]
Regex = Annotated[Text, AfterValidator(_regex)]
JsonPath = Annotated[Text, AfterValidator(_path)]
JsonValue = str | int | float | bool | None
MaxBody = Annotated[int, Field(strict=True, ge=1, le=64 * 1024 * 1024)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]


def same(found: Any, wanted: JsonValue) -> bool:
    """Equal, and of one kind: 1 is not true and not "1", but 1 is 1.0."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return bool(found == wanted)
