"""`demo`: a rehearsal on this machine."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from incidentbot.rehearsal.demo import DemoOptions
from incidentbot.rehearsal.demo import run as run_demo

cli = typer.Typer(add_completion=False)


@cli.command()
def demo(
    auto: Annotated[bool, typer.Option("--auto", help="Play the whole story, then end.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="With --auto: write the beats with times.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page; the next free one if taken.")] = 8700,
    out: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path(
        "demo-output"
    ),
) -> None:
    """Rehearse an outage on this machine: no account, no token, nothing leaves it."""
    if json_file is not None and not auto:
        raise typer.BadParameter("is written with --auto only", param_hint="--json")
    options = DemoOptions(auto=auto, json_path=json_file, port=port, out_dir=out)
    raise typer.Exit(asyncio.run(run_demo(options)))
