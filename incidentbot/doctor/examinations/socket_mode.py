"""Socket Mode: does Slack give us an address to connect to? None is connected to."""

from incidentbot.doctor.contract import Finding, NotYet, fault, ok, warning
from incidentbot.doctor.slack_replies import NO_SLACK
from incidentbot.doctor.ward import Ward

TITLE = "Socket Mode"
PLACE = 50
WHY = "Slack cannot reach the bot: no command and no button works."
STEPS = {
    "missing_scope": "Make a new app-level token with the scope connections:write: "
    "https://api.slack.com/apps > your app > Basic Information > App-Level Tokens.",
    "not_allowed_token_type": "Use an app-level token (xapp-...), not the bot's.",
    "forbidden_team": "The workspace does not take the app; ask an administrator to approve it.",
}
OTHERWISE = (
    "Switch Socket Mode on (https://api.slack.com/apps > your app > Socket Mode), and copy the "
    "app-level token again from Basic Information."
)


async def examine(ward: Ward) -> list[Finding]:
    if not ward.asks_for_slack:
        raise NotYet(NO_SLACK)
    if ward.mode == "http":
        return []
    if ward.mode == "":
        raise NotYet("there is no SLACK_APP_TOKEN to use")
    reply = await ward.slack.call("apps.connections.open", token="SLACK_APP_TOKEN")
    if reply.fine and str(reply.data.get("url", "")).startswith(("wss://", "ws://")):
        return [ok("SLACK_APP_TOKEN", "Slack gives an address to connect to")]
    if reply.late:
        return [
            warning(
                "SLACK_APP_TOKEN",
                f"could not be tried: {reply.words}",
                WHY,
                "Let this machine reach slack.com, then run the doctor again in a minute.",
            )
        ]
    said = f"Slack gives no address to connect to: {reply.words or 'an answer without one'}"
    return [fault("SLACK_APP_TOKEN", said, WHY, STEPS.get(reply.code, OTHERWISE))]
