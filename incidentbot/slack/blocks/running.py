"""The forms of running an incident: the harm is over, the end, a new name, one of two. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from incidentbot.slack.blocks import forms, kit
from incidentbot.slack.blocks.forms import View

LOST = (("no", "No"), ("yes", "Yes"), ("unknown", "Not known yet"))
ANYWAY = (("anyway", "Resolve anyway: I know what is not as usual"),)
FEW_WORDS = "Please write a few words."


def severity(incident_id: str, now: int, channel: str) -> View:
    return forms.form(
        "incident.severity",
        f"Severity of {incident_id}",
        "Change it",
        [
            forms.severity(now, label="How bad is it for users?"),
            forms.text("reason", "Why?", "Writes fail too", optional=True, most=500),
        ],
        about=incident_id,
        channel=channel,
    )


def mitigate(incident_id: str, channel: str) -> View:
    hint = "Reads are served by the backup since 14:31"
    return forms.form(
        "incident.mitigate",
        f"{incident_id}: harm is over",
        "Harm is over",
        [forms.text("text", "What helped?", hint, lines=True, most=1000)],
        about=incident_id,
        channel=channel,
    )


def resolve(
    incident_id: str, channel: str, well_since: datetime | None, not_normal: Sequence[str]
) -> View:
    """With what is not as usual, a tick is asked for; without, there is none to forget."""
    warning = kit.join(
        ["*Mitigated, not normal.*", *(f"• {kit.esc(row, 300)}" for row in not_normal)]
    )
    return forms.form(
        "incident.resolve",
        f"Resolve {incident_id}",
        "Resolve",
        [
            kit.section(warning) if not_normal else None,
            forms.ticks("anyway", "Not everything is as usual", ANYWAY) if not_normal else None,
            forms.text("text", "What was it?", "The vendor's API failed", lines=True, most=1000),
            forms.moment("well_since", "Well since", well_since),
            forms.choice("lost", "Was data lost?", LOST),
            forms.text(
                "left", "What is left to do?", "Copy back what was written meanwhile",
                lines=True, optional=True, most=1000,
            ),
            kit.context("The incident is closed, and its postmortem is drafted."),
        ],
        about=incident_id,
        channel=channel,
    )  # fmt: skip


def reopen(incident_id: str, merged_into: str | None, channel: str) -> View:
    said = f"It was merged into {merged_into}, and goes on by itself again."
    return forms.form(
        "incident.reopen",
        f"Reopen {incident_id}",
        "Reopen",
        [
            kit.section(said) if merged_into else None,
            forms.text("text", "Why?", "Pictures fail again", most=1000),
        ],
        about=incident_id,
        channel=channel,
    )


def rename(incident_id: str, title: str, channel: str) -> View:
    return forms.form(
        "incident.rename",
        f"Rename {incident_id}",
        "Rename",
        [forms.text("title", "What do users notice?", value=title, most=150)],
        about=incident_id,
        channel=channel,
    )


def merge(incident_id: str, others: Sequence[tuple[str, str]], channel: str) -> View:
    """`others` are (id, words) of the open ones."""
    return forms.form(
        "incident.merge",
        f"Merge {incident_id}",
        "Merge",
        [
            forms.choice("into", "Which one goes on?", others),
            kit.context(
                f"{incident_id} ends as part of it. Its people are invited there, its channel"
                " points there. `reopen` undoes it."
            ),
        ],
        about=incident_id,
        channel=channel,
    )


def words_missing(*names: str) -> forms.Faults:
    """The faults of a form whose texts may not be blank."""

    def faults(values: Mapping[str, str]) -> dict[str, str]:
        return {name: FEW_WORDS for name in names if not values.get(name, "").strip()}

    return faults


def resolve_faults(values: Mapping[str, str]) -> dict[str, str]:
    found = words_missing("text")(values)
    if values.get("anyway") == "":
        found["anyway"] = "Not everything is as usual. Tick it to resolve all the same."
    return found
