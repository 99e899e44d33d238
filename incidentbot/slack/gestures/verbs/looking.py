"""Looking around: the help and the menu, the list, where we stand."""

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import table
from incidentbot.slack.gestures.act import ANYBODY, Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, here_of, incident_of


def help_(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    groups = [
        (heading or "Also", [help_line(verb) for verb in some]) for heading, some in table.grouped()
    ]
    return replies.help_text(desk.command, groups)


def help_line(verb: Verb) -> tuple[str, str]:
    """(the word with what may follow, what it does); a pen where the word alone opens a form."""
    return f"{verb.name} {verb.usage}".strip(), f"{'✎ ' if verb.form else ''}{verb.help}"


def menu(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """A button for each verb that says something of itself; about this channel's incident."""
    here = here_of(session, gesture.channel) or ""
    groups = [
        (heading, [(verb.name, verb.label or verb.name.capitalize()) for verb in some])
        for heading, some in table.grouped()
        if heading
    ]
    return replies.menu(desk.command, here, groups)


def list_(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    rows = lifecycle.listed(session, to=gesture.person)
    return replies.incidents([desk.present.view(session, row.id) for row in rows])


def status(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.status(desk.present.view(session, incident.id))


ACTS: tuple[Act, ...] = (
    Verb("", menu, needs=ANYBODY, other_names=("menu",)),
    Verb("help", help_, help="this list", group="Look", needs=ANYBODY),
    Verb(
        "list",
        list_,
        help="open incidents and the latest closed ones",
        group="Look",
        label="Open incidents",
        needs=ANYBODY,
        other_names=("ls",),
    ),
    Verb("status", status, help="where we stand", group="Look", needs=ANYBODY),
)
