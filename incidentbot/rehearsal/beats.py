"""A story as a row of beats: each is seen, or names what was expected and what was there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Beat:
    """`at_s`: seconds since the story began. `detail`: what was seen."""

    name: str
    at_s: float
    ok: bool
    detail: str


class Missed(Exception):
    """A beat that did not come."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen: {seen}")


Step = Callable[[], Awaitable[str]]


class Teller:
    """Plays steps in order until one is missed, and tells each as it comes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.began = time.monotonic()
        self.beats: list[Beat] = []

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    async def play(self, steps: Sequence[tuple[str, Step]]) -> bool:
        """True when every beat was seen."""
        for name, step in steps:
            try:
                detail, ok = await step(), True
            except Missed as missed:
                detail, ok = str(missed), False
            self.add(name, ok, detail)
            if not ok:
                return False
        return True

    def add(self, name: str, ok: bool, detail: str) -> None:
        self.beats.append(Beat(name, round(self.elapsed, 1), ok, detail))
        mark = "ok  " if ok else "MISS"
        self.say(f"  {self.elapsed:5.1f} s  {mark}  {name}: {detail}")

    def write(self, path: Path, ok: bool) -> None:
        """{"ok", "seconds", "beats"} as JSON."""
        told = {
            "ok": ok,
            "seconds": round(self.elapsed, 1),
            "beats": [asdict(beat) for beat in self.beats],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=2) + "\n")


async def until(
    expected: str,
    look: Callable[[], Awaitable[T | None]],
    within: float,
    seen: Callable[[], Awaitable[str]],
) -> T:
    """Look again and again until there is something; Missed with what `seen` tells at the end."""
    deadline = time.monotonic() + within
    while True:
        found = await look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Missed(f"{expected} within {within:g} s", await seen())
        await asyncio.sleep(LOOK_EVERY_S)
