"""Being told directly: by severity, by dependency, of one incident; and not being told."""

import re

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import subscriptions
from incidentbot.slack.blocks import forms, replies, telling
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of

NUMBER = re.compile(r"INC-\d+", re.IGNORECASE)


def subscribe(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """By words, or the list of what there is."""
    words = gesture.text.split()
    if not words:
        return _shown(session, gesture.person.id)
    if any(NUMBER.fullmatch(word) for word in words):
        incident = incident_of(session, gesture)
        subscriptions.wish(session, gesture.person.id, incident=incident.id)
        return replies.plain(f"You are told of {incident.id} from now on. `mute` ends it.")
    severity, dependencies = _wanted(desk, words)
    for dependency in dependencies or [""]:
        subscriptions.wish(session, gesture.person.id, dependency=dependency, severity=severity)
    return _shown(session, gesture.person.id)


def mute(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    subscriptions.wish(session, gesture.person.id, incident=incident.id, muted=True)
    return replies.plain(
        f"You hear no more of {incident.id} from me. `subscribe {incident.id}` undoes it."
    )


def end(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident, _, dependency = gesture.value.partition("|")
    subscriptions.end(session, gesture.person.id, incident, dependency)
    return _shown(session, gesture.person.id)


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    general = [w for w in subscriptions.of(session, gesture.person.id) if not w.incident]
    severities = [("0", "nothing"), ("1", "severity 1 only"), ("2", "severity 1 and 2"),
                  ("3", "severity 3 or worse"), ("4", "severity 4 or worse"),
                  ("5", "any severity")]  # fmt: skip
    known = [(d.name, d.title) for d in desk.settings.dependencies]
    least = str(max((w.severity for w in general), default=2))
    chosen = [w.dependency for w in general if w.dependency]
    return forms.form(
        "subscription.choose",
        "What you are told",
        "Save",
        [
            forms.choice("severity", "Tell me of incidents of", severities, initial=least),
            forms.choices("dependencies", "Only of these (none: all)", known, initial=chosen)
            if known
            else None,
        ],
        channel=gesture.channel,
    )


async def choose(desk: Desk, gesture: Gesture) -> Message | None:
    await desk.open_form(gesture, await desk.store.tx(lambda s: form(desk, s, gesture)))
    return None


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    chosen = [name for name in gesture.values.get("dependencies", "").split(",") if name]
    severity = int(gesture.values.get("severity") or 0)
    subscriptions.replace(session, gesture.person.id, severity or None, chosen)
    return _shown(session, gesture.person.id)


def _wanted(desk: Desk, words: list[str]) -> tuple[int, list[str]]:
    """(severity, dependencies) of words like "2 s3-us-east-1". Raises Refused, naming both."""
    known = [d.name for d in desk.settings.dependencies]
    numbers = [int(word) for word in words if word in ("1", "2", "3", "4", "5")]
    names = [word.lower() for word in words if word not in ("1", "2", "3", "4", "5")]
    if len(numbers) > 1 or any(name not in known for name in names):
        allowed = ", ".join(known[:10]) or "none is configured"
        raise Refused(f"Name a severity (1 to 5), an incident, or dependencies: {allowed}.")
    return (numbers or [subscriptions.ANY_SEVERITY])[0], names


def _shown(session: Session, person: str) -> Message:
    rows = subscriptions.of(session, person)
    return telling.subscriptions(
        [telling.Wish(r.incident, r.dependency, r.severity, r.muted) for r in rows]
    )


ACTS: tuple[Act, ...] = (
    Verb(
        "subscribe",
        subscribe,
        usage="[1-5] [dependency] [INC-n]",
        help="be told directly; without words, what you are told",
        group="Tell people",
        label="Subscribe",
        needs=ANYBODY,
    ),
    Verb(
        "mute",
        mute,
        usage="[INC-n]",
        help="no more direct messages about it",
        group="Tell people",
        label="Mute it",
        needs=ANYBODY,
    ),
    Click("subscription.end", end, needs=ANYBODY),
    Click("subscription.choose", choose, needs=ANYBODY),
    Form("subscription.choose", by_form, needs=ANYBODY),
)
