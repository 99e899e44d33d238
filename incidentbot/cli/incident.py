"""`incident`: what people do in Slack, without Slack."""

import secrets
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.cli import shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import Desk
from incidentbot.cli.whoami import other
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.rights import ANYBODY, COMMANDER, RESPONDER
from incidentbot.store.models import Incident as IncidentRow

cli = typer.Typer(name="incident", no_args_is_help=True, add_completion=False)

Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="For example INC-1.")]
Text = Annotated[str, typer.Argument(metavar="TEXT")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@cli.callback()
def _group() -> None:
    """Incidents, without Slack: the same rules and the same story. Slack catches up.

    You are who `people` in the configuration says your user of this machine is.
    """


@cli.command()
def declare(
    title: Annotated[str, typer.Argument(metavar="WHAT", help="What users notice.")],
    severity: Annotated[int, typer.Option("--severity", "-s", min=1, max=5)] = 3,
    summary: Annotated[str, typer.Option("--summary", help="What else is known.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Seen by who is let in.")] = False,
    test: Annotated[bool, typer.Option("--test", help="A drill, marked as one.")] = False,
    key: Annotated[
        str, typer.Option("--key", help="For scripts: the same key is the same incident.")
    ] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Open an incident."""
    desk = Desk(config_file, json=json)
    if not title.strip():
        raise Refused("Say what fails; nothing was opened.")
    if private and not desk.settings.slack.private:
        raise Refused("Private incidents are switched off (`slack.private`); nothing was opened.")
    now = clock.now()
    incident_id, new = desk.do(
        RESPONDER,
        "`incident declare`",
        lifecycle.open_incident,
        key=f"cli:{key or secrets.token_hex(12)}"[:200],
        title=title.strip()[:200],
        severity=severity,
        opened_by=desk.person.id,
        started_at=now,
        detected_at=now,
        summary=summary,
        text=f"{desk.person.name} declared: {title.strip()[:200]}",
        private=private,
        test=test,
    )
    desk.tell(incident_id, changed=new)


@cli.command(name="list")
def list_(
    most: Annotated[int, typer.Option("--most", min=1, max=1000)] = 20,
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Open incidents and the latest closed ones."""
    desk = Desk(config_file, json=json)

    def find(session: Session) -> list[shown.Facts]:
        return shown.listed(session, lifecycle.listed(session, most, to=desk.person))

    found = desk.do(ANYBODY, "`incident list`", find)
    typer.echo(shown.as_json(found) if json else shown.table(found))


@cli.command()
def show(
    incident: Incident,
    last: Annotated[int, typer.Option("--last", min=1, help="Lines of the story.")] = shown.LAST,
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Where it stands, and its newest lines."""
    desk = Desk(config_file, json=json)
    found = desk.on(
        ANYBODY,
        "`incident show`",
        incident,
        lambda session, row: shown.whole(session, row.id, last),
    )
    typer.echo(shown.as_json(found) if json else shown.page(found))


@cli.command()
def update(
    incident: Incident, text: Text, config_file: Config = DEFAULT, json: Json = False
) -> None:
    """Tell stakeholders what is true now."""
    desk, said = Desk(config_file, json=json), _words(text)
    desk.change(
        RESPONDER, "`incident update`", incident,
        lambda session, row: lifecycle.update(session, row.id, said, desk.person),
    )  # fmt: skip


@cli.command()
def note(incident: Incident, text: Text, config_file: Config = DEFAULT, json: Json = False) -> None:
    """Write a line into the story; also after the end."""
    desk, said = Desk(config_file, json=json), _words(text)
    desk.change(
        RESPONDER, "`incident note`", incident,
        lambda session, row: lifecycle.note(session, row.id, said, desk.person),
    )  # fmt: skip


@cli.command()
def ack(incident: Incident, config_file: Config = DEFAULT, json: Json = False) -> None:
    """You have seen it and are on it."""
    desk = Desk(config_file, json=json)
    desk.change(
        RESPONDER, "`incident ack`", incident,
        lambda session, row: lifecycle.acknowledge(session, row.id, desk.person),
    )  # fmt: skip


@cli.command()
def role(
    incident: Incident,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=", ".join(lifecycle.ROLES))],
    to: Annotated[str, typer.Option("--to", help="Somebody else: a name of `people`.")] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Take a role, or give it to somebody."""
    desk = Desk(config_file, json=json)

    def give(session: Session, row: IncidentRow) -> bool:
        person = other(session, desk.settings, to) if to else desk.person
        return lifecycle.assign(session, row.id, role.lower(), person, desk.person)

    desk.change(RESPONDER, "`incident role`", incident, give)


@cli.command()
def severity(
    incident: Incident,
    severity: Annotated[int, typer.Argument(min=1, max=5, help="1 is the worst.")],
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Say how bad it is."""
    desk = Desk(config_file, json=json)
    desk.change(
        RESPONDER, "`incident severity`", incident,
        lambda session, row: lifecycle.set_severity(session, row.id, severity, desk.person),
    )  # fmt: skip


@cli.command()
def mitigate(
    incident: Incident, text: Text, config_file: Config = DEFAULT, json: Json = False
) -> None:
    """Users are served again, though the cause may remain: say why you think so."""
    desk, said = Desk(config_file, json=json), _words(text)
    because = f"{desk.person.name}: users are served again. {said}"
    desk.change(
        RESPONDER, "`incident mitigate`", incident,
        lambda session, row: lifecycle.mitigate(
            session, row.id, actor=desk.person.id, because=because
        ),
    )  # fmt: skip


@cli.command()
def resolve(
    incident: Incident,
    text: Annotated[str, typer.Argument(metavar="[TEXT]")] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """Close it. The bot drafts the postmortem."""
    desk = Desk(config_file, json=json)
    desk.change(
        RESPONDER, "`incident resolve`", incident,
        lambda session, row: lifecycle.resolve(
            session, row.id, actor=desk.person, text=text.strip()
        ),
    )  # fmt: skip


@cli.command()
def reopen(
    incident: Incident,
    text: Annotated[str, typer.Argument(metavar="[TEXT]")] = "",
    config_file: Config = DEFAULT,
    json: Json = False,
) -> None:
    """It is not over after all."""
    desk = Desk(config_file, json=json)
    desk.change(
        COMMANDER, "`incident reopen`", incident,
        lambda session, row: lifecycle.reopen(
            session, row.id, actor=desk.person, text=text.strip()
        ),
    )  # fmt: skip


def _words(text: str) -> str:
    if not text.strip():
        raise Refused("Please write a few words; nothing was changed.")
    return text.strip()[:3000]
