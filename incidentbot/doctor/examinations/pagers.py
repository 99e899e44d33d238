"""PagerDuty and Opsgenie: is the token taken? Read with it once; nobody is paged."""

from typing import Any

from incidentbot import clock, plugins
from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.errors import Permanent, Temporary
from incidentbot.paging.contract import Alert, Desk, Roster
from incidentbot.paging.policy import PROVIDERS
from incidentbot.settings.paging import AskSettings

TITLE = "Pagers"
PLACE = 94
WHY = "Nobody is paged by it, or nobody knows whose turn it is."
PROBE = "incidentbot-doctor"  # the key of an alert that was never opened


class _Silent:
    """A pager asks nothing of Slack to be read."""

    async def members(self, group: str) -> list[str]:
        return []

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        return None


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    paging = settings.paging
    asks = [
        ask
        for policy in (paging, *paging.policies)
        for level in (policy.first, *(later.to for later in policy.then or ()))
        for ask in level
        if hasattr(plugins.get(PROVIDERS, ask.kind), "answer")
    ]
    desk = Desk(ward.http, Roster(settings.people), _Silent())

    async def look(ask: AskSettings) -> Finding:
        return await _look(ward, ask, desk)

    found = await ward.each(asks, look, _late)
    same = {(one.about, one.text): one for one in found}  # one pager is often asked at two levels
    return list(same.values())


async def _look(ward: Ward, ask: AskSettings, desk: Desk) -> Finding:
    provider: Any = plugins.get(PROVIDERS, ask.kind)
    options: Any = ask.options
    lacking = ward.lacks(options)
    if lacking:
        return warning(provider.TITLE, f"was not asked: {lacking} is not set", WHY,
                       f"export {lacking}=...    then run the doctor again.")  # fmt: skip
    if provider.knows(options):
        return await _asked(provider, provider.on_call(options, clock.now(), desk), options)
    if ask.kind == "pagerduty" and options.token is None:
        return ok(
            provider.TITLE,
            f"{options.routing_key.name} is set; it cannot be tried without paging somebody",
        )
    return await _asked(provider, provider.answer(options, _alert(), desk), options)


async def _asked(provider: Any, asked: Any, options: Any) -> Finding:
    try:
        answer = await asked
    except Temporary as error:
        return warning(provider.TITLE, f"cannot be asked: {error.message}", WHY,
                       f"Let this machine reach {options.api_url}.")  # fmt: skip
    except Permanent as error:
        return fault(provider.TITLE, f"refuses: {error.message}", WHY,
                     f"Correct {_secret(options)}, or the names of the schedules.")  # fmt: skip
    if isinstance(answer, list):
        return _on_call(provider.TITLE, [one.name for one in answer])
    return ok(provider.TITLE, "takes the key; nobody was paged")


def _on_call(about: str, names: list[str]) -> Finding:
    if not names:
        return warning(
            about,
            "takes the key, and nobody is on call now",
            "An incident that opens now asks nobody of its schedules.",
            "Fill the gap in the schedule, or name others in `paging.then`.",
        )
    return ok(about, f"takes the key; on call now: {', '.join(names)}")


def _secret(options: Any) -> str:
    secret = getattr(options, "token", None) or getattr(options, "key", None)
    return secret.name if secret is not None else "the key"


def _alert() -> Alert:
    return Alert(PROBE, "", "", 5, PROBE, "", clock.now())


def _late(ask: AskSettings) -> Finding:
    title = plugins.get(PROVIDERS, ask.kind).TITLE
    return warning(title, "did not answer in time", WHY, "Let this machine reach its API.")
