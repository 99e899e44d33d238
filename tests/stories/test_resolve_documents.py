"""The end: a draft in a folder, behind a link that opens. And whether the bot is well."""

import asyncio
import hashlib
import json
import re
import time
from pathlib import Path

import aiohttp
import pytest

from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from tests.stories.house import House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Answer = tuple[int, str, dict[str, str]]


async def get(url: str) -> Answer:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


def links(text: str) -> dict[str, str]:
    """Ending -> address, of every document linked."""
    found = re.findall(r"<(http://[^|>]+/documents/[^|>]+)\|", text)
    return {Path(url).suffix: url for url in found}


async def test_resolving_writes_three_documents_and_links_them_where_people_look(
    bot: House,
) -> None:
    room = await bot.declared("Pictures <b>do</b> not & load")
    await bot.say("jonas", room, "/incident ack")
    await bot.say("maya", room, "/incident resolve <script>alert(1)</script> the vendor fixed it")
    await bot.until(lambda: len(links(bot.text(room))) == 3)
    await bot.until(lambda: links(bot.card(room)) == links(bot.text(room)))
    await bot.until(lambda: links(bot.text("incidents")) == links(bot.text(room)))
    folder = bot.folder / "documents" / "INC-1"
    files = {path.suffix: path.read_bytes() for path in folder.iterdir()}
    assert files.keys() == {".md", ".html", ".json"}
    for ending, url in links(bot.text(room)).items():
        status, body, headers = await get(url)
        assert status == 200
        assert body.encode() == files[ending]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    html, facts = files[".html"].decode(), json.loads(files[".json"])
    assert "<script>alert(1)" not in html
    assert "Pictures &lt;b&gt;do&lt;/b&gt; not &amp; load" in html
    assert "http://" not in re.sub(r'xmlns="[^"]*"', "", html)
    assert "Pictures <b>do</b> not & load" in json.dumps(facts, ensure_ascii=False)
    (entry,) = await bot.story("document")
    written = {form["sha256"] for form in entry.data["formats"]}
    assert written == {hashlib.sha256(body).hexdigest() for body in files.values()}


@SQLITE
async def test_health_and_what_is_watched_are_told_over_http_and_nothing_else(bot: House) -> None:
    base = bot.app.settings.web.public_url
    status, body, _ = await get(f"{base}/healthz")
    said = json.loads(body)
    assert (status, said["ok"], said["slack_connected"]) == (200, True, True)
    assert (said["messages_waiting"], said["dependencies"]) == (0, {})
    (bot.folder / "documents" / "INC-1").mkdir(parents=True)
    (bot.folder / "documents" / "INC-1" / "notes.txt").write_text("not a document")
    (bot.folder / "secret.json").write_text("{}")
    for path in (
        "/documents/INC-1/postmortem.html",
        "/documents/INC-1/notes.txt",
        "/documents/INC-1/..%2F..%2Fsecret.json",
        "/documents/%2e%2e/secret.json",
        "/documents/INC-1/",
        "/documents/",
        "/dependencies/s3",
        "/dependencies/..%2Fsecret.json",
    ):
        assert (await get(base + path))[0] == 404, path
    status, body, _ = await get(f"{base}/")
    assert (status, "Nothing is watched yet" in body) == (200, True)


@SQLITE
async def test_health_tells_of_a_slack_that_is_away_and_of_messages_that_wait(
    bot: House,
) -> None:
    await bot.declared()
    await bot.quiet()
    await bot.slack.hub.set_down(True)
    await bot.app.store.tx(lifecycle.set_severity, "INC-1", 1, Person("U1", "Maya"))
    end = time.monotonic() + 15
    while True:
        status, body, _ = await get(f"{bot.app.settings.web.public_url}/healthz")
        said = json.loads(body)
        if said["messages_waiting"] and not said["slack_connected"]:
            break
        assert time.monotonic() < end, said
        await asyncio.sleep(0.05)
    assert (status, said["ok"]) == (200, True)
