"""The first card, pinned and kept up to date, and the lines for topic and announcement. Pure.

Order of the facts: severity and state; what fails; since when; the evidence; who has it; what can
be done.
"""

from collections.abc import Iterable, Sequence

from incidentbot.slack.blocks import kit
from incidentbot.slack.blocks.view import (
    CheckLine,
    IncidentView,
    OfferLine,
    RoleLine,
    VendorLine,
)

MARK = {"open": "🔴", "acknowledged": "🟠", "mitigated": "🔵", "resolved": "⚪"}
SHOWN = 12


def card(view: IncidentView) -> kit.Message:
    head = headline(view)
    return kit.message(
        head,
        [
            kit.header(head),
            kit.fields(_facts(view)),
            kit.section(f"*Now*\n{kit.esc(view.summary)}") if view.summary else None,
            kit.section(_evidence(view)),
            kit.actions(_buttons(view)) if view.status != "resolved" else None,
            kit.context(not_now) if (not_now := _not_now(view.offers)) else None,
            kit.section(links(view.documents)) if view.documents else None,
            kit.context(
                f"{view.id} · opened by {_opener(view)} · `/incident help` lists the commands"
            ),
        ],
    )


def headline(view: IncidentView) -> str:
    return f"{MARK[view.status]} Sev {view.severity}, {state(view)}: {view.title}"


def state(view: IncidentView) -> str:
    return f"merged into {view.merged_into}" if view.merged_into else view.status


def topic(view: IncidentView) -> str:
    """Plain text: Slack shows a topic as it is."""
    if view.merged_into:
        room = f" in #{view.merged_room}" if view.merged_room else ""
        return kit.cut(f"Merged into {view.merged_into}, it goes on there{room} · {view.id}", 240)
    owner = f"commander {kit.cut(view.commander_name, 80)}" if view.commander else "no commander"
    return kit.cut(f"Sev {view.severity} · {view.status} · {owner} · {view.id}", 240)


def announcement(view: IncidentView) -> kit.Message:
    """One line for the announcement channel, edited as the incident goes on."""
    room = f"<#{view.channel}>" if view.channel else view.id
    since = f"since {kit.when(view.started_at)}"
    line = f"*{kit.esc(headline(view), 300)}* {since} · {room}"
    if view.status == "mitigated" and view.mitigated_at:
        line += f" · users are served again since {kit.when(view.mitigated_at)}"
    if view.status == "resolved" and view.resolved_at and not view.merged_into:
        line += f" · resolved {kit.when(view.resolved_at)}"
        line += f" · {links(view.documents)}" if view.documents else ""
    return kit.message(headline(view), [kit.section(line)])


def links(documents: Iterable[tuple[str, str]]) -> str:
    return "Postmortem draft: " + " · ".join(f"<{url}|{form}>" for form, url in documents)


def vendor_words(lines: Iterable[VendorLine]) -> str:
    """What the vendor says, in one line; "all green" is what it says, not what we believe."""
    said = list(lines)
    if not said:
        return "no feed is watched"
    bad = [line for line in said if line.state not in ("operational", "unknown")]
    if bad:
        return "; ".join(f"{kit.esc(line.title, 200)} ({kit.esc(line.state)})" for line in bad[:3])
    if all(line.state == "unknown" for line in said):
        return "its status page cannot be read"
    return "all green"


def _facts(view: IncidentView) -> list[tuple[str, str]]:
    owner = kit.who(view.commander) if view.commander else "nobody yet"
    facts = [
        ("Failing since", kit.when(view.started_at, "{date_short_pretty} {time_secs}")),
        ("Severity", f"{view.severity} ({view.severity_word})"),
        ("Commander", owner),
    ]
    if view.dependency:
        facts.append(("The vendor says", vendor_words(view.vendor)))
    if view.mitigated_at:
        facts.append(("Users are served again since", kit.when(view.mitigated_at)))
    if view.merged_into:
        room = f" <#{view.merged_channel}>" if view.merged_channel else ""
        facts.append(("Goes on in", f"{view.merged_into}{room}"))
    elif view.resolved_at:
        facts.append(("Resolved", kit.when(view.resolved_at)))
    if any(line.person for line in view.crew):
        facts.insert(3, ("Roles", roles_words(view.crew)))
    return facts


def roles_words(crew: Sequence[RoleLine]) -> str:
    """The roles beside the command; those not given away are the commander's."""
    rest = "commander" if crew[0].person else "nobody"
    kept = [line.role for line in crew[1:] if not line.person]
    rows = [f"{line.role}: {kit.who(line.person)}" for line in crew[1:] if line.person]
    return "\n".join([*rows, f"{', '.join(kept)}: {rest}"] if kept else rows)


def _evidence(view: IncidentView) -> str:
    if not view.checks:
        return "*Evidence*\nDeclared by a person; no probe watches this."
    down = sum(check.state == "down" for check in view.checks)
    head = f"*Evidence* ({down} of {len(view.checks)} probes fail)"
    return kit.join([head, *(_check(check) for check in view.checks[:SHOWN])])


def _check(check: CheckLine) -> str:
    mark = {"up": "✓", "down": "✗", "degraded": "△"}.get(check.state, "?")
    name = f"{mark} {kit.esc(check.name, 80)} ({kit.esc(check.kind, 20)})"
    return f"{name}: {kit.esc(check.reason, 200)}, since {kit.when(check.since)}"


def _buttons(view: IncidentView) -> list[kit.Block]:
    made = []
    if view.status == "open":
        made.append(kit.button("Acknowledge", "incident.ack", view.id))
    if view.commander is None:
        made.append(kit.button("Take command", "incident.command", view.id, "primary"))
    possible = [offer for offer in view.offers if offer.available]
    made += [offer_button(view.id, offer) for offer in possible[:SHOWN]]
    made.append(kit.button("Post update", "incident.update", view.id))
    made.append(kit.button("Roles", "verb:take", view.id))
    if view.status == "acknowledged":
        made.append(kit.button("Harm is over", "verb:mitigate", view.id))
    made.append(kit.button("Resolve", "incident.resolve", view.id))  # opens a form
    return made


def offer_button(incident_id: str, offer: OfferLine) -> kit.Block:
    """Opens the frozen plan; nothing runs before a second person approves it."""
    value = f"{incident_id}|{offer.runbook}|{offer.asset}"
    return kit.button(offer.title, f"runbook.plan:{offer.runbook}:{offer.asset}"[:255], value)


def _not_now(offers: Iterable[OfferLine]) -> str:
    greyed = [o for o in offers if not o.available]
    rows = [f"Not possible now: {kit.esc(o.title, 100)}. {kit.esc(o.reason, 300)}" for o in greyed]
    return kit.join(rows, 1900)


def _opener(view: IncidentView) -> str:
    return "its probes" if view.opened_by == "incidentbot" else kit.who(view.opened_by)
