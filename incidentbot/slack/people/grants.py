"""Who may do what, as the configuration says: the same in Slack and at the command line."""

from incidentbot.incidents.rights import ADMIN, ANYBODY, APPROVER, COMMANDER, RESPONDER, Rights
from incidentbot.settings import Settings


def rights_of(settings: Settings) -> Rights:
    granted, approvers = settings.slack.rights, settings.slack.approvers
    admins = approvers if granted.admin is None else granted.admin
    return Rights(
        {
            ANYBODY: granted.anybody,
            RESPONDER: granted.responder,
            COMMANDER: granted.commander,
            APPROVER: approvers,
            ADMIN: admins,
        }
    )
