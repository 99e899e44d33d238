"""`runbook`: all that people do with plans, without Slack, by the same core and its refusals."""

from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, plugins
from incidentbot.cli import plans, runbook_files, runbook_run, shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import Desk
from incidentbot.cli.plans import Hash, Json, PlanId
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents.rights import ANYBODY, RESPONDER, require
from incidentbot.runbooks import approve as approvals
from incidentbot.runbooks import attempt, commands, inventory, pauses, stopping
from incidentbot.runbooks.load import ACTIONS, Runbook, load
from incidentbot.runbooks.offers import is_set_up, offers
from incidentbot.store.alive import is_held
from incidentbot.store.models import Incident, Plan

cli = typer.Typer(name="runbook", no_args_is_help=True, add_completion=False)

NAME = "The target's name, where the plan asks for it."
OfIncident = Annotated[str, typer.Argument(metavar="INCIDENT", help="For example INC-1.")]


@cli.callback()
def _group() -> None:
    """Runbooks, without Slack: what can be done, a frozen plan, a second person's approval."""


@cli.command(name="list")
def list_(
    incident: Annotated[
        str, typer.Argument(metavar="[INCIDENT]", help="Left out: all there are.")
    ] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """What fits an incident now, and why the rest does not; without one, every runbook there is."""
    desk = Desk(config_file, json=json)
    catalog = load(desk.settings.runbooks, plugins.found(ACTIONS), desk.settings.policy)
    if not incident:
        require(desk.operator.rights, desk.person.rights, ANYBODY, "`runbook list`")
        _print_catalog(desk, list(catalog))
        return

    def find(session: Session, row: Incident) -> list[dict[str, Any]]:
        found = offers(session, desk.settings, catalog, row.id, clock.now())
        return [
            {"runbook": o.runbook, "asset": o.asset, "title": o.title, "available": o.available,
             "reason": o.reason, "where": o.where}
            for o in found
        ]  # fmt: skip

    found = desk.on(ANYBODY, "`runbook list`", incident, find)
    if json:
        typer.echo(shown.as_json(found))
        return
    rows = [
        (o["runbook"], o["asset"], "possible" if o["available"] else "not now",
         shown.plain(o["where"]), shown.plain(o["title"] if o["available"] else o["reason"]))
        for o in found
    ]  # fmt: skip
    head = ("RUNBOOK", "ASSET", "NOW", "THROUGH", "WHAT IT DOES, OR WHY NOT")
    typer.echo(shown.columns([head, *rows]) if rows else f"No runbook fits {incident.upper()}.")


@cli.command()
def plan(
    incident: OfIncident,
    runbook: Annotated[str, typer.Argument(help="As `runbook list` names it.")],
    asset: Annotated[
        str, typer.Argument(help="As `runbook list` names it; none if it is about the incident.")
    ] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Freeze a plan: what would be done, and the checks. Nothing is changed by it."""
    desk = Desk(config_file, json=json)
    incident_id = desk.on(RESPONDER, "`runbook plan`", incident, lambda _session, row: row.id)
    by = (desk.person, desk.operator.behind)
    made = plans.ask(desk, lambda r: r.plan(incident_id, runbook, asset, *by))
    plans.print_plan(desk, made)


@cli.command()
def show(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """A plan as it was frozen, how it stands, and what happened since."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, ANYBODY, "`runbook show`")
    plans.print_plan(desk, plan)


@cli.command()
def script(plan: PlanId, config_file: Config = DEFAULT) -> None:
    """The plan as commands to copy, for the day on which the bot itself cannot run."""
    desk = Desk(config_file, json=False)
    require(desk.operator.rights, desk.person.rights, ANYBODY, "`runbook script`")
    row = desk.store.run(plans.find, desk, plan)
    typer.echo(commands.of_plan(desk.settings, row), nl=False)


@cli.command()
def approve(
    plan: PlanId,
    hash: Hash,
    typed: Annotated[str, typer.Option("--type", "--target", metavar="NAME", help=NAME)] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Let a plan run that somebody else has asked for. You must have read it: type its hash."""
    desk = Desk(config_file, json=json)
    row = desk.store.run(plans.find, desk, plan)
    plans.not_oneself(desk, row)
    by = (desk.person, typed, desk.operator.behind)
    said = plans.ask(desk, lambda r: r.approve(row.id, plans.whole_hash(row, hash), *by))
    _approved(desk, row, said)


@cli.command(name="break-glass")
def break_glass(
    plan: PlanId,
    hash: Hash,
    reason: Annotated[str, typer.Option("--reason", help="Everybody reads it.")],
    typed: Annotated[str, typer.Option("--type", "--target", metavar="NAME", help=NAME)] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Let a plan run alone, in need, if you are named for it. Caps, floor and locks stay."""
    desk = Desk(config_file, json=json)
    row = desk.store.run(plans.find, desk, plan)
    by = (desk.person, reason, typed, desk.operator.behind)
    said = plans.ask(desk, lambda r: r.break_glass(row.id, plans.whole_hash(row, hash), *by))
    _approved(desk, row, said)


@cli.command()
def cancel(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """Throw a plan away that nobody has approved."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook cancel`")
    row = desk.store.run(plans.find, desk, plan)
    said = plans.ask(desk, lambda r: r.cancel(row.id, desk.person))
    if said:
        raise Refused(said)
    plans.say(desk, row.id, f"{row.id} is cancelled; nothing was done.")


@cli.command()
def veto(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """Say no to a plan that would run by itself; it is not tried again."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook veto`")
    row = desk.store.run(plans.find, desk, plan)
    said = plans.ask(desk, lambda r: r.veto(row.id, desk.person))
    if said:
        raise Refused(said)
    plans.say(desk, row.id, f"{row.id} is vetoed; nothing was done.")


@cli.command()
def answer(
    plan: PlanId,
    choice: Annotated[str, typer.Argument(help="One of the answers that `runbook show` lists.")],
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Answer what a run asks that waits for a person: something done, or an unknown proof."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook answer`")
    row = desk.store.run(plans.find, desk, plan)
    number = desk.store.run(_question, row.id)
    said = plans.ask(desk, lambda r: r.answer(row.id, number, choice, desk.person))
    if said:
        raise Refused(said)
    stops = choice == pauses.STOP
    plans.say(desk, row.id, f"{row.id}: {'stopped here.' if stops else _goes_on(desk, row)}")


@cli.command()
def undo(plan: PlanId, config_file: Config = DEFAULT, json: Json = False) -> None:
    """Freeze the plan that takes another one back. Nothing is changed by it."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, RESPONDER, "`runbook undo`")
    row = desk.store.run(plans.find, desk, plan)
    plans.print_plan(desk, plans.ask(desk, lambda r: r.undo(row.id, desk.person)))


@cli.command()
def status(
    plan: Annotated[str, typer.Argument(metavar="[PLAN]", help="Left out: all of them.")] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """What runs, what waits for a person, what is in doubt; and whether all is stopped."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, ANYBODY, "`runbook status`")
    found = desk.store.run(_standing, desk, plan)
    stopped = desk.store.run(stopping.stopped, desk.settings)
    awake = is_held(desk.store)
    if json:
        typer.echo(shown.as_json({"plans": found, "stopped": stopped, "bot_is_running": awake}))
        return
    rows = [
        (one["id"], one["incident"], one["state"].replace("_", " "), one["plan"]["target_name"],
         shown.plain(one["steps"][-1]["text"] if one["steps"] else one["outcome"]))
        for one in found
        if one["plan"]
    ]  # fmt: skip
    head = ("PLAN", "INCIDENT", "STATE", "TARGET", "THE LAST WORD")
    typer.echo(shown.columns([head, *rows]) if rows else "No plan waits or runs.")
    for words in (stopped, None if awake else "The bot is not running: nothing goes on by itself."):
        if words:
            typer.echo(words)


def _standing(session: Session, desk: Desk, plan_id: str) -> list[dict[str, Any]]:
    if plan_id:
        return [plans.facts(session, desk, plan_id)]
    states = (approvals.WAITING, *attempt.UNDER_WAY)
    rows = session.scalars(
        select(Plan.id).where(Plan.state.in_(states)).order_by(Plan.created_at)
    ).all()
    found = []
    for one in rows:
        try:
            found.append(plans.facts(session, desk, one))
        except NotFound:
            continue  # of an incident that this person may not see
    return found


def _question(session: Session, plan_id: str) -> int:
    """The number of what is asked now; of the last question when nothing is."""
    waits = pauses.waiting(session, plan_id)
    return waits.number if waits else pauses.asked(session, plan_id)


def _approved(desk: Desk, row: Plan, said: str) -> None:
    waits = desk.store.run(plans.find, desk, row.id).state == approvals.WAITING
    if waits:  # others must, too
        plans.say(desk, row.id, said)
        return
    plans.say(desk, row.id, f"{said or f'{row.id} is approved.'} {_goes_on(desk, row)}")


def _goes_on(desk: Desk, row: Plan) -> str:
    if is_held(desk.store):
        return f"It runs now: incidentbot runbook show {row.id}"
    return (
        "The bot is not running: the plan runs when the bot does, unless it has expired by then"
        f" ({row.expires_at:%H:%M:%S} UTC). To run it here: incidentbot runbook run {row.id}"
    )


def _print_catalog(desk: Desk, books: list[Runbook]) -> None:
    found = [_usable(desk, book) for book in books]
    if desk.json:
        typer.echo(shown.as_json(found))
        return
    rows = [
        (
            o["runbook"],
            o["risk"],
            o["when"],
            "yes" if o["usable"] else "no",
            shown.plain(o["words"]),
        )
        for o in found
    ]
    head = ("RUNBOOK", "RISK", "WHEN", "USABLE", "FOR")
    typer.echo(shown.columns([head, *rows]) if rows else f"{desk.settings.runbooks} is empty.")


def _usable(desk: Desk, book: Runbook) -> dict[str, Any]:
    """Whether anything here is of the kind that it turns."""
    names = [
        target.name
        for one in desk.settings.assets
        if is_set_up(desk.settings, book, one, "")
        for target in inventory.targets(book, one)
    ]
    about = book.file.about == "incident" and is_set_up(desk.settings, book, None, "")
    words = "the incident" if about else ", ".join(names) or (
        f"nothing: no asset has a switch of the kind {' and '.join(book.kinds)}"
        if book.kinds else "nothing: what it needs is not set up"
    )  # fmt: skip
    return {
        "runbook": book.name,
        "title": book.file.title,
        "risk": book.file.risk,
        "when": book.file.when,
        "usable": about or bool(names),
        "targets": names,
        "words": words,
    }


cli.command()(runbook_run.run)
cli.command()(runbook_files.check)
cli.command()(runbook_files.schema)
