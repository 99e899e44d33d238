"""Plans and runs, in the incident that the probes opened. Nothing is ever written: whatever is let
run is stopped before, and what a run would ask is asked by hand."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.runbooks import approve, pauses
from incidentbot.store.models import Plan
from tests.stories.gestures.walk import Deeds, Walk

does = Deeds()


@does("command runbook", "click runbook.plan", "click plan.commands", "click plan.cancel")
async def plan_and_cancel(walk: Walk) -> None:
    async with pictures(walk):
        await planned(walk)
        await walk.press_in_room("maya", "plan.approve")
        await walk.told("maya", "omebody else must approve")
        await walk.press_in_room("maya", "plan.commands")
        await walk.told("maya", "aws ssm put-parameter")
        await walk.press_in_room("jonas", "plan.cancel")
        await walk.bot.until(lambda: "plan.cancel" not in walk.bot.text(walk.room))
        await walk.entry("runbook", "cancelled the plan")


@does(
    "command halt", "submit runbook.halt", "click plan.approve",
    "submit plan.approve", "command rearm",
)  # fmt: skip
async def stop_and_approve(walk: Walk) -> None:
    """What is approved while all is stopped does not run."""
    async with pictures(walk):
        await planned(walk)
        await walk.type("maya", "stop the wrong parameter is in it")
        await walk.shown("stopped all runbooks: the wrong parameter is in it")
        await walk.press_in_room("jonas", "plan.approve")
        await walk.form("jonas", "Type the name of the target: shop-images", "before  us-east-1")
        await walk.fault("jonas", "typed", "It is: shop-images", typed="shop-image")
        await walk.fill("jonas", typed="shop-images")
        await walk.entry("runbook", "Not run; nothing was changed. All runbooks are stopped")
        await walk.shown("did not work")
        await walk.type("maya", "halt")
        await walk.form("maya", "Stop all runbooks")
        await walk.fault("maya", "why", "a few words", why=" ")
        await walk.fill("maya", why="Once more")
        await walk.told("maya", "They were stopped already, and stay so")
        await walk.press_in_room("maya", "verb:rearm")
        await walk.shown("asks to let runbooks go on; one more person must agree.")
        await walk.type("maya", "rearm")
        await walk.told("maya", "Somebody else must agree: the first wish was yours.")
        await walk.type("jonas", "rearm")
        await walk.shown("Jonas Weber agreed: runbooks may write again.")


@does("click plan.glass", "submit plan.glass")
async def break_glass(walk: Walk) -> None:
    """Alone, with a reason; the kill switch stops even that."""
    async with pictures(walk):
        await planned(walk)
        await walk.press_in_room("maya", "plan.glass")
        await walk.told("maya", "Maya Okafor may not break the glass")
        await walk.type("maya", "halt before it is too late")
        await walk.press_in_room("jonas", "plan.glass")
        await walk.form("jonas", "Why can nobody else approve now?")
        await walk.fault("jonas", "reason", "in a sentence", reason="now", typed="shop-images")
        reason = "Maya is on a train without a network"
        await walk.fill("jonas", reason=reason, typed="shop-images")
        await walk.told("jonas", "All runbooks are stopped since")
        for who in ("maya", "jonas"):
            await walk.type(who, "rearm")
        await walk.entry("note", "Jonas Weber agreed")
        await walk.press_in_room("jonas", "plan.cancel")
        await walk.bot.until(lambda: "plan.cancel" not in walk.bot.text(walk.room))


@does("click plan.veto")
async def veto(walk: Walk) -> None:
    async with pictures(walk):
        await planned(walk)

        def announce(session: Session, plan: Plan) -> None:
            at = clock.now() + timedelta(hours=1)
            text = "It runs by itself, unless somebody vetoes it."
            approve.tell(session, plan, "announced", text, runs_at=clock.iso(at))

        await on_the_newest(walk, announce)
        await walk.press_in_room("maya", "plan.veto")
        await walk.entry("runbook", "vetoed the plan")
        await walk.bot.until(lambda: "plan.veto" not in walk.bot.text(walk.room))


@does("click run.answer")
async def answer(walk: Walk) -> None:
    """What is answered is asked no more, and the answer stands there."""
    async with pictures(walk):
        await planned(walk)

        def ask(session: Session, plan: Plan) -> None:
            plan.state = "running"
            pauses.ask(session, plan, 1, pauses.UNKNOWN, "Nobody can tell. Look again?")

        await on_the_newest(walk, ask)
        await walk.shown("Nobody can tell. Look again?")
        await walk.press_in_room("jonas", "run.answer:stop")
        await walk.entry("runbook", "Jonas Weber answered: stop here")
        await walk.bot.until(lambda: "run.answer" not in walk.bot.text(walk.room))
        await walk.shown("*Stop here*, said")


@asynccontextmanager
async def pictures(walk: Walk) -> AsyncIterator[None]:
    """In the room of the incident about the pictures."""
    before = walk.room, walk.number
    walk.room = next(c.name for c in walk.bot.rooms() if "pictures" in c.name)
    walk.number = "INC-1"
    yield
    walk.room, walk.number = before


async def planned(walk: Walk) -> None:
    """A plan by Maya that waits."""
    button = "runbook.plan:serve-from-backup"
    had = walk.bot.heard("maya").count(button)
    await walk.type("maya", "runbook")
    await walk.bot.until(lambda: walk.bot.heard("maya").count(button) > had)
    await walk.press("maya", "runbook.plan")
    await walk.shown("plan.approve")


async def on_the_newest(walk: Walk, what: Callable[[Session, Any], None]) -> None:
    """Do something to the plan that waits, as the core would."""

    def whole(session: Session) -> None:
        plan = session.scalars(select(Plan).filter_by(state=approve.WAITING)).one()
        what(session, plan)

    await walk.bot.app.store.tx(whole)
