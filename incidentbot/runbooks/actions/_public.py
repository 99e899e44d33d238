"""The words a runbook may put on the public status page. Nobody types them during an outage.

Plain words: no guess at a cause, none at the end. The configuration may bring its own for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidentbot.settings.telling import PreparedText, StatusPageSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """`status` of the page's incident, `component`: the state of what hangs on the dependency."""

    status: str
    component: str
    words: str


TITLE = "Images and files on {site}"
PREPARED: Mapping[PreparedText, Prepared] = {
    "investigating": Prepared(
        "investigating",
        "degraded_performance",
        "Some images and files on {site} load slowly or not at all. We are looking into it.",
    ),
    "identified": Prepared(
        "identified",
        "partial_outage",
        "The storage that {site} uses for images and files has an outage at its provider. "
        "Some of them load slowly or not at all. We are working on a way around it.",
    ),
    "switched": Prepared(
        "monitoring",
        "operational",
        "{site} now loads its images and files from a second place. We keep watching.",
    ),
    "resolved": Prepared(
        "resolved", "operational", "Images and files on {site} load as usual again."
    ),
}


def body(page: StatusPageSettings, text: PreparedText, site: str, live: Mapping[str, Any]) -> Any:
    """What would be public, as a draft's body. The title that the public knows is kept."""
    prepared = PREPARED[text]
    words = page.texts.get(text, prepared.words).replace("{site}", site)
    component = page.components.get(str(live.get("dependency") or ""))
    return {
        "name": str(live.get("name") or TITLE.replace("{site}", site))[:200],
        "status": prepared.status,
        "body": words,
        "components": {component: prepared.component} if component else {},
        "impact": "",
        "notify": page.notify,
    }
