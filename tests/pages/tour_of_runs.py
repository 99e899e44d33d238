"""The second way of the gallery: runs in steps, by themselves, stopped, gone wrong."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.stories.house import RUNBOOKS

if TYPE_CHECKING:
    from tests.pages.gallery import Tour

TARGET = "shop-images/ssm_parameter"
CAREFUL, BACK = "runbook.plan:careful-to-backup", "runbook.plan:serve-from-primary"
BOOK = """\
title: Serve {asset} from {to}, step by step
when: dependency_down
risk: critical
to: backup
undo: serve-from-primary
before:
  - Nobody deploys the shop at this moment
steps:
  - checklist:
      - Freeze the deploys
      - Tell support what users will see
  - action: ssm_parameter
  - ask: Are the error rates of the shop back to normal?
why: The primary origin fails and the backup is proven ready.
watch_for: Objects written in the last minutes may be missing on the backup.
if_this_fails: Nothing is undone by itself. Read the parameter, and ask for help.
"""
ALONE = "automatic: {after: 1m, veto: 2m}\n"
SOME = (
    "serve-from-backup", "serve-from-primary", "dns-weight-to-backup", "dns-weight-to-primary",
    "post-to-status-page", "vendor-down-no-backup",
)  # fmt: skip
DNS = """\
    switches:
      - kind: route53_weights
        zone: Z0123456789ABC
        record: img.shop.example
        type: CNAME
        endpoint_url: http://127.0.0.1:9
        values: {us-east-1: east, us-west-2: west}
      - kind: ssm_parameter
        parameter: /shop/asset-origin
        region: us-west-2
        endpoint_url: """
CHANGES = {
    "policy: {": "policy: {break_glass: {people: [maya]}, approvals: {critical: 1},"
    " automatic: {allowed: true, after: 1m, veto: 1m}, ",
    "    switch:\n      kind: ssm_parameter\n      parameter: /shop/asset-origin\n"
    "      region: us-west-2\n      endpoint_url: ": DNS,
    "\n      values: {us-east-1: us-east-1": "\n        values: {us-east-1: us-east-1",
}


def runbooks(folder: Path) -> Path:
    """Some of those that are shipped, one that runs by itself, and one in steps."""
    made = folder / "runbooks"
    made.mkdir()
    for name in SOME:
        shutil.copy(RUNBOOKS / f"{name}.yaml", made)
    with (made / "serve-from-backup.yaml").open("a", encoding="utf-8") as file:
        file.write(ALONE)
    (made / "careful-to-backup.yaml").write_text(BOOK, encoding="utf-8")
    return made


async def by_itself(t: Tour) -> None:
    """While all is well the backup is looked at; then a swap is announced, and somebody objects."""
    bot = t.bot
    await bot.until(lambda: t.world.primary.proxy.count() > 6)

    async def proven() -> bool:
        await bot.say("maya", "general", "/incident readiness shop-images")
        return "209 of 209" in bot.whispers("maya")

    for _ in range(40):
        if await proven():
            break
    await t.page("maya", "general")
    await bot.say("maya", "general", "/incident readiness shop-images")
    await t.message("readiness-well", "Readiness of", "maya", "general")
    await t.world.stage.break_region("errors")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    for person in ("maya", "jonas"):
        await bot.do(do="join", user=person, channel=room)
    await bot.until(lambda: '"plan.veto"' in bot.text(room), 100)  # a minute is the least
    await t.message("automatic", "Do not do it", "maya", room)
    await bot.click("maya", room, "incident.command")
    await bot.click("jonas", room, "plan.veto")
    await t.message("automatic-vetoed", "vetoed the plan", "maya", room)


async def in_steps(t: Tour) -> None:
    """A plan with several steps, its approval by name, and what it waits for."""
    bot, room = t.bot, str(t.bot.rooms()[0].name)
    await t.answer("runbooks-ranked", "/incident runbook", "Runbooks for INC-1", "maya", room)
    await bot.until(lambda: CAREFUL in bot.text(room))
    await bot.click("maya", room, CAREFUL)
    await t.message("plan-steps", "Plan: ", "maya", room)
    await lights(t, room)
    await bot.click("maya", room, "plan.glass")
    await t.modal("form-glass", "maya")
    await t.page("jonas", room)
    await bot.click("jonas", room, "plan.approve")
    form = t.pages["jonas"].locator("dialog.modal[open]")
    await t.modal("form-approve", "jonas", close=False)
    await form.locator("input[type=text], textarea").last.fill("shop-images/ssm_paramter")
    await form.get_by_role("button", name="Approve and run").click()
    await form.get_by_text("That is not the name").wait_for()
    await t.modal("form-approve-wrong", "jonas", close=False)
    await form.locator("input[type=text], textarea").last.fill(TARGET)
    await form.get_by_role("button", name="Approve and run").click()
    await t.message("run-waits", "waits for a person (step 1)", "maya", room)
    await bot.click("maya", room, "run.answer:done")
    await bot.until(lambda: "(step 3)" in bot.text(room), 40)
    await t.message("plan-running", "step by step: waits", "maya", room)
    await bot.say("jonas", room, "/incident halt The error rate rises again, we look first")
    await t.message("stopped", "stopped all runbooks", "maya", room)
    await bot.say("jonas", room, "/incident rearm")
    await t.message("stopped-asked", "one more person must agree", "maya", room)
    await bot.say("maya", room, "/incident rearm")
    await bot.until(lambda: "may write again" in bot.text(room))
    await bot.click("jonas", room, "run.answer:done")
    await t.message("run-answered", "(step 3)", "maya", room)


async def lights(t: Tour, room: str) -> None:
    maya = t.bot.slack.workspace.person("maya").id
    url = f"{t.world.url}/channels/{t.bot.channel(room).id}?as={maya}"
    dark = {"color_scheme": "dark", "viewport": {"width": 920, "height": 1400}}
    narrow = {"viewport": {"width": 400, "height": 2400}}
    for light, context in (("dark", dark), ("narrow", narrow)):
        await t.other(f"plan-{light}", url, "#messages [id^='m-']", "Plan: ", **context)


async def gone_wrong(t: Tour) -> None:
    """The way back meets the second outage: the proof is bad, and its undo is offered. One person
    is alone by then."""
    bot, room = t.bot, str(t.bot.rooms()[0].name)
    await t.world.stage.heal()
    await bot.until(lambda: BACK in bot.text(room), 40)
    await bot.click("maya", room, BACK)
    await bot.until(lambda: '"plan.approve"' in bot.text(room))
    wire = t.world.backup.proxy
    before = wire.count("PutParameter")
    await bot.click("jonas", room, "plan.approve")
    await bot.until(lambda: wire.count("PutParameter") > before)
    await t.world.stage.break_region("errors")
    await bot.until(lambda: "takes it back" in bot.text(room), 60)
    await t.message("undo", "takes it back", "maya", room)
    await bot.click("maya", room, "runbook.plan:serve-from-backup")
    await bot.until(lambda: '"plan.glass"' in bot.text(room))
    await bot.click("maya", room, "plan.glass")
    maya = bot.slack.workspace.person("maya").id
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    await t.fill("maya", reason="Nobody else answers, and the shop is down", typed=TARGET)
    await t.message("break-glass", "Look at the break-glass", "maya", room)


Stop = Callable[["Tour"], Awaitable[None]]
STOPS: tuple[Stop, ...] = (by_itself, in_steps, gone_wrong)
