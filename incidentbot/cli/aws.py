"""`aws`: what the bot must be allowed to do there."""

from typing import Annotated, Any

import typer

from incidentbot import plugins
from incidentbot.cli import common, shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.errors import ConfigError, Refused
from incidentbot.runbooks import iam as policies
from incidentbot.runbooks.contract import Right
from incidentbot.runbooks.load import ACTIONS, Catalog, load
from incidentbot.settings import Settings

cli = typer.Typer(name="aws", no_args_is_help=True, add_completion=False)

ANYWHERE = "arn:aws:iam::ACCOUNT:role/YOUR-BOT"


@cli.callback()
def _group() -> None:
    """What the bot must be allowed to do in AWS."""


@cli.command()
def policy(
    config_file: Config = DEFAULT,
    reader: Annotated[bool, typer.Option("--reader", help="Only what plans and compares.")] = False,
    writer: Annotated[bool, typer.Option("--writer", help="Only what a plan that runs.")] = False,
    account: Annotated[
        str, typer.Option("--account", help="Your account's 12 digits, put in for `*`.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Print least-privilege policies for the runbooks in use, reader and writer apart."""
    if account and not (account.isascii() and account.isdigit() and len(account) == 12):
        raise Refused("--account takes the 12 digits of an AWS account")
    settings = common.load(config_file, need_secrets=False, need_slack=False)
    found = _documents(settings, account)
    wanted = [name for name, only in (("reader", reader), ("writer", writer)) if only]
    if len(wanted) == 1:
        typer.echo(shown.as_json(found[wanted[0]]))  # ready for `aws iam put-role-policy`
    elif json:
        typer.echo(shown.as_json(found))
    else:
        typer.echo("\n\n".join(f"# {TITLES[name]}\n{shown.as_json(one)}" for name, one in
                               found.items()))  # fmt: skip
    for hint in _hints(found, account):
        typer.echo(hint, err=True)


TITLES = {
    "reader": "Policy of the reader: plans, shows, compares",
    "writer": "Policy of the writer: one plan that runs",
    "reader_trust": "Trust policy of the reader's role",
    "writer_trust": "Trust policy of the writer's role: only for a plan, by name and tag",
    "process": "Policy of the bot's own credentials: to take these roles",
}


def _documents(settings: Settings, account: str) -> dict[str, Any]:
    catalog = load(settings.runbooks, plugins.found(ACTIONS), settings.policy)
    kinds = _kinds(catalog)
    switches = policies.rights_of(settings, kinds, lambda kind: plugins.get(ACTIONS, kind))
    switches += _tasks(settings, catalog)
    principal = ANYWHERE.replace("ACCOUNT", account) if account else ANYWHERE
    external = settings.aws.external_id
    found = {
        "reader": policies.reader(switches, policies.compared(settings, kinds), account),
        "writer": policies.writer(switches, account),
        "reader_trust": policies.trust(principal, external, writes=False),
        "writer_trust": policies.trust(principal, external, writes=True),
    }
    process = policies.process(settings)
    return found | ({"process": process} if process else {})


def _kinds(catalog: Catalog) -> set[str]:
    """The kinds of switch that the runbooks of the folder use."""
    return {kind for book in catalog for kind in book.kinds}


def _tasks(settings: Settings, catalog: Catalog) -> list[Right]:
    """What the runbooks do beside turning switches, for each asset that it can be done for."""
    found: list[Right] = []
    for step in (step for book in catalog for step in book.file.every_step if step.action):
        action = plugins.get(ACTIONS, step.action or "")
        if not hasattr(action, "Arguments"):
            continue
        arguments = action.Arguments.model_validate(step.arguments)
        for asset in (None, *settings.assets):
            try:
                options = action.bind(settings, asset, "INC-1", arguments)
            except (Refused, ConfigError):
                continue  # not about this, or only between stores that it cannot copy
            if asset is None or policies.at_aws(settings, asset):
                found += action.rights(options, ())
    return found


def _hints(found: dict[str, Any], account: str) -> list[str]:
    hints = []
    if not account and any(policies.open_account(found[name]) for name in ("reader", "writer")):
        hints.append(
            "The account is left open (*). Fill it in:"
            " incidentbot aws policy --account $(aws sts get-caller-identity --query Account"
            " --output text)"
        )
    for name in ("reader", "writer"):
        size = policies.size(found[name])
        if size > policies.LARGEST:
            hints.append(
                f"The {name}'s policy has {size:,} characters, and a managed policy may have"
                f" {policies.LARGEST:,}: split it by its statements."
            )
    return hints
