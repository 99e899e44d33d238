"""Our clock against Slack's: signatures of Slack and AWS are only good for minutes."""

from incidentbot.doctor.contract import Finding, NotYet, fault, ok, warning
from incidentbot.doctor.slack_replies import NO_SLACK
from incidentbot.doctor.ward import Ward

TITLE = "Clock"
PLACE = 25
NOTED, MOST = 30.0, 240.0  # seconds; Slack's signatures live for 300
NEXT = "Set the clock of this machine by NTP (timedatectl set-ntp true)."


async def examine(ward: Ward) -> list[Finding]:
    if not ward.asks_for_slack:
        raise NotYet(NO_SLACK)
    if "SLACK_BOT_TOKEN" not in ward.tokens:
        raise NotYet("there is no SLACK_BOT_TOKEN to use")
    skew = (await ward.slack.me()).skew
    if skew is None:
        raise NotYet("Slack did not answer with a date")
    said = f"is {abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} Slack's"
    if abs(skew) > MOST:
        return [fault("clock", said, "What Slack signs is refused as too old or too new, and AWS "
                      "refuses what we sign.", NEXT)]  # fmt: skip
    if abs(skew) > NOTED:
        return [warning("clock", said, "Times in timelines and postmortems are off by as much.",
                        NEXT)]  # fmt: skip
    return [ok("clock", "agrees with Slack's")]
