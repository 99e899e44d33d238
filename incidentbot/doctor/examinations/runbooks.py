"""The folder of runbooks: can each be read, and is there one for every asset?"""

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.errors import ConfigError
from incidentbot.plugins import found
from incidentbot.runbooks import load
from incidentbot.settings import AssetSettings

TITLE = "Runbooks"
PLACE = 85
WHY = "Runbooks are how people switch to the backup; the bot does not start with a faulty one."


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    if not settings.has_slack:
        return []  # watching alone needs none
    try:
        books = list(load.load(settings.runbooks, found(load.ACTIONS), settings.policy))
    except ConfigError as error:
        step = "Correct it there, or name another folder in `runbooks`."
        return [fault("runbooks", line, WHY, step) for line in error.message.splitlines()]
    findings = [ok(str(settings.runbooks), f"{len(books)} can be used")]
    for asset in settings.assets:
        if not any(book.fits(asset) for book in books):
            findings.append(
                warning(
                    asset.name,
                    f"no runbook fits its switch ({kinds_of(asset)})",
                    "Nobody can switch it to its backup from Slack.",
                    f"Add a runbook with its `action` ({kinds_of(asset)}; see docs/runbooks.md).",
                )
            )
    return findings


def kinds_of(asset: AssetSettings) -> str:
    return ", ".join(way.kind for way in asset.ways)
