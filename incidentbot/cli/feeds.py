"""`feeds`: the status feeds of vendors."""

from pathlib import Path
from typing import Annotated

import typer

from incidentbot.cli import feeds_read
from incidentbot.cli.common import load
from incidentbot.errors import NotFound
from incidentbot.settings import VendorFeed, VendorSettings
from incidentbot.signals.feeds.catalogue import Catalogue

cli = typer.Typer(name="feeds", no_args_is_help=True, add_completion=False)


@cli.callback()
def _group() -> None:
    """What vendors say on their status pages."""


@cli.command(name="list")
def list_(
    vendor: Annotated[str, typer.Option("--vendor", help="One of them, with all details.")] = "",
    config_file: Annotated[
        Path | None, typer.Option("--config", "-c", help="With what this file adds.")
    ] = None,
) -> None:
    """Show the vendors whose feeds are known, with those of a configuration when it is given."""
    settings = load(config_file, need_secrets=False, need_slack=False) if config_file else None
    catalogue = Catalogue(settings.vendors if settings else ())
    if not vendor:
        for known in catalogue.vendors.values():
            typer.echo(f"{known.name:<14} {known.title or known.name}")
            for feed in known.feeds:
                typer.echo(f"{'':<14} {_feed(feed)}")
        return
    found = catalogue.find(vendor)
    if found is None:
        near = ", ".join(catalogue.near(vendor))
        more = f"near to it: {near}" if near else "`incidentbot feeds list` shows all"
        raise NotFound(f"{vendor!r} is not in the catalogue; {more}")
    typer.echo("\n".join(_details(found)))


cli.command(name="read")(feeds_read.read)


def _details(vendor: VendorSettings) -> list[str]:
    names = f" (also: {', '.join(vendor.aliases)})" if vendor.aliases else ""
    lines = [f"{vendor.title or vendor.name}: vendor: {vendor.name}{names}"]
    lines += [vendor.note] if vendor.note else []
    lines += ["", "Feeds"] + [f"  {_feed(feed)}" for feed in vendor.feeds]
    lines += [] if vendor.feeds else ["  none is known"]
    lines += ["", "Services (* stores or delivers objects, blocks or files)"]
    for name, words in vendor.services.items():
        lines.append(f"  {name + ('*' if name in vendor.storage else ''):<24} {', '.join(words)}")
    if vendor.regions:
        lines += ["", "Regions"]
        lines += [f"  {name:<24} {', '.join(words)}" for name, words in vendor.regions.items()]
    return lines


def _feed(feed: VendorFeed) -> str:
    only = [f"for {', '.join(feed.services)}"] if feed.services else []
    only += [f"in {', '.join(feed.regions)}"] if feed.regions else []
    only += ["unconfirmed"] if feed.unconfirmed else []
    rest = f" ({'; '.join(only)})" if only else ""
    return f"{feed.name}: {feed.url} [{feed.format or 'any'}]{rest}"
