"""`stop` and `rearm`: the kill switch of all runbooks, without Slack."""

from typing import Annotated

import typer

from incidentbot.cli import shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import Desk
from incidentbot.errors import Refused
from incidentbot.incidents.rights import ANYBODY, APPROVER, RESPONDER
from incidentbot.runbooks import stopping

cli = typer.Typer(add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
IDLE = "Nothing is stopped: runbooks may write."


@cli.command()
def stop(
    why: Annotated[list[str] | None, typer.Argument(help="Everybody reads it.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only say whether it is so.")] = False,
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Stop every next write of every runbook, at once. It undoes nothing; two people re-arm."""
    desk = Desk(config_file, json=json)
    if status:
        _say(desk)
        return
    reason = " ".join(why or [])
    if not reason.strip():
        raise Refused('Say why: incidentbot stop "what goes wrong".')
    desk.do(RESPONDER, "`stop`", stopping.stop, desk.person, reason)
    _say(desk)


@cli.command()
def rearm(config_file: Config = DEFAULT, json: Json = False) -> None:
    """Ask to let runbooks write again; the second person who asks does it."""
    desk = Desk(config_file, json=json)
    said = desk.do(
        APPROVER, "`rearm`", stopping.ask_rearm, desk.settings, desk.person, desk.operator.behind
    )
    _say(desk, said)


def _say(desk: Desk, said: str = "") -> None:
    now = desk.do(ANYBODY, "`stop --status`", stopping.status, desk.settings)
    if desk.json:
        typer.echo(shown.as_json(now | {"text": said or now["why"] or IDLE}))
        return
    typer.echo(shown.plain(said or str(now["why"] or IDLE)))
    if not said and now["rearm_asked_by"]:
        name = desk.store.run(shown.name_of, str(now["rearm_asked_by"]))
        typer.echo(shown.plain(f"{name} asks to let them go on: incidentbot rearm"))
