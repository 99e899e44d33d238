"""`runbook`: plan, approve, cancel, without Slack. Only the bot itself ever runs one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, plugins, timeline
from incidentbot.app import house_of
from incidentbot.cli import shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import Desk
from incidentbot.errors import NotFound, Refused
from incidentbot.http import Http
from incidentbot.incidents.rights import ANYBODY, RESPONDER, require
from incidentbot.runbooks import approve as approvals
from incidentbot.runbooks.load import ACTIONS, load
from incidentbot.runbooks.offers import offers
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.store.alive import is_held
from incidentbot.store.models import Incident, Plan

T = TypeVar("T")

cli = typer.Typer(name="runbook", no_args_is_help=True, add_completion=False)

OfIncident = Annotated[str, typer.Argument(metavar="INCIDENT", help="For example INC-1.")]
PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="For example P-1a2b3c4d.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SHORTEST = 8  # digits of a plan's hash that must be typed


@cli.callback()
def _group() -> None:
    """Runbooks, without Slack: what can be done, a frozen plan, a second person's approval."""


@cli.command(name="list")
def list_(incident: OfIncident, config_file: Config = DEFAULT, json: Json = False) -> None:
    """What fits an incident now, and why the rest does not."""
    desk = Desk(config_file, json=json)

    def find(session: Session, row: Incident) -> list[dict[str, Any]]:
        catalog = load(desk.settings.runbooks, plugins.found(ACTIONS))
        found = offers(session, desk.settings, catalog, row.id, clock.now())
        return [
            {"runbook": o.runbook, "asset": o.asset, "title": o.title, "available": o.available,
             "reason": o.reason}
            for o in found
        ]  # fmt: skip

    found = desk.on(ANYBODY, "`runbook list`", incident, find)
    if json:
        typer.echo(shown.as_json(found))
        return
    rows = [
        (o["runbook"], o["asset"], "possible" if o["available"] else "not now",
         shown.plain(o["title"] if o["available"] else o["reason"]))
        for o in found
    ]  # fmt: skip
    head = ("RUNBOOK", "ASSET", "NOW", "WHAT IT DOES, OR WHY NOT")
    typer.echo(shown.columns([head, *rows]) if rows else f"No runbook fits {incident.upper()}.")


@cli.command()
def plan(
    incident: OfIncident,
    runbook: Annotated[str, typer.Argument(help="As `runbook list` names it.")],
    asset: Annotated[str, typer.Argument(help="As `runbook list` names it.")],
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Freeze a plan: what would be done, and the checks. Nothing is changed by it."""
    desk = Desk(config_file, json=json)
    incident_id = desk.on(RESPONDER, "`runbook plan`", incident, lambda _session, row: row.id)

    async def make(runbooks: Runbooks) -> str:
        return await runbooks.plan(incident_id, runbook, asset, desk.person)

    _print(desk, asyncio.run(_with(desk, make)))


@cli.command()
def show(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """A plan as it was frozen, how it stands, and what happened since."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, ANYBODY, "`runbook show`")
    _print(desk, plan)


@cli.command()
def approve(
    plan: PlanId,
    hash: Annotated[str, typer.Argument(help="The plan's hash, at least 8 digits, as shown.")],
    target: Annotated[
        str, typer.Option("--target", help="The target's name, where the plan asks for it.")
    ] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Let a plan run that somebody else has asked for. You must have read it: type its hash."""
    desk = Desk(config_file, json=json)
    row = desk.store.run(_plan, desk, plan)
    _not_oneself(desk, row)
    by = (desk.person, target, desk.operator.behind)
    said = _ask(desk, lambda r: r.approve(row.id, _whole(row, hash), *by))
    awake = is_held(desk.store)
    if desk.store.run(_plan, desk, plan).state == approvals.WAITING:  # others must, too
        _said(desk, row.id, said, awake)
        return
    words = said or f"{row.id} is approved."
    words += (
        f" It runs now: incidentbot runbook show {row.id}"
        if awake
        else " The bot is not running: the plan runs when the bot does, unless it has expired"
        f" by then ({row.expires_at:%H:%M:%S} UTC)."
    )
    _said(desk, row.id, words, awake)


@cli.command()
def cancel(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """Throw a plan away that nobody has approved."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook cancel`")
    row = desk.store.run(_plan, desk, plan)
    said = _ask(desk, lambda r: r.cancel(row.id, desk.person))
    if said:
        raise Refused(said)
    _said(desk, row.id, f"{row.id} is cancelled; nothing was done.", is_held(desk.store))


def _plan(session: Session, desk: Desk, plan_id: str) -> Plan:
    """A plan of an incident that this person may see."""
    row = session.scalar(select(Plan).where(Plan.id.ilike(plan_id.replace("%", ""))))
    if row is None:
        raise NotFound(f"There is no plan {plan_id}.")
    try:
        desk.seen(session, row.incident_id)
    except NotFound:
        raise NotFound(f"There is no plan {plan_id}.") from None
    return row


def _not_oneself(desk: Desk, row: Plan) -> None:
    if desk.operator.behind == row.created_by:
        raise Refused(
            "Somebody else must approve: you asked for this plan yourself, before you used sudo."
        )


def _whole(row: Plan, typed: str) -> str:
    """The whole hash, if what was typed is its beginning; else what was typed, to be refused."""
    begun = typed.lower()
    if len(begun) < SHORTEST:
        raise Refused(f"Type at least {SHORTEST} digits of the plan's hash, as it is shown.")
    return row.hash if row.hash.startswith(begun) else begun


def _ask(desk: Desk, what: Callable[[Runbooks], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(_with(desk, what))


async def _with(desk: Desk, what: Callable[[Runbooks], Coroutine[Any, Any, T]]) -> T:
    http, aws = Http(), Aws(settings=desk.settings.aws)
    try:
        house = house_of(desk.store, desk.settings)
        return await what(Runbooks(desk.store, desk.settings, http, aws, house))
    finally:
        aws.close()
        await http.close()


def _facts(session: Session, desk: Desk, plan_id: str) -> dict[str, Any]:
    row = _plan(session, desk, plan_id)
    body = approvals.shown(row)
    steps = [e for e in timeline.read(session, row.incident_id) if e.data.get("plan_id") == row.id]
    return {
        "id": row.id,
        "incident": row.incident_id,
        "state": row.state,
        "hash": row.hash,
        "asked_for_by": shown.name_of(session, row.created_by),
        "expires_at": clock.iso(row.expires_at),
        "outcome": row.outcome,
        "plan": body,
        "steps": [{"at": clock.iso(e.at), "text": e.text} for e in steps],
    }


def _print(desk: Desk, plan_id: str) -> None:
    found = desk.store.run(_facts, desk, plan_id)
    typer.echo(shown.as_json(found) if desk.json else _page(found))


def _page(found: dict[str, Any]) -> str:
    body = found["plan"]
    if not body:
        return f"{found['id']}: the stored plan is not the one that was frozen. Make a new one."
    rows = [f"{found['id']} ({found['state']}) for {found['incident']}: {body['runbook']['title']}"]
    for change in body["diff"]:
        rows += [f"  {change['what']}", f"    before  {change['before']}",
                 f"    after   {change['after']}"]  # fmt: skip
    rows += [
        f"proven ready   {body['readiness']['words']}",
        f"goes through   {body['plane']['words']}",
        f"leaves alone   {'; '.join(body['not_touched'])}",
        f"undo           {body['undo']['words']}",
        f"verified by    {body['verify']['words']}",
        *(f"{guard['verdict']:<14} {guard['words']}" for guard in body["guards"]),
        f"asked for by   {found['asked_for_by']}",
        f"expires        {clock.parse(found['expires_at']):%H:%M:%S} UTC",
        f"hash           {found['hash']}",
    ]
    rows += [f"{clock.parse(step['at']):%H:%M:%S}  {step['text']}" for step in found["steps"]]
    if found["state"] == approvals.WAITING:
        again = f"incidentbot runbook approve {found['id']} {found['hash'][:12]}"
        rows.append(f"A second person lets it run: {again}")
    return "\n".join(shown.plain(row) for row in rows)


def _said(desk: Desk, plan_id: str, words: str, awake: bool) -> None:
    if desk.json:
        found = {"plan": plan_id, "text": words, "bot_is_running": awake}
        typer.echo(shown.as_json(found))
    else:
        typer.echo(words)
