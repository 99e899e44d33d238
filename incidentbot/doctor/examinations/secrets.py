"""Secrets that the file names: is each in the environment?"""

from incidentbot.doctor.contract import Finding, fault, ok
from incidentbot.doctor.ward import Ward

TITLE = "Secrets that the file names"
PLACE = 15


async def examine(ward: Ward) -> list[Finding]:
    return [_one(ward, where, name) for where, name in ward.named.items()]


def _one(ward: Ward, where: str, name: str) -> Finding:
    why = ward.unset.get(name)
    if why is None:
        return ok(name, f"is set, for {where}")
    return fault(
        name,
        f"{why}; {where} names it",
        "The bot does not start without it.",
        f"export {name}=..., or {name}_FILE with the path of a file that holds it.",
    )
