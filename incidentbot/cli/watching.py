"""`watch`: probes, feeds and webhooks alone, without Slack."""

import typer

from incidentbot.cli.common import DEFAULT, Config, load, serve
from incidentbot.watching import Watch

cli = typer.Typer(add_completion=False)


@cli.command()
def watch(config_file: Config = DEFAULT) -> None:
    """Watch without Slack: keep the verdicts, serve the pages, tell the webhooks."""
    settings = load(config_file, need_slack=False)
    serve(lambda: Watch(settings).run())
