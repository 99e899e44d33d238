"""What the commands about plans share: finding one, asking the core, printing it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.app import house_of
from incidentbot.cli import shown
from incidentbot.cli.desk import Desk
from incidentbot.errors import NotFound, Refused
from incidentbot.http import Http
from incidentbot.runbooks import approve as approvals
from incidentbot.runbooks import pauses
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.slack.blocks import steps
from incidentbot.store.alive import is_held
from incidentbot.store.models import Approval, Plan

T = TypeVar("T")

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="For example P-1a2b3c4d.")]
Hash = Annotated[str, typer.Argument(help="The plan's hash, at least 8 digits, as shown.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SHORTEST = 8  # digits of a plan's hash that must be typed


def find(session: Session, desk: Desk, plan_id: str) -> Plan:
    """A plan of an incident that this person may see."""
    row = session.scalar(select(Plan).where(func.lower(Plan.id) == plan_id.lower()))
    if row is None:
        raise NotFound(f"There is no plan {plan_id}.")
    try:
        desk.seen(session, row.incident_id)
    except NotFound:
        raise NotFound(f"There is no plan {plan_id}.") from None
    return row


def not_oneself(desk: Desk, row: Plan) -> None:
    if desk.operator.behind == row.created_by:
        raise Refused(
            "Somebody else must approve: you asked for this plan yourself, before you used sudo."
        )


def whole_hash(row: Plan, typed: str) -> str:
    """The whole hash, if what was typed is its beginning; else what was typed, to be refused."""
    begun = typed.lower()
    if len(begun) < SHORTEST:
        raise Refused(f"Type at least {SHORTEST} digits of the plan's hash, as it is shown.")
    return row.hash if row.hash.startswith(begun) else begun


def ask(desk: Desk, what: Callable[[Runbooks], Coroutine[Any, Any, T]]) -> T:
    """One question to the core, with ways out of its own."""
    return asyncio.run(_with(desk, what))


async def _with(desk: Desk, what: Callable[[Runbooks], Coroutine[Any, Any, T]]) -> T:
    http, aws = Http(), Aws()
    try:
        house = house_of(desk.store, desk.settings)
        return await what(Runbooks(desk.store, desk.settings, http, aws, house=house))
    finally:
        aws.close()
        await http.close()


def facts(session: Session, desk: Desk, plan_id: str) -> dict[str, Any]:
    """One plan, as plain JSON values."""
    row = find(session, desk, plan_id)
    given = session.scalars(select(Approval).filter_by(plan_id=row.id).order_by(Approval.at))
    entries = timeline.read(session, row.incident_id)
    waits = pauses.waiting(session, row.id)
    return {
        "id": row.id,
        "incident": row.incident_id,
        "state": row.state,
        "hash": row.hash,
        "asked_for_by": shown.name_of(session, row.created_by),
        "approved_by": [shown.name_of(session, one.person) for one in given],
        "expires_at": clock.iso(row.expires_at),
        "outcome": row.outcome,
        "asks": {"question": waits.question, "answers": list(waits.choices)} if waits else None,
        "plan": approvals.shown(row),
        "steps": [
            {"at": clock.iso(e.at), "text": e.text}
            for e in entries
            if e.data.get("plan_id") == row.id
        ],
    }


def print_plan(desk: Desk, plan_id: str) -> None:
    found = desk.store.run(facts, desk, plan_id)
    typer.echo(shown.as_json(found) if desk.json else page(found))


def page(found: dict[str, Any]) -> str:
    """All of it for a terminal: what is approved is what is read."""
    body = found["plan"]
    if not body:
        return f"{found['id']}: the stored plan is not the one that was frozen. Make a new one."
    ready, plane = body["readiness"], body["plane"]
    at = f", proven {clock.parse(ready['proven_at']):%H:%M:%S} UTC" if ready["proven_at"] else ""
    depends = "depends on the failing region" if plane["depends_on_failing_region"] else ""
    risky = [word for word in ("a control plane" * (plane["kind"] == "control"), depends) if word]
    careful = f" (CAREFUL: {', '.join(risky)})" if risky else ""
    rows = [f"{found['id']} ({found['state']}) for {found['incident']}: {body['runbook']['title']}"]
    rows += [f"  {line}" for line in steps.whole(body).splitlines()]
    rows += [f"proven ready   {ready['words']}{at}"] if body["to"] else []
    rows += [
        *(f"how much       {words}" for words in body.get("blast", ())),
        f"goes through   {plane['words']}{careful}",
        f"touches        {'; '.join(body['touches'])}",
        f"leaves alone   {'; '.join(body['not_touched'])}",
        f"undo           {body['undo']['words']}",
        f"verified by    {body['verify']['words']}",
        f"why            {body['why']}",
        f"watch for      {body['watch_for']}",
        f"if this fails  {body['if_this_fails']}",
        *(f"true before    {one} (who approves vouches for it)" for one in body["before"]),
        *(f"nobody knows   {one}" for one in body["unknown"]),
        *(f"{guard['verdict']:<14} {guard['words']}" for guard in body["guards"]),
        f"asked for by   {found['asked_for_by']}",
        f"approved by    {_approved(found)}",
        f"expires        {clock.parse(found['expires_at']):%H:%M:%S} UTC",
        f"hash           {found['hash']}",
    ]
    rows += [f"{clock.parse(step['at']):%H:%M:%S}  {step['text']}" for step in found["steps"]]
    return "\n".join(shown.plain(row) for row in [*rows, *_next(found)])


def _approved(found: dict[str, Any]) -> str:
    names = ", ".join(found["approved_by"])
    if not found["plan"]["approvals"]:
        return "nobody has to: the policy asks for no approval"
    return f"{len(found['approved_by'])} of {found['plan']['approvals']}{': ' * bool(names)}{names}"


def _next(found: dict[str, Any]) -> list[str]:
    """What can be typed now."""
    plan_id, body = found["id"], found["plan"]
    if found["state"] == approvals.WAITING:
        again = f"incidentbot runbook approve {plan_id} {found['hash'][:12]}"
        again += f" --type {body['confirm']}" if body["confirm"] else ""
        return [f"A second person lets it run: {again}"]
    if found["asks"]:
        choices = " | ".join(found["asks"]["answers"])
        return [f"It waits: {found['asks']['question']}",
                f"Answer it: incidentbot runbook answer {plan_id} {choices}"]  # fmt: skip
    return []


def say(desk: Desk, plan_id: str, words: str) -> None:
    """One sentence about a plan, and for programs whether the bot acts on it at once."""
    awake = is_held(desk.store)
    if desk.json:
        typer.echo(shown.as_json({"plan": plan_id, "text": words, "bot_is_running": awake}))
    else:
        typer.echo(shown.plain(words))
