"""`slack`: what to paste into Slack."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from incidentbot.cli.common import DEFAULT, load
from incidentbot.errors import IncidentbotError
from incidentbot.settings import SlackSettings
from incidentbot.slack.setup import manifest as manifests
from incidentbot.slack.setup.manifest_limits import faults

cli = typer.Typer(name="slack", no_args_is_help=True, add_completion=False)


@cli.callback()
def _group() -> None:
    """The Slack app."""


@cli.command()
def manifest(
    http: Annotated[
        str, typer.Option("--http", metavar="URL", help="Slack calls this address; no Socket Mode.")
    ] = "",
    config_file: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="For what this file uses. [default: incidentbot.yaml]"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell what each scope is for, and what goes without.")
    ] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Print an address that has Slack's form filled in.")
    ] = False,
) -> None:
    """Print the app manifest: the least that the features switched on need."""
    slack, pagers = _settings(config_file)
    if explain:
        typer.echo(manifests.explained(slack, pagers))
        return
    made = manifests.text(slack, _door(http), pagers)
    wrong = faults(yaml.safe_load(made))
    if wrong:
        raise IncidentbotError("Slack would refuse this manifest:\n" + "\n".join(wrong))
    typer.echo(manifests.link(made) if link else made, nl=link)


def _settings(path: Path | None) -> tuple[SlackSettings | None, frozenset[str] | None]:
    """The section `slack` and the providers of paging, if there is a file by now.

    One that was named must be there.
    """
    if path is None and not DEFAULT.exists():
        return None, None
    settings = load(path or DEFAULT, need_secrets=False, need_slack=False)
    return (settings.slack, settings.paging.kinds) if settings.has_slack else (None, None)


def _door(url: str) -> str:
    url = url.rstrip("/").removesuffix(manifests.EVENTS_PATH)
    if url and (not url.startswith("https://") or any(c in url for c in " \t\n\"'#{}?")):
        raise IncidentbotError(
            f"--http: {url!r} is no address that Slack calls (allowed: https://host)"
        )
    return url
