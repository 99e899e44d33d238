"""Many who ask at once are answered by one making."""

import asyncio

import pytest

from incidentbot.console.shared import Shared

NEVER, ALWAYS = 3600, 0  # seconds until it is made anew


class Maker:
    """Counts; the first try fails when it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.tries, self.fails = 0, fails

    async def __call__(self) -> int:
        self.tries += 1
        await asyncio.sleep(0)
        if self.fails and self.tries == 1:
            raise OSError("away")
        return self.tries


async def test_those_who_ask_at_once_get_the_same() -> None:
    kept = Shared(Maker(), NEVER)
    assert await asyncio.gather(*(kept.get() for _ in range(20))) == [1] * 20


async def test_what_is_old_is_made_anew() -> None:
    kept = Shared(Maker(), ALWAYS)
    assert [await kept.get(), await kept.get()] == [1, 2]


async def test_a_failure_is_told_and_not_kept() -> None:
    kept = Shared(Maker(fails=True), NEVER)
    with pytest.raises(OSError, match="away"):
        await kept.get()
    assert [await kept.get(), await kept.get()] == [2, 2]
