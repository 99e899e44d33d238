"""Is the other side ready to take over? What was proven, when, and what is missing there."""

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.runbooks import inventory
from incidentbot.runbooks.readiness import telling
from incidentbot.settings import AssetSettings
from incidentbot.slack.blocks import asked
from incidentbot.slack.blocks.asked import Proof
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, without_number


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    assets = [(asset.name, asset.title) for asset in desk.settings.assets]
    if not assets:
        raise Refused("Nothing can be switched here: the configuration names no assets.")
    return asked.readiness_form(assets, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return shown(desk, session, without_number(gesture, gesture.text).lower())


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return shown(desk, session, gesture.values.get("asset", ""))


def shown(desk: Desk, session: Session, name: str) -> Message:
    asset = inventory.asset(desk.settings, name)
    sides = (asset.backup, asset.primary)
    proofs = [_proof(session, asset, origin) for origin in sides]
    return asked.readiness(asset.title, inventory.serving(session, asset), proofs)


def _proof(session: Session, asset: AssetSettings, origin: str) -> Proof:
    found = telling.proof(session, asset, origin, clock.now())
    names = found.detail.get("names") or {}
    return Proof(
        origin,
        found.backup,
        found.state,
        found.reason,
        found.proven_at,
        found.checked_at,
        total=found.detail.get("total", 0),
        same=found.detail.get("same", 0),
        missing=names.get("missing", ()),
        different=names.get("different", ()),
        words=found.words if found.detail else "",
        replication=telling.replication(found.beside),
        points=[(p["number"], p["title"], p["result"], p["evidence"]) for p in found.points],
    )


ACTS: tuple[Act, ...] = (
    Verb(
        "readiness",
        by_words,
        usage="<asset>",
        help="is the backup ready to take over, and since when",
        group="Look",
        label="Readiness",
        needs=ANYBODY,
        form=form,
    ),
    Form("readiness.show", by_form, needs=ANYBODY),
)
