"""The living card, pinned and kept up to date, and the lines for topic and announcement. Pure.

Order of the facts: severity and state; what users cannot do; where; since when; who has it; what
is being done, and when the next word comes; the evidence and how certain it is; links; what can be
done.
"""

from collections.abc import Iterable, Sequence

from incidentbot.slack.blocks import kit, writing
from incidentbot.slack.blocks.view import (
    CheckLine,
    IncidentView,
    OfferLine,
    RoleLine,
    VendorLine,
)

MARK = {"open": "🔴", "acknowledged": "🟠", "mitigated": "🔵", "resolved": "⚪"}
SHOWN = 6
LINKS = 6


def card(view: IncidentView) -> kit.Message:
    head = headline(view)
    return kit.message(
        head,
        [
            kit.header(head),
            kit.fields(_facts(view)),
            kit.section(f"*{_told(view)}*\n{kit.esc(view.summary)}") if view.summary else None,
            kit.section(_evidence(view)),
            kit.actions(_buttons(view)) if view.status != "resolved" else None,
            kit.context(greyed) if (greyed := not_now(view.offers)) else None,
            kit.section(links(view)) if view.documents else None,
            kit.section(_linked(view)) if view.links else None,
            kit.context(
                f"{view.id} · opened by {_opener(view)}{_to_do(view)}"
                " · `/incident help` lists the commands"
            ),
        ],
    )


def marks(view: IncidentView) -> str:
    return mark_words(test=view.test, private=view.private)


def mark_words(*, test: bool, private: bool) -> str:
    """Nobody may take a drill for the real thing, nor tell on what is private."""
    words = [word for word, so in (("TEST", test), ("PRIVATE", private)) if so]
    return "".join(f"{word} · " for word in words)


def headline(view: IncidentView) -> str:
    return f"{MARK[view.status]} {marks(view)}Sev {view.severity}, {state(view)}: {view.title}"


def state(view: IncidentView) -> str:
    return f"merged into {view.merged_into}" if view.merged_into else view.status


def topic(view: IncidentView) -> str:
    """Plain text: Slack shows a topic as it is."""
    if view.merged_into:
        room = f" in #{view.merged_room}" if view.merged_room else ""
        return kit.cut(f"Merged into {view.merged_into}, it goes on there{room} · {view.id}", 240)
    nobody = "nobody owns this" if view.unowned else "no commander"
    owner = f"commander {kit.cut(view.commander_name, 80)}" if view.commander else nobody
    return kit.cut(f"{marks(view)}Sev {view.severity} · {view.status} · {owner} · {view.id}", 240)


def purpose(view: IncidentView) -> str:
    """Said once: what this channel is for. Plain text."""
    mark = "A test, nothing is wrong. " if view.test else ""
    who = "Only for those who are let in. " if view.private else ""
    return kit.cut(f"{mark}{who}{view.id}: {view.title}", 240)


def announcement(view: IncidentView) -> kit.Message:
    """One line for a channel that hears of it, edited as the incident goes on.

    Of a private incident it says nothing, whoever asks for it.
    """
    if view.private:
        return closed_doors(view.id)
    room = f"<#{view.channel}>" if view.channel else view.id
    since = f"since {kit.when(view.started_at)}"
    line = f"*{kit.esc(headline(view), 300)}* {since} · {room}"
    if view.unowned:
        line += " · *nobody owns this*"
    if view.status == "mitigated" and view.mitigated_at:
        line += f" · users are served again since {kit.when(view.mitigated_at)}"
    if view.status == "resolved" and view.resolved_at and not view.merged_into:
        line += f" · resolved {kit.when(view.resolved_at)}"
        line += f" · {links(view)}" if view.documents else ""
    return kit.message(headline(view), [kit.section(line)])


def closed_doors(incident_id: str) -> kit.Message:
    """What is left of an announcement when its incident was made private."""
    text = f"{incident_id} goes on in private."
    return kit.message(text, [kit.section(text)])


def links(view: IncidentView) -> str:
    """Where the draft is. Of a private incident nothing is served, so its files are named."""
    if not view.private:
        return "Postmortem draft: " + " · ".join(f"<{url}|{form}>" for form, url in view.documents)
    files = " · ".join(f"`{kit.esc(path, 200)}`" for _, path in view.documents)
    return f"Postmortem draft, on the bot's machine only: {files}"


def vendor_words(lines: Iterable[VendorLine]) -> str:
    """What the vendor says, in one line; "all green" is what it says, not what we believe."""
    said = list(lines)
    if not said:
        return "no feed is watched"
    bad = _trouble(said)
    if bad:
        return "; ".join(f"{kit.esc(line.title, 200)} ({kit.esc(line.state)})" for line in bad[:3])
    if all(line.state == "unknown" for line in said):
        return "its status page cannot be read"
    return "all green"


def owner(view: IncidentView) -> str:
    """Who commands it; that nobody does is said loudly once everybody was asked in vain."""
    nobody = "*Nobody owns this.* Please take command." if view.unowned else "nobody yet"
    return kit.who(view.commander) if view.commander else nobody


def next_update(view: IncidentView) -> str:
    if view.status == "resolved":
        return ""
    return kit.when(view.next_update_at) if view.next_update_at else ""


def certainty(view: IncidentView) -> str:
    """Confirmed by two independent signals, likely with one, suspected when somebody says so."""
    down = sum(check.state == "down" for check in view.checks)
    signals = min(down, 2) + bool(_trouble(view.vendor))
    return "confirmed" if signals > 1 else "likely" if signals else "suspected"


def _trouble(lines: Iterable[VendorLine]) -> list[VendorLine]:
    return [line for line in lines if line.state not in ("operational", "unknown")]


def _facts(view: IncidentView) -> list[tuple[str, str]]:
    facts = [("Where", kit.esc(view.where, 200))] if view.where else []
    facts += [
        ("Failing since", kit.when(view.started_at, "{date_short_pretty} {time_secs}")),
        ("Commander", owner(view)),
    ]
    if any(line.person for line in view.crew[1:]):
        facts.append(("Roles", roles_words(view.crew)))
    if view.dependency:
        facts.append(("The vendor says", vendor_words(view.vendor)))
    if word := next_update(view):
        facts.append(("Next update", word))
    if view.mitigated_at:
        facts.append(("Users are served again since", kit.when(view.mitigated_at)))
    if view.merged_into:
        room = f" <#{view.merged_channel}>" if view.merged_channel else ""
        facts.append(("Goes on in", f"{view.merged_into}{room}"))
    elif view.resolved_at:
        facts.append(("Resolved", kit.when(view.resolved_at)))
    return facts


def roles_words(crew: Sequence[RoleLine]) -> str:
    """The roles beside the command; those not given away are the commander's."""
    rest = "commander" if crew[0].person else "nobody"
    kept = [line.role for line in crew[1:] if not line.person]
    rows = [f"{line.role}: {kit.who(line.person)}" for line in crew[1:] if line.person]
    return "\n".join([*rows, f"{', '.join(kept)}: {rest}"] if kept else rows)


def _told(view: IncidentView) -> str:
    """What people wrote is not what is so any more, once it is over."""
    return "Last update" if view.status == "resolved" else "Now"


def _evidence(view: IncidentView) -> str:
    if not view.checks:
        return "*Evidence*: suspected\nDeclared by a person; no probe watches this."
    down = sum(check.state == "down" for check in view.checks)
    head = f"*Evidence*: {certainty(view)} ({down} of {len(view.checks)} probes fail)"
    if not down and view.status in ("mitigated", "resolved"):
        head = f"*Evidence*: none of {len(view.checks)} probes fails"
    more = len(view.checks) - SHOWN
    rest = [f"… and {more} more"] if more > 0 else []
    return kit.join([head, *(_check(check) for check in view.checks[:SHOWN]), *rest])


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
    possible = [offer for offer in view.offers if offer.available and offer.where]
    made += [offer_button(view.id, offer) for offer in possible[:SHOWN]]
    if len(possible) > SHOWN or any(not offer.where for offer in view.offers):
        made.append(kit.button("Other runbooks", "verb:runbook", view.id))
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


def not_now(offers: Iterable[OfferLine]) -> str:
    """The switches that cannot work now, greyed: why not, and what they would go through."""
    greyed = [o for o in offers if o.where and not o.available]
    return kit.join((f"Not possible now: {not_now_words(offer)}" for offer in greyed), 1900)


def not_now_words(offer: OfferLine) -> str:
    return f"{kit.esc(offer.title, 100)}{through(offer)}. {kit.esc(offer.reason, 300)}"


def through(offer: OfferLine) -> str:
    return f" (through {kit.esc(offer.where, 200)})" if offer.where else ""


def _linked(view: IncidentView) -> str:
    return kit.join(["*Links*", *(f"• {writing.link_words(link)}" for link in view.links)], 1900)


def _to_do(view: IncidentView) -> str:
    many = f"{view.actions} action item{'s' if view.actions != 1 else ''}"
    return f" · {many} open" if view.actions else ""


def _opener(view: IncidentView) -> str:
    return "its probes" if view.opened_by == "incidentbot" else kit.who(view.opened_by)
