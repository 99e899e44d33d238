"""A story's beats: told in order, stopped at the first that is missed, written as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from incidentbot.rehearsal.beats import Missed, Teller, until


async def test_a_missed_beat_names_what_was_expected_and_seen_and_ends_the_story(
    tmp_path: Path,
) -> None:
    lines: list[str] = []
    teller = Teller(lines.append)

    async def well() -> str:
        return "a channel"

    async def never() -> str:
        async def nothing() -> str | None:
            return None

        async def seen() -> str:
            return "an empty channel"

        return await until("a card", nothing, 0.0, seen)

    assert not await teller.play([("open", well), ("card", never), ("later", well)])
    assert [(b.name, b.ok) for b in teller.beats] == [("open", True), ("card", False)]
    assert "expected a card within 0 s; seen: an empty channel" in lines[1]
    teller.write(tmp_path / "deep" / "beats.json", False)
    told = json.loads((tmp_path / "deep" / "beats.json").read_text())
    assert told["ok"] is False
    assert told["beats"][0]["detail"] == "a channel"
    assert set(told["beats"][0]) == {"name", "at_s", "ok", "detail"}


async def test_a_story_without_a_miss_holds() -> None:
    teller = Teller(lambda words: None)
    looks = iter([None, None, "there"])

    async def step() -> str:
        async def find() -> str | None:
            return next(looks)

        async def seen() -> str:
            raise Missed("nothing", "never asked")

        return await until("it", find, 5, seen)

    assert await teller.play([("wait", step)])
    assert teller.beats[0].detail == "there"
