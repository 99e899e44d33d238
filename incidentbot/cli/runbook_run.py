"""`runbook run`: an approved plan in this process, when the bot is not there to run it.

It holds what the bot holds, so that the two never run at once; what else the bot left unfinished
stays as it is and goes on with the bot.
"""

import asyncio
from pathlib import Path

import typer
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.app import house_of
from incidentbot.cli import common, plans, shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import ASLEEP, Desk
from incidentbot.cli.plans import PlanId
from incidentbot.durable import Durable, executor_of
from incidentbot.errors import Refused
from incidentbot.http import Http
from incidentbot.incidents.rights import RESPONDER, require
from incidentbot.runbooks.attempt import UNDER_WAY
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store.alive import is_held
from incidentbot.store.lease import held
from incidentbot.store.models import Plan
from incidentbot.timeline import Entry, Wake

OTHERS = ("open", "room", "resolve", "statuspage")  # workflows of the bot, which it goes on with
GOOD = ("done", "paused")  # states after which the command ends well


def run(plan: PlanId, config_file: Config = DEFAULT) -> None:
    """Run an approved plan here, when the bot is not running; print what happens until it ends.

    Ends with 0 when it is done or waits for an answer.
    """
    desk = Desk(config_file, json=False)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook run`")
    row = desk.store.run(plans.find, desk, plan)
    if is_held(desk.store):
        raise _runs_already(row.id)
    if row.state not in UNDER_WAY:
        raise Refused(f"Plan {row.id} is {row.state}; only an approved plan is run.")
    state = asyncio.run(_run(_settings(config_file), row.id))
    if state == "paused":
        found = desk.store.run(plans.facts, desk, row.id)
        typer.echo(plans.page(found).splitlines()[-1])
    typer.echo(ASLEEP, err=True)
    if state not in GOOD:
        raise typer.Exit(1)


def _settings(config_file: Path) -> Settings:
    """With the secrets that its calls take."""
    return common.load(config_file, need_slack=False)


def _runs_already(plan_id: str) -> Refused:
    return Refused(f"The bot is running: it runs {plan_id} itself. See: runbook show {plan_id}")


async def _run(settings: Settings, plan_id: str) -> str:
    """The state in which it is left."""
    store = Store(settings.storage.database.get_secret_value())

    async def somebody_was_quicker() -> None:
        raise _runs_already(plan_id)

    http, aws = Http(), Aws()
    try:
        async with held(store, somebody_was_quicker):
            house = house_of(store, settings)
            return await _alone(store, Runbooks(store, settings, http, aws, house=house), plan_id)
    finally:
        aws.close()
        await http.close()
        store.close()


async def _alone(store: Store, runbooks: Runbooks, plan_id: str) -> str:
    durable = Durable(store.url, executor_of(store.engine.dialect.name))

    async def mine(asked: str) -> None:
        if asked != plan_id:
            await _left_alone()
        await runbooks.run(asked)

    durable.register("run", mine)
    for name in OTHERS:
        durable.register(name, _left_alone)
    durable.launch()
    try:
        return await _follow(store, durable, plan_id)
    finally:
        await durable.close()


async def _left_alone(*_: object) -> None:
    """Broken off at the end, as at the end of the bot: it goes on at the bot's next start."""
    await asyncio.Event().wait()


async def _follow(store: Store, durable: Durable, plan_id: str) -> str:
    """Start it, and print its lines as they come."""
    wake, shown_up_to = Wake(), 0
    store.on_commit(timeline.TOPIC, wake.ring)
    key, last = await store.tx(_begun, plan_id)
    shown_up_to = last
    await durable.start("run", key, plan_id)
    while True:
        over = await durable.finished("run", key)
        for entry in await store.tx(_lines, plan_id, shown_up_to):
            shown_up_to = entry.seq
            typer.echo(f"{entry.at:%H:%M:%S}  {shown.plain(entry.text)}")
        if over:
            return await store.tx(_state, plan_id)
        await _either(wake, 0.2)


async def _either(wake: Wake, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass


def _begun(session: Session, plan_id: str) -> tuple[str, int]:
    """(key of the workflow that is due, number of the line that calls for it): the key is the
    bot's, so that it does not run the same again."""
    key, last = plan_id, 0
    for entry in _all(session, plan_id):
        if entry.data.get("event") == "approved":
            key, last = plan_id, entry.seq
        elif entry.data.get("event") == "answered":
            key, last = f"{plan_id}:{entry.data['question']}", entry.seq
    return key, last


def _lines(session: Session, plan_id: str, after: int) -> list[Entry]:
    return [entry for entry in _all(session, plan_id) if entry.seq > after]


def _all(session: Session, plan_id: str) -> list[Entry]:
    row = session.get_one(Plan, plan_id)
    entries = timeline.read(session, row.incident_id)
    return [entry for entry in entries if entry.data.get("plan_id") == plan_id]


def _state(session: Session, plan_id: str) -> str:
    return session.get_one(Plan, plan_id, populate_existing=True).state
