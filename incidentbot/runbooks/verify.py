"""Verify from outside: fetch real objects the way users do, and read who served them.

Good, bad, or unknown (no answer, or not steadily good): three values, because the lack of a proof
is no proof of the contrary.
"""

import asyncio
import mimetypes
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from incidentbot import clock
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings import AssetSettings, VerifySettings

TIMEOUT = 3.0
IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """One fetch: `good` None means that nothing answered."""

    key: str
    good: bool | None
    line: str


async def verify(
    http: Http, asset: AssetSettings, served_by: Collection[str], pause: float
) -> dict[str, Any]:
    """{"verdict": good | bad | unknown, "lines": [what was seen], "objects": how many were
    fetched, "seconds": until it was good}. `served_by`: the origins that may be named: one, or
    both while only a share has moved."""
    start = clock.monotonic()
    within = asset.verify.within.total_seconds()
    good = 0
    while True:
        seen = await asyncio.gather(
            *(
                _fetch(http, asset.verify, url, served_by, key)
                for url in (asset.verify.url, *asset.verify.also)
                for key in asset.verify.keys
            )
        )
        good = good + 1 if all(one.good for one in seen) else 0
        passed = clock.monotonic() - start
        if good == IN_A_ROW or passed > within:
            return {"verdict": verdict(good, seen), "lines": [s.line for s in seen],
                    "objects": len(seen), "seconds": round(passed, 2)}  # fmt: skip
        await asyncio.sleep(pause)


def verdict(good_in_a_row: int, seen: list[Seen]) -> str:
    """One bad object is proof enough; a missing answer, or good only once, is none. Pure."""
    if good_in_a_row >= IN_A_ROW:
        return "good"
    return "bad" if any(one.good is False for one in seen) else "unknown"


async def _fetch(
    http: Http, rule: VerifySettings, place: str, served_by: Collection[str], key: str
) -> Seen:
    url = place.replace("{key}", key)
    start = clock.monotonic()
    try:
        answer = await http.get(url, timeout=TIMEOUT, allow_private=rule.allow_private)
    except Failed as error:
        return Seen(key, None, f"{key}: no answer ({error.message})")
    ms = round((clock.monotonic() - start) * 1000)
    origin = answer.headers.get(rule.header, "")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    line = (
        f"{key}: {answer.status}, {len(answer.body)} bytes, {kind or 'no content type'}, "
        f"{rule.header}: {origin or 'none'}, {ms} ms"
    )
    return Seen(key, is_good(key, answer, kind) and origin in served_by, line)


def is_good(key: str, answer: Answer, kind: str) -> bool:
    """200 with a body of the kind that the key's ending promises: an error page is no image."""
    promised = (mimetypes.guess_type(key)[0] or "").partition("/")[0]
    fits = promised != "image" or kind.startswith("image/")
    return answer.status == 200 and bool(answer.body) and fits
