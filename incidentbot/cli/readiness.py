"""`readiness`: which backups are proven ready, since when, and what is missing there."""

import asyncio
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.cli import shown
from incidentbot.cli.common import DEFAULT, Config, load, of_newest_shape
from incidentbot.http import Http
from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks import inventory
from incidentbot.runbooks.readiness import telling
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.runbooks.readiness.telling import Proof
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store import Store

cli = typer.Typer(add_completion=False)

MARKS = {"ready": "ok", "not_ready": "no", "unknown": "?", "not_applicable": "-"}


@cli.command()
def readiness(
    asset: Annotated[str, typer.Argument(help="One asset; left out: all of them.")] = "",
    config_file: Config = DEFAULT,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Look at once, and keep what is found.")
    ] = False,
) -> None:
    """Show what was last proven of each backup; ends with 1 unless all are proven ready."""
    settings = load(config_file, need_secrets=now, need_slack=False)
    assets = [inventory.asset(settings, asset)] if asset else list(settings.assets)
    made = Store(settings.storage.database.get_secret_value())
    store = of_newest_shape(made, config_file)
    if now:
        asyncio.run(_look(store, settings, assets))
    found = store.run(_proofs, assets)
    if json:
        typer.echo(shown.as_json([telling.as_dict(one) for one in found]))
    elif found:
        typer.echo("\n\n".join(_page(settings, one) for one in found if one.backup or asset))
    else:
        typer.echo("The configuration names no assets, so there is no backup to prove.")
    fine = all(one.state == "ready" and not one.stale for one in found if one.backup)
    raise typer.Exit(0 if fine else 1)


async def _look(store: Store, settings: Settings, assets: list[AssetSettings]) -> None:
    http, aws = Http(), Aws()
    try:
        prover = Prover(store, settings, http, aws)
        for one in assets:
            await prover.prove(one)
    finally:
        aws.close()
        await http.close()


def _proofs(session: Session, assets: list[AssetSettings]) -> list[Proof]:
    now = clock.now()
    return [
        telling.proof(session, one, origin, now)
        for one in assets
        for origin in (one.backup, one.primary)
    ]


def _page(settings: Settings, found: Proof) -> str:
    title = inventory.asset(settings, found.asset).title
    role = "backup" if found.backup else "primary"
    state = telling.STATES.get(found.state, found.state)
    rows = [f"{title}: {role} {found.origin} is {state}" if found.state else
            f"{title}: {role} {found.origin} was never looked at",
            f"  {found.words}"]  # fmt: skip
    if found.state and found.reason:
        rows.append(f"  {found.reason}")
    if found.checked_at is not None:
        age = words((clock.now() - found.checked_at).total_seconds())
        late = ", too long ago to prove anything" if found.stale else ""
        rows.append(f"  looked at {age} ago{late}")
    if copying := telling.replication(found.beside):
        rows.append(f"  replication: {copying}")
    rows += [_point(point) for point in found.points]
    return "\n".join(shown.plain(row) for row in rows)


def _point(point: dict[str, Any]) -> str:
    mark = MARKS.get(point["result"], "?")
    return f"  {point['number']:>2} {mark:<2} {point['title']:<28} {point['evidence']}"
