"""`audit`: whether the log of all decisions is whole, and what it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.audit import reading
from incidentbot.audit.heads import Anchor
from incidentbot.audit.service import places
from incidentbot.audit.verify import Walk
from incidentbot.audit.verify import verify as walk
from incidentbot.cli import common, shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.desk import Desk
from incidentbot.errors import IncidentbotError, Refused, Temporary
from incidentbot.incidents import privacy
from incidentbot.incidents.rights import ANYBODY, require
from incidentbot.settings import Settings
from incidentbot.settings.audit import AuditSettings
from incidentbot.store import Store, migrate
from incidentbot.store.models import AuditRow, Incident

cli = typer.Typer(name="audit", no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@cli.callback()
def _group() -> None:
    """The audit log: every decision, plan, approval, refusal and result, in one chain."""


@cli.command()
def verify(
    config_file: Config = DEFAULT,
    anchors: Annotated[
        list[Path] | None,
        typer.Option(
            "--anchors", help="A file with anchors: one of ours, or lines copied from Slack."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Walk the chain, name the first bad row, and compare it with what was anchored outside."""
    settings = _settings(config_file)
    store = Store(settings.storage.database.get_secret_value())
    with store.in_words():
        if migrate.pending(store):
            again = f"incidentbot migrate --config {config_file}"
            raise IncidentbotError(f"The database has not its newest shape. First: {again}")
    known, unread = _configured(settings.audit)
    for path in anchors or ():
        known += _of_file(path)
    found = walk(store, known)
    facts = _facts(found, known, unread)
    typer.echo(shown.as_json(facts) if json else "\n".join(_words(found, known, unread)))
    raise typer.Exit(1 if found.fault else 0)


@cli.command()
def show(
    config_file: Config = DEFAULT,
    plan: Annotated[str, typer.Option("--plan", help="Only this plan, e.g. P-1a2b3c4d.")] = "",
    incident: Annotated[str, typer.Option("--incident", help="Only this one, e.g. INC-1.")] = "",
    json: Json = False,
) -> None:
    """Print the rows, oldest first; those of private incidents only to their members."""
    desk = Desk(config_file, json=json)
    require(desk.operator.rights, desk.person.rights, ANYBODY, "`audit show`")
    rows = desk.store.run(_rows, desk, plan, incident)
    if json:
        typer.echo(shown.as_json(rows))
        return
    for row in rows:
        head = f"{row['seq']:>6}  {row['at']}  {row['kind']:<22} {row['actor']:<12}"
        about = " ".join(filter(None, (row["incident"], row["plan"])))
        data = row["data"]
        words = data.get("text") or ids.canonical(data).decode()
        typer.echo(shown.plain(f"{head} {about:<18} {words}"))
    if not rows:
        typer.echo("No row of the audit log fits.")


def _rows(session: Session, desk: Desk, plan: str, incident: str) -> list[dict[str, Any]]:
    visible = select(Incident.id).where(privacy.seen_by(desk.person))
    wanted: list[ColumnElement[bool]] = [
        or_(AuditRow.incident_id == "", AuditRow.incident_id.in_(visible))
    ]
    if plan:
        wanted.append(func.lower(AuditRow.plan_id) == plan.lower())
    if incident:
        wanted.append(AuditRow.incident_id == incident.upper())
    rows = session.scalars(select(AuditRow).where(*wanted).order_by(AuditRow.seq))
    return [
        {
            "seq": row.seq,
            "at": row.at,
            "kind": row.kind,
            "actor": row.actor,
            "incident": row.incident_id,
            "plan": row.plan_id,
            "data": _data(row.data),
            "hash": row.hash,
        }
        for row in rows
    ]


def _data(text: str) -> dict[str, Any]:
    """What somebody has changed may be no JSON any more, and is shown all the same."""
    try:
        return ids.read_canonical(text)
    except ValueError:
        return {"text": text}


def _settings(config_file: Path) -> Settings:
    """Secrets are asked for only where a bucket of anchors has a key of its own."""
    settings = common.load(config_file, need_secrets=False, need_slack=False)
    bucket = settings.audit.bucket
    if bucket is not None and bucket.access_key_id is not None:
        settings = common.load(config_file, need_slack=False)
    return settings


def _configured(settings: AuditSettings) -> tuple[list[Anchor], list[str]]:
    """(the anchors in the places of the configuration, why some could not be read)"""
    known: list[Anchor] = []
    unread: list[str] = []
    for place in places(settings):
        try:
            known += place.module.read(place.options)
        except IncidentbotError as error:
            unread.append(f"{place.name}: {error.message}")
    if settings.slack is not None:
        copied = f"copy the lines out of {settings.slack.channel} into a file, and name it"
        unread.append(f"slack: {copied} with --anchors")
    return known, unread


def _of_file(path: Path) -> list[Anchor]:
    try:
        found = list(reading.anchors(path.read_text(encoding="utf-8", errors="replace"), str(path)))
    except OSError as error:
        raise Temporary(f"{path}: {error.strerror or error}") from error
    if not found:
        raise Refused(f"{path}: there is no anchor in this file")
    return found


def _facts(found: Walk, known: list[Anchor], unread: list[str]) -> dict[str, Any]:
    fault = found.fault
    return {
        "whole": fault is None,
        "rows": found.seq,
        "head": found.hash,
        "fault": {"row": fault.row, "what": fault.what, "words": fault.words} if fault else None,
        "anchors": len(known),
        "anchors_agreed": found.compared - (1 if fault and fault.what == "anchor" else 0),
        "last_agreed": found.agreed.as_dict() if found.agreed else None,
        "not_read": unread,
    }


def _words(found: Walk, known: list[Anchor], unread: list[str]) -> Iterator[str]:
    if found.fault is not None:
        yield f"The audit log is not whole: {found.fault.words}."
        yield f"Rows up to {max(found.fault.row - 1, 0)} give their hashes."
    else:
        head = f", head {found.hash[:12]}" if found.hash else ""
        yield f"The audit log is whole: {found.seq:,} rows{head}."
    if found.agreed is not None:
        yield f"The newest anchor that agrees: row {found.agreed.n} ({found.agreed.source})."
    elif not known:
        yield (
            "No anchor was compared, so a log that was rewritten as a whole would not be noticed:"
            " see `audit` in the configuration."
        )
    for line in unread:
        yield f"Not read: {line}."
