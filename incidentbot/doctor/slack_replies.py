"""What the examinations of Slack share: when they can look at all, and what a refusal means."""

from __future__ import annotations

from incidentbot.doctor.contract import Finding, NotYet, fault, warning
from incidentbot.doctor.ward import Ward
from incidentbot.doctor.workspace import Reply
from incidentbot.settings import SlackSettings

NO_SLACK = "this configuration is one for watching, without Slack"


async def alive(ward: Ward) -> Reply:
    """The answer to auth.test. NotYet when there is no token that Slack takes."""
    if not ward.asks_for_slack:
        raise NotYet(NO_SLACK)
    if "SLACK_BOT_TOKEN" not in ward.tokens:
        raise NotYet("there is no SLACK_BOT_TOKEN to use")
    me = await ward.slack.me()
    if me.late:
        raise NotYet("Slack was not reached")
    if not me.fine:
        raise NotYet(f"Slack does not let the bot token in ({me.code})")
    return me


def section(ward: Ward) -> SlackSettings:
    """The section `slack`. NotYet while the file cannot be used."""
    return ward.usable().slack


def trouble(about: str, reply: Reply, why: str, scope: str) -> Finding:
    """A question that Slack did not answer: for lack of a scope, for now, or for good."""
    if reply.code == "missing_scope":
        return warning(
            about,
            f"could not be looked at without the scope {scope}",
            why,
            f"Add {scope} under OAuth & Permissions (incidentbot slack manifest has it), "
            "and install the app again.",
        )
    if reply.late:
        return warning(
            about, f"Slack did not answer: {reply.words}", why, "Run the doctor again in a minute."
        )
    return fault(
        about,
        f"Slack refuses: {reply.words}",
        why,
        f"Ask an administrator of the workspace about {reply.code}.",
    )
