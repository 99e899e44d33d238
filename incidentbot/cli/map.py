"""`map`: what hangs on what, and which parts are thin."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from incidentbot import clock, plugins
from incidentbot.cli import shown
from incidentbot.cli.common import DEFAULT, Config, load, of_newest_shape
from incidentbot.runbooks import load as runbook_files
from incidentbot.runbooks.contract import Plane
from incidentbot.runbooks.map import Proven, build, render
from incidentbot.runbooks.readiness import telling
from incidentbot.settings import AssetSettings, Settings, SwitchSettings
from incidentbot.store import Store

cli = typer.Typer(add_completion=False)

ACTIONS = "incidentbot.runbooks.actions"


@cli.command(name="map")
def map_(
    config_file: Config = DEFAULT,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show what hangs on what, single points of failure, and backups that are not proven."""
    settings = load(config_file, need_secrets=False, need_slack=False)
    made = Store(settings.storage.database.get_secret_value())
    proven = of_newest_shape(made, config_file).run(_proven, settings)
    catalog = runbook_files.load(settings.runbooks, plugins.found(ACTIONS), settings.policy)

    def runbooks(asset: AssetSettings, way: SwitchSettings) -> list[str]:
        return [book.name for book in catalog if way.kind in book.kinds]

    found = build(settings, _plane, proven, runbooks)
    typer.echo(shown.as_json(found.as_dict()) if json else render(found))


def _plane(way: SwitchSettings) -> Plane:
    plane: Plane = plugins.get(ACTIONS, way.kind).plane(way.options)
    return plane


def _proven(session: Session, settings: Settings) -> dict[str, Proven]:
    now = clock.now()
    found = {one.name: telling.proof(session, one, one.backup, now) for one in settings.assets}
    return {name: Proven(proof.state, proof.stale, proof.words) for name, proof in found.items()}
