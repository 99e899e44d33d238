"""A whole run without Slack and without the bot: by commands, by the same core, word for word."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from incidentbot.slack.people import profiles
from incidentbot.slack.people.profiles import Known
from incidentbot.store import Store
from incidentbot.store.lease import held
from tests.contracts.aws_wire import ENV
from tests.stories import terminal
from tests.stories.switching import CONFIG, RUNBOOKS, WEST, Shop, cloud, shop
from tests.stories.terminal import people, typed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEAM = [Known("UMAYA", "maya", "Maya Okafor"), Known("UJONAS", "jonas", "Jonas Weber")]
GO = """\
title: Serve {asset} from {to}, by hand first
when: dependency_down
risk: high
to: backup
steps:
  - checklist: [Freeze the deploys, Tell the shop]
  - action: ssm_parameter
undo: back
before: [Nobody deploys]
why: The primary fails.
watch_for: New objects may be missing.
if_this_fails: Ask for help.
"""
BACK = """\
title: Serve {asset} from {to} again
when: primary_healthy
risk: medium
to: primary
action: ssm_parameter
undo: go
why: The primary is well.
watch_for: Errors.
if_this_fails: Stay.
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with cloud() as url:
        yield url


@pytest.fixture
async def world(
    store: Store, aws: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    for name, value in (ENV | {"DATABASE_URL": database_url}).items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "go.yaml").write_text(GO)
    (folder / "back.yaml").write_text(BACK)
    shutil.copy(RUNBOOKS / "post-to-status-page.yaml", folder)  # no page is set up
    store.run(profiles.keep, TEAM)
    config = CONFIG.replace("sqlite:///unused.db", database_url)
    async with shop(store, aws, tmp_path, config, folder) as made:
        plain = (tmp_path / "incidentbot.yaml").read_text()
        for first, second in (("maya", "jonas"), ("jonas", "maya")):
            (tmp_path / f"{first}.yaml").write_text(plain + people(first, second))
        yield made


async def test_a_run_by_commands_waits_is_answered_goes_on_and_cannot_be_had_twice(
    world: Shop, tmp_path: Path
) -> None:
    async def as_(who: str, *words: str) -> terminal.Said:
        return await typed(tmp_path, "runbook", *words, config=f"{who}.yaml")

    incident = await world.breaks()
    await world.durable.close()  # nothing runs a plan from here on but the command
    all_of_them = json.loads((await as_("maya", "list", "--json")).out)
    assert {one["runbook"]: one["usable"] for one in all_of_them} == {
        "back": True, "go": True, "post-to-status-page": False
    }  # fmt: skip
    unnamed = await as_("maya", "plan", incident, "go")
    assert "go is about an asset; say which: shop-images." in unnamed.err
    offered = await as_("maya", "list", incident)
    assert "SSM data plane in us-west-2" in offered.out

    made = json.loads((await as_("maya", "plan", incident, "go", "shop-images", "--json")).out)
    plan, digest = made["id"], made["hash"]
    shown = (await as_("jonas", "show", plan)).out
    for words in (
        "1. By a person: Is all of this done?", "  [ ] Freeze the deploys",
        "2. SSM parameter /shop/asset-origin in us-west-2", "before  us-east-1",
        "true before    Nobody deploys (who approves vouches for it)",
        f"approve {plan} {digest[:12]} --type shop-images",
    ):  # fmt: skip
        assert words in shown, words
    script = (await as_("jonas", "script", plan)).out
    assert "aws ssm put-parameter" in script
    assert digest in script
    early = await as_("jonas", "run", plan)
    assert (early.code, "is planned; only an approved plan is run." in early.err) == (1, True)

    for typed_name, why in (
        ((), "Type the name of the target to approve this plan: shop-images"),
        (("--type", "shop-image"), "and you typed 'shop-image'; nothing was done."),
    ):
        refused = await as_("jonas", "approve", plan, digest, *typed_name)
        assert (refused.code, why in refused.err) == (1, True), refused
    done = await as_("jonas", "approve", plan, digest[:12], "--type", "shop-images")
    assert f"To run it here: incidentbot runbook run {plan}" in done.out

    bot = Store(world.store.url)
    async with held(bot):
        busy = await as_("jonas", "run", plan)
        assert (busy.code, "The bot is running: it runs" in busy.err) == (1, True)
    bot.close()
    assert world.writes() == 0

    first = await as_("jonas", "run", plan)
    assert (first.code, f"runbook answer {plan} done | stop" in first.out) == (0, True), first
    assert "Slack hears of this when it runs" in first.err
    standing = await as_("maya", "status")
    assert f"{plan} INC-1 paused shop-images Waiting" in " ".join(standing.out.split())
    odd = await as_("maya", "answer", plan, "yes")
    assert (odd.code, odd.err) == (1, "The answer must be one of: done, stop.")
    assert "To run it here" in (await as_("maya", "answer", plan, "done")).out

    second = await as_("jonas", "run", plan)
    assert (second.code, "us-west-2 serves now, verified from outside" in second.out) == (0, True)
    assert "Freeze the deploys" not in second.out  # told by the first one
    assert (world.live()[0], world.writes()) == (WEST, 1)
    for order, why in (
        (("run", plan), f"Plan {plan} is done; only an approved plan is run."),
        (("answer", plan, "done"), "That was answered already: done."),
        (("cancel", plan), "there is nothing to cancel"),
        (("veto", plan), "there is nothing to veto"),
        (("undo", plan), "No plan: us-east-1 is not proven healthy (it is down)."),
    ):
        refused = await as_("maya", *order)
        assert (refused.code, why in refused.err) == (1, True), refused
    alone = await as_("maya", "break-glass", plan, digest, "--reason", "Nobody answers me")
    assert (alone.code, "is done; it cannot be approved" in alone.err) == (1, True), alone
    world.start()  # the bot comes, and finds it done
    assert (await world.run(await world.row(plan))).state == "done"
    assert world.writes() == 1
