"""The forms for declaring and for telling people. Pure."""

from incidentbot.slack.blocks import forms
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


def update(incident_id: str, summary: str = "", channel: str = "") -> View:
    """What stakeholders are told now; submitted as `incident.update`."""
    hint = "State, impact, what changed, what is being done, when the next update comes."
    return forms.form(
        "incident.update",
        f"Update {incident_id}",
        "Post update",
        [forms.text("text", "What is true now?", hint, lines=True, value=summary)],
        about=incident_id,
        channel=channel,
    )
