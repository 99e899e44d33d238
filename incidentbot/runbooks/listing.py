"""What an origin is to whoever compares: pages of rows in the order of their keys, and objects.

An origin is a module in runbooks/origins/, found by the `kind` of the configuration. It has a model
`Options` and a function `opened(options, outside) -> Opened`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Answer, Failed, Http

T = TypeVar("T")

# Key in UTF-8, ETag without quotes (the MD5 in lower-case hex where it is one, b"" for unknown),
# size as decimal digits. Bytes as they came: a million of them are compared without being decoded.
Row = tuple[bytes, bytes, bytes]

PAGE = 1000
LONGEST = 64 * 1024 * 1024  # bytes of one page or manifest
MOST = 2 * 1024 * 1024  # bytes read of one object; of a longer one its length is believed
SECONDS = 6.0
PAUSES = (0.2, 1.0)  # seconds before a store that answers "not now" is asked again
UNHEARD = 1  # times that a store which did not answer is asked again
CODE = re.compile(rb"<Code>\s*([A-Za-z.]{1,80})\s*</Code>")


@dataclass(frozen=True, slots=True)
class Page:
    """`mark` is where the next page begins, for an origin that cannot begin anywhere."""

    rows: list[Row]
    more: bool
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """One object, read. `size` in bytes as stored; `problem` says why it could not be read."""

    size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    problem: str = ""


class Opened(Protocol):
    """An origin in use. Raises Temporary when nobody answers, Permanent when it is refused."""

    splits: bool
    """Whether a page may begin after any key, so that a listing can be read in many places."""
    lists: bool

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        """The rows after the key `after`, or from `mark` on where it does not split."""
        ...

    async def fetch(self, key: str) -> Object:
        """The object; a `problem` when the origin answers and does not give it."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """The ways out: our own HTTP, and threads for what blocks."""

    http: Http
    blocking: Callable[..., Awaitable[Any]]


class Origin(Protocol):
    """A plug-in module in runbooks/origins/."""

    Options: type[BaseModel]

    def opened(self, options: Any, outside: Outside) -> Opened: ...


async def ask(
    http: Http,
    url: str,
    headers: Callable[[], Awaitable[Mapping[str, str]]],
    *,
    method: str = "GET",
    most: int = LONGEST,
    private: bool = False,
) -> Answer:
    """One request; again when nobody answered or the store asks for patience. `headers` are made
    anew each time, since a signature holds the time."""
    unheard = busy = 0
    while True:
        try:
            answer = await http.request(
                method,
                url,
                timeout=SECONDS,
                headers=await headers(),
                allow_private=private,
                max_bytes=most,
                redirects=0,
            )
        except Failed as error:
            if unheard == UNHEARD:
                raise Temporary(f"no answer: {error.message}") from error
            unheard += 1
            continue
        if answer.status < 500 and answer.status != 429:
            return answer
        if busy == len(PAUSES):
            raise Temporary(f"answered {answer.status} {code_of(answer)}".strip())
        await asyncio.sleep(PAUSES[busy])
        busy += 1


def code_of(answer: Answer) -> str:
    """The store's own word for a refusal."""
    named = answer.headers.get("x-ms-error-code", "")
    found = CODE.search(answer.body)
    return named or (found[1].decode() if found else answer.phrase)


def refuse(answer: Answer, what: str) -> None:
    """Raise Permanent for an answer that is no success."""
    if answer.status != 200:
        raise Permanent(f"{what}: answered {answer.status} {code_of(answer)}".strip())
    if answer.cut:
        raise Permanent(f"{what}: longer than {LONGEST:,} bytes")


def read(answer: Answer) -> Object:
    """What came of reading an object. Length and body are compared here, as far as it was read."""
    if answer.status != 200:
        words = f"answered {answer.status} {code_of(answer)}".strip()
        return Object(headers=answer.headers, problem=words)
    told = answer.headers.get("Content-Length", "")
    size = int(told) if told.isdigit() else len(answer.body)
    # What is stored packed was unpacked on the way: only the length that was told is the stored one
    packed = answer.headers.get("Content-Encoding", "") not in ("", "identity")
    problem = "" if packed or answer.cut or size == len(answer.body) else "was cut short"
    return Object(size, answer.headers, answer.body, problem)


def in_order(rows: list[Row], after: bytes, what: str) -> None:
    """Refuse a listing out of the order of its bytes, or with a key twice: a merge would be wrong.
    Sorting what is sorted costs next to nothing."""
    keys = [row[0] for row in rows]
    if keys != sorted(set(keys)) or (keys and after and keys[0] <= after):
        raise Permanent(f"{what}: its listing is not in the order of its keys")
