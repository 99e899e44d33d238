"""Monitors that push their alerts: can they reach the bot, and with which address?"""

from incidentbot.doctor.contract import Finding, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.settings import HookSettings
from incidentbot.settings.values import is_private

TITLE = "Pushed alerts"
PLACE = 90


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    public = settings.web.public_url
    found = [_one(ward, hook, f"{public}/hooks/{hook.name}") for hook in settings.hooks]
    if found and is_private(public):
        found.append(
            warning(
                "web.public_url",
                f"{public} is this machine or a private network",
                "A monitor elsewhere cannot push its alerts to it.",
                "If it is outside your network, put the address that it reaches in web.public_url.",
            )
        )
    return found


def _one(ward: Ward, hook: HookSettings, address: str) -> Finding:
    lacking = ward.lacks(hook)
    if lacking:
        return warning(
            hook.name,
            f"its secret {lacking} is not set",
            "Every alert that it pushes would be turned away.",
            f"Set {lacking} here and the same secret in the {hook.kind} that pushes.",
        )
    return ok(hook.name, f"its secret is set; {hook.kind} is to push to {address}")
