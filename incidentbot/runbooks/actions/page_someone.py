"""Ask the people of one paging policy to come, whoever has the incident already."""

import shlex
from collections.abc import Sequence

from pydantic import Field

from incidentbot.errors import ConfigError
from incidentbot.runbooks.contract import (
    Calls,
    Done,
    Goal,
    Live,
    Plane,
    Planned,
    Reads,
    Request,
    Right,
    Way,
)
from incidentbot.settings import AssetSettings, Name, Settings, SettingsModel, Text

MAY_CHANGE = ("policy",)
NOBODY = "nobody"
USUAL = "default"  # the section `paging` itself, unless a policy of `paging.policies` is called so


class Arguments(SettingsModel):
    """What a runbook may say of it."""

    policy: Name = Field(
        USUAL, description="Name of a policy of `paging.policies`; left out: `paging` itself."
    )


class Options(SettingsModel):
    """Made by `bind`; no switch of an asset has them. `policy` as paging knows it."""

    incident: Text
    policy: str
    called: Text


def bind(
    settings: Settings, asset: AssetSettings | None, incident_id: str, arguments: Arguments
) -> Options:
    """Raises ConfigError when there is no such policy."""
    named = [policy.name for policy in settings.paging.policies]
    if arguments.policy not in (*named, USUAL):
        allowed = ", ".join(sorted({*named, USUAL}))
        raise ConfigError(f"there is no paging policy {arguments.policy!r} (allowed: {allowed})")
    policy = arguments.policy if arguments.policy in named else ""
    return Options(incident=incident_id, policy=policy, called=arguments.policy)


def plane(options: Options) -> Plane:
    return Plane("data", "", "The bot's own paging: Slack, and the services that the policy names")


async def observe(options: Options, calls: Reads) -> Live:
    """Which policy's people are being asked; its token is the number of the round."""
    answer = await calls.read(_look(options), Way())
    policy = str(answer["policy"] or USUAL) if answer["live"] else NOBODY
    return Live(policy, str(answer["round"]), {"policy": policy})


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One round of one policy."""
    params = {"incident": options.incident, "policy": options.policy}
    return Planned(
        target=f"paging:{options.incident}",
        requests=(Request("house", "page_someone", "", params),),
        after=Live(options.called, "", {"policy": options.called}),
        what=f"who is asked to take {options.incident}: the paging policy {options.called}",
        touches=(f"The people of the paging policy {options.called} are asked to come",),
        not_touched=("Origins, switches and traffic", "Who owns the incident"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Begin the round: the same plan begins it once."""
    (request,) = requests
    answer, request_id = await calls.write(request, Way())
    return Done(str(answer["round"]), request_id)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Who is being asked. A round that somebody has answered by now is as good."""
    answer = await calls.read(_look(options), Way())
    ours = answer["round"] > 0 and answer["policy"] == options.policy
    asked = ", ".join(answer["asked"]) or "nobody yet"
    words = f"the paging policy {answer['policy'] or USUAL}: asked {asked}"
    if answer["failed"]:
        words += f"; not reached: {'; '.join(answer['failed'])}"
    if answer["why"]:
        words += f"; ended: {answer['why']}"
    return ours, words if ours else f"{words}, not {options.called}"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """Who was asked was asked."""
    return ()


def follows(before: str, after: str) -> bool:
    """Rounds count up by one."""
    return int(after) == int(before) + 1


def by_hand(options: Options) -> str:
    """`incidentbot oncall`"""
    return shlex.join(["incidentbot", "oncall"])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def _look(options: Options) -> Request:
    return Request("house", "page_look", "", {"incident": options.incident})
