"""Say so when a backup that was proven ready no longer is: once, and once when it is again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import notices
from incidentbot.incidents.lifecycle import words
from incidentbot.settings import AssetSettings
from incidentbot.store.models import Readiness

LOOKS = 2  # in a row, so that one look that fails is no news


@dataclass(frozen=True, slots=True)
class News:
    """`told`: the state people last heard of ("" before any was worth telling, ready, dropped)."""

    told: str
    failing: int
    text: str = ""


def news(told: str, failing: int, state: str, title: str, origin: str, why: str, age: str) -> News:
    """What follows from one more look. Pure."""
    if state == "ready":
        back = f"{origin} is proven ready again for {title}: {why}."
        return News("ready", 0, back if told == "dropped" else "")
    failing += 1
    if told != "ready" or failing < LOOKS:
        return News(told, failing)
    what = "is not ready" if state == "not_ready" else "can no longer be proven ready"
    last = f" It was last proven {age} ago." if age else ""
    said = f"Heads-up: {origin}, the backup of {title}, {what}: {why.rstrip('.')}.{last}"
    return News("dropped", failing, f"{said} While this lasts, nothing can be switched to it.")


def tell(session: Session, asset: AssetSettings, row: Readiness, now: datetime) -> None:
    """Write down what people should hear of this look, in its transaction."""
    age = words((now - row.proven_at).total_seconds()) if row.proven_at else ""
    found = news(row.told, row.failing, row.state, asset.title, row.origin, row.reason, age)
    row.told, row.failing = found.told, found.failing
    if found.text:
        key = f"readiness:{asset.name}:{row.origin}:{found.told}:{clock.iso(now)}"
        notices.write(session, "heads_up", key, found.text, at=now, dependency=asset.dependency)
