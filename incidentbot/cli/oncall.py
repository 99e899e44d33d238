"""`oncall`: who is on call now, who is next, and who is asked when nobody answers."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from incidentbot import clock
from incidentbot.cli.common import DEFAULT, Config, load
from incidentbot.errors import IncidentbotError, Temporary
from incidentbot.http import Http
from incidentbot.incidents.lifecycle import words
from incidentbot.incidents.rights import Rights
from incidentbot.paging.contract import Chat, Desk, Roster, Someone
from incidentbot.paging.policy import DEFAULT as ITSELF
from incidentbot.paging.policy import Policies
from incidentbot.paging.standing import Answer, Level, standing
from incidentbot.settings import Settings
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.people.lookup import Lookup

cli = typer.Typer(add_completion=False)

Found = Mapping[str, tuple[Level, ...]]


@cli.command()
def oncall(
    config_file: Config = DEFAULT,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Another time, such as 2026-03-02T22:00Z.")
    ] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show who is on call, who is next, and who is asked when nobody answers."""
    when = _moment(at) if at else clock.now()
    settings = _settings(config_file)
    found = asyncio.run(_ask(settings, when))
    typer.echo(_as_json(settings, found, when) if json_ else _as_text(settings, found, when))
    silent = any(a.error for levels in found.values() for one in levels for a in one.answers)
    raise typer.Exit(1 if silent else 0)


class _Silent:
    """Stands in for Slack where the configuration asks nothing of it."""

    async def members(self, group: str) -> list[str]:
        raise Temporary("Slack is not asked without its token")

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        return None


def _moment(text: str) -> datetime:
    try:
        return clock.parse(text)
    except ValueError as error:
        raise IncidentbotError(
            f"--at: {text!r} is no time with a zone (allowed: 2026-03-02T22:00Z)"
        ) from error


def _settings(path: Path) -> Settings:
    """Slack's tokens are needed only where a user group is asked."""
    settings = load(path, need_slack=False)
    if not settings.has_slack:
        raise IncidentbotError(f"{path} is one for watching: it asks nobody.")
    return load(path) if "slack_group" in settings.paging.kinds else settings


async def _ask(settings: Settings, at: datetime) -> dict[str, tuple[Level, ...]]:
    http = Http()
    try:
        desk = Desk(http, Roster(settings.people), _chat(settings))
        every = Policies(settings).all
        return {name: await standing(policy, at, desk) for name, policy in every.items()}
    finally:
        await http.close()


def _chat(settings: Settings) -> Chat:
    access = settings.access
    if access is None:
        return _Silent()
    client = SlackClient(
        access.api_url, access.bot_token.get_secret_value(), team=settings.slack.team
    )
    return Lookup(client, Directory(client, None, Rights({})))


def _used_by(settings: Settings, policy: str) -> list[str]:
    return [d.name for d in settings.dependencies if (d.paging or ITSELF) == policy]


def _as_text(settings: Settings, found: Found, at: datetime) -> str:
    lines = [f"On call at {_when(at)}"]
    for name, levels in found.items():
        used = _used_by(settings, name)
        lines += ["", (name or "paging") + (f"  (for {', '.join(used)})" if used else "")]
        for number, level in enumerate(levels):
            after = f"after {words(level.after.total_seconds())}" if number else "at once"
            told = [_answer(answer) for answer in level.answers]
            if number == len(levels) - 1 and number:
                told.append('the card says "nobody owns this"')
            lines += [f"  {after if not row else '':<14}  {text}" for row, text in enumerate(told)]
    return "\n".join(lines)


def _answer(answer: Answer) -> str:
    if answer.error:
        return f"{answer.title}: cannot say ({answer.error})"
    parts = [_people(answer.now)] if answer.now else []
    if answer.until is not None:
        parts.append(f"until {_when(answer.until)}, then {_people(answer.then)}")
    if answer.pages:
        parts.append("pages whoever is on call there")
    return f"{answer.title}: {', '.join(parts) or 'nobody is on call'}"


def _people(people: Sequence[Someone]) -> str:
    if not people:
        return "nobody"
    return " and ".join(p.name + (f" ({p.phone})" if p.phone else "") for p in people)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _as_json(settings: Settings, found: Found, at: datetime) -> str:
    policies = [
        {
            "policy": name or "paging",
            "dependencies": _used_by(settings, name),
            "levels": [
                {
                    "after_s": level.after.total_seconds(),
                    "asks": [_asked(answer) for answer in level.answers],
                }
                for level in levels
            ],
        }
        for name, levels in found.items()
    ]
    return json.dumps({"at": clock.iso(at), "policies": policies}, indent=2, ensure_ascii=False)


def _asked(answer: Answer) -> dict[str, Any]:
    return {
        "kind": answer.kind,
        "pages": answer.pages,
        "now": [_person(one) for one in answer.now],
        "until": clock.iso(answer.until) if answer.until else None,
        "then": [_person(one) for one in answer.then],
        "error": answer.error,
    }


def _person(one: Someone) -> dict[str, str]:
    return {"name": one.name, "slack": one.slack, "email": one.email, "phone": one.phone}
