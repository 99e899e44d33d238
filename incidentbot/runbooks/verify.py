"""Verify from outside: fetch real objects the way users do, and read who served them.

Good, bad, or unknown (nothing answered): three values, because "no answer" is no proof of either.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from incidentbot import clock
from incidentbot.http import Failed, Http
from incidentbot.settings import AssetSettings

TIMEOUT = 3.0
PAUSE = 0.5
IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """One fetch: `good` None means that nothing answered."""

    key: str
    good: bool | None
    line: str


async def verify(http: Http, asset: AssetSettings, to: str) -> dict[str, Any]:
    """{"verdict": good | bad | unknown, "lines": [what was seen], "seconds": until it was good}."""
    start = clock.monotonic()
    within = asset.verify.within.total_seconds()
    good = 0
    while True:
        seen = await asyncio.gather(*(_fetch(http, asset, to, key) for key in asset.verify.keys))
        good = good + 1 if all(one.good for one in seen) else 0
        passed = clock.monotonic() - start
        if good == IN_A_ROW or passed > within:
            return {"verdict": _verdict(good, seen), "lines": [s.line for s in seen],
                    "seconds": round(passed, 2)}  # fmt: skip
        await asyncio.sleep(PAUSE)


def _verdict(good: int, seen: list[Seen]) -> str:
    if good == IN_A_ROW:
        return "good"
    return "unknown" if all(one.good is None for one in seen) else "bad"


async def _fetch(http: Http, asset: AssetSettings, to: str, key: str) -> Seen:
    rule = asset.verify
    url = rule.url.replace("{key}", key)
    start = clock.monotonic()
    try:
        answer = await http.get(url, timeout=TIMEOUT, allow_private=rule.allow_private)
    except Failed as error:
        return Seen(key, None, f"{key}: no answer ({error.message})")
    ms = round((clock.monotonic() - start) * 1000)
    origin = answer.headers.get(rule.header, "")
    line = f"{key}: {answer.status}, {len(answer.body)} bytes, {rule.header}: {origin}, {ms} ms"
    return Seen(key, answer.status == 200 and bool(answer.body) and origin == to, line)
