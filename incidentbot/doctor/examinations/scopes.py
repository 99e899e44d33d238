"""Scopes: granted, as Slack says with every answer, against those that are needed."""

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.slack_replies import alive
from incidentbot.doctor.ward import Ward
from incidentbot.slack.setup.needs import Scope, needed

TITLE = "Slack scopes"
PLACE = 45
NEXT = (
    "Add {name} under https://api.slack.com/apps > your app > OAuth & Permissions > Bot Token "
    "Scopes, then Install App again. Where only administrators may install, ask one to approve it."
)


async def examine(ward: Ward) -> list[Finding]:
    me = await alive(ward)
    if not me.scopes:
        return [
            warning(
                "scopes",
                "Slack did not say which were granted",
                "What is missing would only be seen when it is used.",
                "Compare OAuth & Permissions with: incidentbot slack manifest --explain",
            )
        ]
    slack = ward.settings.slack if ward.settings else None
    wanted = needed(slack, ward.settings.paging.kinds if ward.settings else None)
    missing = [scope for scope in wanted if scope.name not in me.scopes]
    found = [_missing(scope, scope.vital(slack)) for scope in missing]
    # What the published manifest asks for is no fault of whoever pasted it.
    more = sorted(me.scopes - {scope.name for scope in (*wanted, *needed(None))})
    if len(missing) < len(wanted):
        found.insert(0, ok("scopes", f"{len(wanted) - len(missing)} of {len(wanted)} are granted"))
    found.append(
        ok(
            "events",
            "cannot be read with a token; compare Event Subscriptions > Subscribe to bot events"
            " with: incidentbot slack manifest",
        )
    )
    if more:
        found.append(
            warning(
                "scopes",
                f"granted and not needed: {', '.join(more)}",
                "Whoever steals the token may do more than the bot ever does.",
                "Take them out under OAuth & Permissions, or paste: incidentbot slack manifest",
            )
        )
    return found


def _missing(scope: Scope, vital: bool) -> Finding:
    make = fault if vital else warning
    said = f"is not granted; it is to {scope.what}" if " " in scope.what else "is not granted"
    return make(scope.name, said, scope.without, NEXT.format(name=scope.name))
