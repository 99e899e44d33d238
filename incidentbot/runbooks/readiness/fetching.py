"""Read objects: from the origin itself, and over the way users take."""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from incidentbot.errors import Temporary
from incidentbot.http import Failed, Http
from incidentbot.runbooks.listing import MOST, Object, Opened
from incidentbot.runbooks.readiness.look import Fetched, Through
from incidentbot.settings import AssetSettings

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE = 8
SECONDS = 5.0
BROUGHT_ALONG = ("Content-Type", "Content-Encoding", "Cache-Control", "Content-Disposition",
                 "x-amz-website-redirect-location", "x-amz-storage-class")  # fmt: skip


async def all_of(what: Callable[[A], Awaitable[B]], items: Iterable[A]) -> list[B]:
    """`what` of each, a few at once."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(item: A) -> B:
        async with few:
            return await what(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


async def from_origin(
    origin: Opened, sizes: Mapping[str, int], wanted: Iterable[str]
) -> tuple[Fetched, dict[str, Object]]:
    """Read what the listing has; `wanted` keys it has not count as failed. Raises Temporary when
    the origin does not answer. Bodies are let go, headers are kept."""
    lost = tuple(sorted(set(wanted) - sizes.keys()))
    failed: dict[str, str] = dict.fromkeys(lost, "is not there")
    found: dict[str, Object] = {}

    async def one(key: str) -> None:
        got = await origin.fetch(key)
        problem = got.problem or ("" if got.size == sizes[key] else f"has {got.size:,} bytes")
        if problem:
            failed[key] = problem
        found[key] = Object(got.size, got.headers, b"", got.problem)

    await all_of(one, sizes)
    keys = tuple(sorted(failed))
    why = failed[keys[0]] if keys else ""
    return Fetched(len(sizes) + len(lost), keys, why), found


async def over_users_way(
    http: Http, asset: AssetSettings, value: str, keys: Sequence[str]
) -> Through | None:
    """Ask the edge for the backup, as the configuration says; None where it does not say how.

    `value` is what the edge names the backup. An answer of the primary is a failure: it would
    prove nothing about the backup.
    """
    way = asset.readiness.through
    if way is None or not keys:
        return None
    headers = {way.header: way.value} if way.header and way.value else {}
    names = way.names or asset.verify.header

    async def one(key: str) -> tuple[str, str, bool]:
        url = way.url.replace("{key}", quote(key, safe="/~"))
        try:
            answer = await http.get(
                url, timeout=SECONDS, headers=headers, allow_private=way.allow_private,
                max_bytes=MOST,
            )  # fmt: skip
        except Failed as error:
            return key, error.message, True
        served = answer.headers.get(names, "")
        if answer.status >= 500 or answer.status == 429:
            return key, f"answered {answer.status}", answer.status == 429
        if answer.status != 200 or not answer.body:
            return key, f"answered {answer.status} with {len(answer.body)} bytes", False
        if served != value:
            return key, f"{names} says {served or 'nothing'}, not {value}", False
        return key, _odd_kind(key, answer.headers.get("Content-Type", "")), False

    seen = await all_of(one, keys)
    failed = tuple(key for key, problem, unclear in seen if problem and not unclear)
    unclear = [problem for _, problem, away in seen if away]
    why = next((problem for _, problem, away in seen if problem and not away), "")
    return Through(len(seen), failed, why or next(iter(unclear), ""), bool(unclear) and not failed)


def _odd_kind(key: str, kind: str) -> str:
    """An error page is no image, even with status 200."""
    promised = (mimetypes.guess_type(key)[0] or "").partition("/")[0]
    odd = promised == "image" and not kind.lower().startswith("image/")
    return f"is {kind or 'of no type'}, and should be an image" if odd else ""


async def changed_headers(
    source: Opened, copies: Mapping[str, Object], keys: Iterable[str]
) -> tuple[int, list[str]] | None:
    """(how many were compared, what differs, in words); None when the source does not answer.

    What browsers act on must be the same on both sides: an image that comes as text is no image.
    """
    try:
        both = await all_of(
            lambda key: _pair(source, key, copies[key]), [k for k in keys if k in copies]
        )
    except Temporary:
        return None
    compared = [one for one in both if one is not None]
    return len(compared), [words for words in compared if words]


async def _pair(source: Opened, key: str, copy: Object) -> str | None:
    original = await source.fetch(key)
    if original.problem or copy.problem:
        return None
    names = [*BROUGHT_ALONG, *_meta(original.headers), *_meta(copy.headers)]
    for name in names:
        one, two = original.headers.get(name, ""), copy.headers.get(name, "")
        if name == "x-amz-storage-class":
            continue
        if one != two:
            return f"{key}: {name} is {two or 'not there'}, not {one or 'left out'}"
    return ""


def _meta(headers: Mapping[str, str]) -> list[str]:
    return [name for name in headers if name.lower().startswith("x-amz-meta-")]
