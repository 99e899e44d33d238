"""The forms for declaring and for telling people. Pure."""

from collections.abc import Sequence

from incidentbot.incidents.cadence import CHOICES, ON_CHANGE
from incidentbot.slack.blocks import forms, kit
from incidentbot.slack.blocks.forms import View


def declare(channel: str, title: str = "", *, private: bool = True) -> View:
    """Title, severity and what is known; submitted as `incident.declare`.

    `private`: whether incidents may be that at all.
    """
    how = [one for one in HOW if private or one[0] != "private"]
    return forms.form(
        "incident.declare",
        "Declare an incident",
        "Declare",
        [
            forms.text(
                "title", "What do users notice?", "Pictures do not load", value=title, most=150
            ),
            forms.severity(3),
            forms.text(
                "summary",
                "What else is known?",
                "Since when, where",
                lines=True,
                optional=True,
            ),
            forms.ticks("how", "This is", how),
        ],
        channel=channel,
    )


HOW = (
    ("private", "private: only people who are let in see it"),
    ("test", "a test or a drill: marked as one everywhere"),
)


def update(
    incident_id: str,
    now: str = "",
    channel: str = "",
    *,
    since: Sequence[str] = (),
    usual: str = "",
) -> View:
    """What stakeholders are told; submitted as `incident.update`.

    `now` is what was true last time, `since` are lines (mrkdwn) on what happened after that, and
    `usual` the choice of the next time that is made already.
    """
    happened = kit.join(["*Since the last update*", *since], 1900)
    return forms.form(
        "incident.update",
        f"Update {incident_id}",
        "Post update",
        [
            forms.text(
                "text",
                "What is true now: state and impact",
                "Sev 2, investigating: 40 % of downloads fail in region A",
                lines=True,
                value=now,
            ),
            kit.context(happened) if since else None,
            forms.text("changed", "What changed since then?", lines=True, optional=True),
            forms.text("doing", "What is being done?", "By whom", lines=True, optional=True),
            forms.text("unknown", "What is not known yet?", optional=True),
            forms.choice("next", "When does the next update come?", NEXT, initial=usual),
        ],
        about=incident_id,
        channel=channel,
    )


NEXT = (
    *((str(minutes), f"in {minutes} minutes") for minutes in CHOICES),
    (ON_CHANGE, "when something changes"),
)
