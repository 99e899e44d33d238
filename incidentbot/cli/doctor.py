"""`doctor`: what is well, what is not, and the next step."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from incidentbot.cli.common import DEFAULT, Config
from incidentbot.doctor.report import as_json, as_text
from incidentbot.doctor.round import Report, go
from incidentbot.doctor.ward import admit
from incidentbot.http import Http
from incidentbot.watching import known

cli = typer.Typer(add_completion=False)


@cli.command()
def doctor(
    config_file: Config = DEFAULT,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Look at the whole set-up; exit code 1 when there is a fault. Changes nothing."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # what matters is in the findings
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    report = asyncio.run(_examined(config_file))
    typer.echo(as_json(report) if json_ else as_text(report))
    raise typer.Exit(1 if report.count("fault") else 0)


async def _examined(path: Path) -> Report:
    http = Http()
    try:
        return await go(admit(path, os.environ, known(), http))
    finally:
        await http.close()
