"""The same operations without Slack: by commands, under the same rules, in the same story."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle
from incidentbot.rehearsal.workspace.server import running
from incidentbot.slack.people import profiles
from incidentbot.slack.people.profiles import Known
from incidentbot.store import Store, migrate
from incidentbot.store.alive import is_held
from incidentbot.store.lease import held
from tests.contracts.aws_wire import ENV
from tests.stories import terminal
from tests.stories.house import CONFIG, house, living, settings_for
from tests.stories.switching import TO_BACKUP, cloud, shop, until
from tests.stories.terminal import ME, people, process, typed

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEAM = [
    Known("UMAYA", "maya", "Maya Okafor"),
    Known("UJONAS", "jonas", "Jonas Weber"),
    Known("UKIM", "kim", "Kim", kind="guest"),
]


@ON_SQLITE
async def test_slack_is_down_and_the_incident_is_run_by_commands_then_slack_catches_up(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG + people("maya", "jonas").replace("{", "{{").replace("}", "}}")
    async with house(tmp_path, database_url, port=free_port, config=config) as bot:
        maya = bot.slack.workspace.person("maya").id
        await bot.until(lambda: bot.app.store.run(profiles.load)[0])
        await bot.slack.hub.set_down(True)

        said = await typed(tmp_path, "incident", "declare", "Pictures do not load")
        assert (said.code, said.err) == (0, "")
        assert said.out == "INC-1  sev 3  open  0 s  nobody  Pictures do not load\n"
        for words in (
            ("ack", "INC-1"),
            ("role", "inc-1", "commander"),
            ("severity", "INC-1", "2"),
            ("update", "INC-1", "We serve from the backup & watch it"),
            ("note", "INC-1", "The CDN was\tflushed \x1b[31mby hand"),
            ("resolve", "INC-1", "The vendor fixed it"),
        ):
            said = await typed(tmp_path, "incident", *words)
            assert (said.code, said.err) == (0, ""), said
        again = await typed(tmp_path, "incident", "resolve", "INC-1")
        assert (again.code, again.out.startswith("Nothing changed.")) == (0, True)
        late = await typed(tmp_path, "incident", "severity", "INC-1", "1")
        assert (late.code, late.err) == (1, "INC-1 is resolved; nothing was changed.")
        shown = await typed(tmp_path, "incident", "show", "INC-1", "--last", "50")
        assert "note      The CDN was flushed  [31mby hand" in shown.out
        assert {e.actor for e in await bot.story() if "(command line)" in e.text} == {maya}

        await bot.slack.hub.set_down(False)
        room = await bot.room()
        await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room), 30)
        await bot.quiet()
        told = [m["text"] for m in bot.messages(room)]
        assert told[0] == "⚪ Sev 2, resolved: Pictures do not load"
        lines = [
            e.text for e in await bot.story() if e.kind not in ("page", "external", "document")
        ]
        said_there = [t.replace("\u200b", "") for t in told[1:] if "is drafted" not in t]
        assert [t.removeprefix("Update: ") for t in said_there] == [
            line.replace("&", "&amp;") for line in lines[1:]
        ]
        assert lines[1] == "Maya (command line) acknowledged the incident."
        assert len(bot.rooms()) == 1


@ON_SQLITE
async def test_without_the_bot_commands_work_and_it_takes_up_what_was_done(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    store = Store(database_url)
    async with running() as slack:
        settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port)
        file = tmp_path / "incidentbot.yaml"
        early = await typed(tmp_path, "incident", "list")
        assert (early.code, "incidentbot migrate" in early.err) == (1, True)
        migrate.upgrade(store)

        nobody = await typed(tmp_path, "incident", "declare", "Uploads hang")
        assert nobody.code == 1
        assert f"  - {{name: Your Name, slack: U..., os_user: {ME}}}" in nobody.err
        plain = file.read_text()
        file.write_text(plain + people("maya"))
        unknown = await typed(tmp_path, "incident", "declare", "Uploads hang")
        assert (unknown.code, "Write the id itself" in unknown.err) == (1, True)
        file.write_text(plain + people("maya", "jonas").replace("jonas-os", ME))
        two = await typed(tmp_path, "incident", "declare", "Uploads hang")
        assert (two.code, "people[Jonas].os_user: is of somebody else" in two.err) == (1, True)

        file.write_text(plain + people("maya").replace("slack: maya", "slack: UMAYA"))
        none = await process(tmp_path, "incident", "list")
        assert (none.code, none.out, none.err) == (0, "No incident so far.\n", "")
        made = await typed(tmp_path, "incident", "declare", "Uploads hang", "--key", "k", "--json")
        facts = json.loads(made.out)
        assert (facts["id"], facts["changed"], facts["bot_is_running"]) == ("INC-1", True, False)
        same = await typed(tmp_path, "incident", "declare", "Uploads hang", "--key", "k")
        assert (same.code, same.out.startswith("Nothing changed. INC-1")) == (0, True)
        said = await typed(tmp_path, "incident", "note", "INC-1", "The queue is full")
        assert "The bot is not running: Slack hears of this when it runs." in said.err
        private = await typed(tmp_path, "incident", "declare", "x", "--private")
        assert (private.code, "switched off" in private.err) == (1, True)
        for wrong, code in ((("show", "INC-9"), 1), (("severity", "INC-1", "9"), 2), (("ack",), 2)):
            assert (await typed(tmp_path, "incident", *wrong)).code == code
        whole = json.loads((await typed(tmp_path, "incident", "show", "INC-1", "--json")).out)
        assert [entry["kind"] for entry in whole["timeline"]] == ["state", "note"]
        (listed,) = json.loads((await typed(tmp_path, "incident", "list", "--json")).out)
        assert listed["title"] == "Uploads hang"

        # Rights are those of Slack: a guest has none unless one is granted.
        store.run(profiles.keep, TEAM)
        file.write_text(plain + people("kim"))
        guest = await typed(tmp_path, "incident", "ack", "INC-1")
        assert (guest.code, "takes the right of a responder" in guest.err) == (1, True)

        async with living(slack, settings, tmp_path) as bot:
            room = await bot.room()
            await bot.until(lambda: "The queue is full" in bot.text(room))
            assert len(await bot.story("note")) == 1
    store.close()


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with cloud() as url:
        yield url


@ON_SQLITE
async def test_a_plan_is_made_by_one_and_approved_by_another_who_types_its_hash(
    store: Store, aws: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (ENV | {"DATABASE_URL": database_url}).items():
        monkeypatch.setenv(name, value)
    store.run(profiles.keep, TEAM)
    async with shop(store, aws, tmp_path) as world:
        incident = await world.breaks()
        plain = (tmp_path / "incidentbot.yaml").read_text()
        for file, first in (("maya.yaml", "maya"), ("jonas.yaml", "jonas"), ("kim.yaml", "kim")):
            others = {"maya": "jonas", "jonas": "maya", "kim": "maya"}[first]
            (tmp_path / file).write_text(plain + people(first, others))

        async def as_(who: str, *words: str) -> terminal.Said:
            return await typed(tmp_path, "runbook", *words, config=f"{who}.yaml")

        offered = await as_("maya", "list", incident)
        assert f"{TO_BACKUP} shop-images possible" in " ".join(offered.out.split())
        odd = await as_("maya", "plan", incident, "rm -rf", "shop-images")
        assert (odd.code, "There is no runbook 'rm -rf' (allowed:" in odd.err) == (1, True)
        made = await as_("maya", "plan", incident, TO_BACKUP, "shop-images", "--json")
        found = json.loads(made.out)
        plan, digest = found["id"], found["hash"]
        shown = await as_("jonas", "show", plan)
        for words in ("before  us-east-1", "after   us-west-2", f"hash           {digest}",
                      f"incidentbot runbook approve {plan} {digest[:12]}"):  # fmt: skip
            assert words in shown.out

        for who, hash, why in (
            ("maya", digest, "Somebody else must approve: you asked for this plan yourself."),
            ("kim", digest, "Kim (command line) is not among the approvers"),
            ("jonas", "0" * 12, "This is not the plan that was shown"),
            ("jonas", digest[:4], "Type at least 8 digits"),
        ):
            refused = await as_(who, "approve", plan, hash)
            assert (refused.code, why in refused.err) == (1, True), refused
        monkeypatch.setenv("SUDO_USER", "maya-os")
        sudo = await as_("jonas", "approve", plan, digest)
        assert (sudo.code, "before you used sudo" in sudo.err) == (1, True)
        monkeypatch.setenv("SUDO_USER", "deploy")
        done = await as_("jonas", "approve", plan, digest[:12], "--type", "shop-images")
        assert (done.code, "the plan runs when the bot does" in done.out) == (0, True)
        late = await as_("maya", "cancel", plan)
        assert (late.code, "there is nothing to cancel" in late.err) == (1, True)
        assert "Jonas (command line, sudo by deploy) approved" in await world.text_of("approved")
        row = await world.run(await world.row(plan))
        assert (row.state, row.created_by, world.writes()) == ("done", "UMAYA", 1)


async def test_whether_a_bot_runs_is_seen_without_standing_in_its_way(store: Store) -> None:
    assert not await asyncio.to_thread(is_held, store)
    bot = Store(store.url)
    async with held(bot):
        assert await asyncio.to_thread(is_held, store)
    bot.close()

    async def let_go() -> bool:  # a server notices a moment later that somebody went
        return not await asyncio.to_thread(is_held, store)

    await until(let_go)


@ON_SQLITE
async def test_what_was_mitigated_and_closed_is_reopened_and_what_was_merged_goes_on_elsewhere(
    store: Store, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    (tmp_path / "incidentbot.yaml").write_text(
        CONFIG.format(port=0, runbooks=tmp_path) + people("maya", "jonas")
    )
    store.run(profiles.keep, TEAM)
    await typed(tmp_path, "incident", "declare", "One")
    for words in (
        ("role", "scribe", "--to", "Jonas"),
        ("mitigate", "No complaint for ten minutes"),
        ("resolve",),
        ("reopen", "It is back"),
    ):
        verb, *rest = words
        assert (await typed(tmp_path, "incident", verb, "INC-1", *rest)).code == 0, words
    story = [entry.text for entry in store.run(timeline.read, "INC-1")]
    assert story[1:] == [
        "Maya (command line) made Jonas scribe.",
        "Maya (command line): users are served again. No complaint for ten minutes",
        "Maya (command line) resolved the incident.",
        "Maya (command line) reopened the incident: It is back",
    ]
    strange = await typed(tmp_path, "incident", "role", "INC-1", "scribe", "--to", "zaphod")
    assert (strange.code, "Nobody here is called 'zaphod'." in strange.err) == (1, True)
    await typed(tmp_path, "incident", "declare", "Two")

    def merged(session: Session) -> None:
        lifecycle.get(session, "INC-1").merged_into = "INC-2"

    store.run(merged)
    said = await typed(tmp_path, "incident", "update", "INC-1", "Still bad")
    assert (said.code, said.err) == (1, "INC-1 was merged into INC-2; it goes on there.")
