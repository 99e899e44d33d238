"""A text for the public status page: its form, and the exact words that a second person lets out.

What is public takes plain words, no guess at a cause and no guess at the end. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from incidentbot.slack.blocks import forms, kit
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import IncidentView

STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT = {
    "operational": "works",
    "degraded_performance": "slow or patchy",
    "partial_outage": "partly out",
    "major_outage": "out",
}
WORDS = {
    "draft": "waits for a second person",
    "approved": "approved, on its way",
    "posted": "posted",
    "failed": "not posted",
    "discarded": "discarded, nothing was posted",
    "replaced": "replaced by a newer draft",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is stored. `detail`: why it is not there yet, or will not be."""

    id: str
    hash: str
    page: str
    state: str
    body: Mapping[str, Any]
    created_by: str
    approved_by: str | None = None
    detail: str = ""


def draft(shown: Shown) -> kit.Message:
    """Everything that would be public, exactly; the buttons carry its hash."""
    body = shown.body
    head = f"Status page {shown.page}: {WORDS.get(shown.state, shown.state)}"
    why = f"\n{kit.esc(shown.detail, 300)}" if shown.detail else ""
    value = f"{shown.id}|{shown.hash}"
    buttons = [
        kit.button("Approve and post", "statuspage.approve", value, "primary"),
        kit.button("Discard", "statuspage.discard", value),
    ]
    by = f"drafted by {kit.who(shown.created_by)}"
    by += f", approved by {kit.who(shown.approved_by)}" if shown.approved_by else ""
    return kit.message(
        head,
        [
            kit.section(f"*{kit.esc(head, 300)}*{why}"),
            kit.code(f"{body.get('name', '')}\n{body.get('status', '')}"),
            *_text(str(body.get("body", ""))),
            kit.context(_beside(body)),
            kit.context(f"{by} · {shown.hash[:8]}"),
            kit.actions(buttons) if shown.state == "draft" else None,
        ],
    )


def failed(shown: Shown) -> kit.Message:
    """Nobody outside was told: to the channel, with the next step."""
    head = f"The public was not told: the status page {shown.page} did not take the text"
    value = f"{shown.id}|{shown.hash}"
    return kit.message(
        head,
        [
            kit.section(f"*{kit.esc(head, 300)}.*\nWhy: {kit.esc(shown.detail, 500)}"),
            kit.actions([kit.button("Try again", "statuspage.again", value, "primary")]),
        ],
    )


def form(
    view: IncidentView,
    pages: Sequence[str],
    components: Sequence[tuple[str, str]],
    *,
    name: str,
    notify: bool,
    channel: str = "",
) -> View:
    """Prefilled from the facts; submitted as `statuspage.draft`. `components`: (dependency, title)
    of those that the pages have a component for."""
    status, text = words_of(view)
    mine = [view.dependency] if view.dependency in dict(components) else []
    return forms.form(
        "statuspage.draft",
        f"Status page, {view.id}",
        "Show the draft",
        [
            forms.choice("page", "Page", [(p, p) for p in pages], initial=pages[0]),
            forms.text("name", "Title that the public reads", value=name, most=200),
            forms.choice("status", "Status", [(s, s) for s in STATUSES], initial=status),
            forms.text("text", "What the public reads", lines=True, value=text),
            forms.choices("components", "What is affected", components, initial=mine)
            if components
            else None,
            forms.choice("state", "How it is", list(COMPONENT.items()), initial=state_of(view))
            if components
            else None,
            forms.ticks(
                "notify",
                "Subscribers of the page",
                [("yes", "are told by it")],
                initial=["yes"] if notify else [],
            ),
            kit.context("Nothing is public before a second person has approved the exact text."),
        ],
        about=view.id,
        channel=channel,
    )


def words_of(view: IncidentView) -> tuple[str, str]:
    """(status, text) of what is known: when it began, how it is now, when more is said."""
    began = f"It began at {_utc(view.started_at)}."
    if view.status == "resolved" and view.resolved_at:
        return "resolved", f"This is resolved since {_utc(view.resolved_at)}. {began}"
    if view.status == "mitigated" and view.mitigated_at:
        said = f"It works again since {_utc(view.mitigated_at)}. We keep watching it."
        return "monitoring", f"{said} {began}{_next(view)}"
    return "investigating", f"We see the problem and are working on it. {began}{_next(view)}"


def state_of(view: IncidentView) -> str:
    """The state of a component, as a first proposal."""
    if view.status in ("mitigated", "resolved"):
        return "operational"
    by_severity = {1: "major_outage", 2: "partial_outage"}
    return by_severity.get(view.severity, "degraded_performance")


def _next(view: IncidentView) -> str:
    return f" The next update comes by {_utc(view.next_update_at)}." if view.next_update_at else ""


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC"


def _text(text: str) -> list[kit.Block]:
    """The whole of it, however long it is: what is approved must be seen."""
    return [kit.code(text[at : at + 2900]) for at in range(0, max(len(text), 1), 2900)]


def _beside(body: Mapping[str, Any]) -> str:
    components = body.get("components") or {}
    said = [f"{kit.esc(id, 60)}: {kit.esc(state, 30)}" for id, state in components.items()]
    told = "subscribers are told" if body.get("notify") else "subscribers are not told"
    listed = "components " + ", ".join(said[:20]) if said else "no component changes"
    more = f" and {len(said) - 20} more" if len(said) > 20 else ""
    impact = f" · impact {kit.esc(body['impact'], 20)}" if body.get("impact") else ""
    return f"{listed}{more} · {told}{impact}"
