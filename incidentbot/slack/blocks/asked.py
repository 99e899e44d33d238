"""Answers to who comes late, and to questions about the set-up; only who asks sees them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.slack.blocks import card, forms, kit
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.timeline import Entry

LAST = 5
TRIED = ("done", "halted", "failed", "in_doubt", "cancelled")  # events of runbooks


@dataclass(frozen=True, slots=True)
class Proof:
    """One side of an asset. `state` is ready, not_ready, unknown, or never looked at ("")."""

    origin: str
    backup: bool
    state: str
    reason: str
    proven_at: datetime | None
    checked_at: datetime | None
    total: int = 0
    same: int = 0
    missing: Sequence[str] = ()
    different: Sequence[str] = ()
    words: str = ""  # what was proven and when, as the command line says it
    replication: str = ""
    points: Sequence[tuple[int, str, str, str]] = ()  # number, title, result, evidence


def catch_up(view: IncidentView, entries: Sequence[Entry]) -> kit.Message:
    """Where we stand, the newest on top: for somebody who came into the channel."""
    tried = [e for e in entries if e.kind == "runbook" and e.data.get("event") in TRIED]
    facts = [
        ("Who has it", card.owner(view)),
        *([("Roles", roles)] if (roles := card.roles_words(view.crew)) else []),
        ("Failing since", kit.when(view.started_at, "{date_short_pretty} {time_secs}")),
    ]
    if word := card.next_update(view):
        facts.append(("Next update", word))
    doing = kit.esc(view.summary, 600) or "nobody has said so far"
    return kit.message(
        f"Where we stand: {card.headline(view)}",
        [
            kit.section(f"*Where we stand*\n{kit.esc(card.headline(view), 300)}"),
            kit.fields(facts),
            kit.section(f"*Doing now*\n{doing}"),
            kit.section(kit.join(["*Tried*", *(_line(e) for e in reversed(tried[-3:]))]))
            if tried
            else None,
            kit.section(kit.join(["*Last lines*", *(_line(e) for e in reversed(entries[-LAST:]))])),
            kit.section(card.links(view)) if view.documents else None,
            kit.actions([kit.button("Full timeline", "verb:timeline:joined", view.id)]),
        ],
    )


def readiness_form(assets: Sequence[tuple[str, str]], channel: str) -> View:
    """Which asset? Submitted as `readiness.show`."""
    return forms.form(
        "readiness.show",
        "Is the backup ready?",
        "Show",
        [forms.choice("asset", "Which one?", assets, initial=assets[0][0] if assets else "")],
        channel=channel,
    )


def readiness(title: str, serving: str, proofs: Sequence[Proof]) -> kit.Message:
    head = f"Readiness of {title}"
    now = f"{kit.esc(serving, 80)} serves now, as far as we switched it."
    return kit.message(
        head,
        [
            kit.section(f"*{kit.esc(head, 300)}*\n{now}"),
            *(kit.section(_proof(proof)) for proof in proofs),
            *(kit.section(_points(proof)) for proof in proofs if proof.points),
        ],
    )


def settings(lines: Sequence[tuple[str, str]]) -> kit.Message:
    """`lines` are (what, its value) as configured; secrets are not among them."""
    rows = [f"*{kit.esc(what, 80)}*: {kit.esc(value, 400)}" for what, value in lines]
    parts = [kit.section(kit.join(rows[n : n + 8])) for n in range(0, len(rows), 8)]
    foot = "From the configuration file; `incidentbot doctor` checks that it works."
    return kit.message("How it is set up", [kit.section("*How it is set up*"), *parts,
                                            kit.context(foot)])  # fmt: skip


def private_form(incident_id: str, channel: str) -> View:
    """Who is let in, and that one knows what cannot be taken back; as `incident.private`."""
    return forms.form(
        "incident.private",
        f"Make {incident_id} private",
        "Make it private",
        [
            kit.section(
                "A new private channel is made for it, and this one is archived. *What was said"
                " until now cannot be taken back*: the old channel, the announcement that there"
                " was one, and what others copied stay."
            ),
            forms.people("people", "Who is let in, beside you and who has a role?", optional=True),
            forms.ticks("sure", "What was said stays readable", [("yes", "I know")]),
        ],
        about=incident_id,
        channel=channel,
    )


def _proof(proof: Proof) -> str:
    role = "backup" if proof.backup else "primary"
    head = f"*{kit.esc(proof.origin, 80)}* ({role}): {_STATES.get(proof.state, proof.state)}"
    rows = [head]
    if proof.reason:
        rows.append(kit.esc(proof.reason, 400))
    rows.append(_when(proof))
    told = f"{proof.same:,} of {proof.total:,} objects"
    if proof.total and proof.state in ("ready", "not_ready") and told not in proof.reason:
        rows.append(f"{told} are the same.")
    if proof.replication:
        rows.append(f"Replication: {kit.esc(proof.replication, 300)}")
    for what, names in (("Missing", proof.missing), ("Different", proof.different)):
        if names:
            rows.append(f"{what}: {', '.join(kit.esc(name, 100) for name in names[:10])}")
    return kit.join(rows)


def _when(proof: Proof) -> str:
    """What was proven and when, in one line."""
    looked = f"last looked at {_at(proof.checked_at)}" if proof.checked_at else ""
    if proof.words:
        said = kit.esc(proof.words, 600)
    else:
        said = f"last proven {_at(proof.proven_at)}" if proof.proven_at else "never proven"
    whole = "; ".join(one for one in (said, looked) if one)
    return f"{whole[0].upper()}{whole[1:]}."


def _points(proof: Proof) -> str:
    """The fifteen points as a list; what is in order comes last and short."""
    order = sorted(proof.points, key=lambda point: (_ORDER.get(point[2], 1), point[0]))
    rows = [f"*Checklist of {kit.esc(proof.origin, 80)}*"]
    for number, title, result, evidence in order:
        mark = _MARKS.get(result, "?")
        rows.append(f"{mark} {number}. {kit.esc(title, 40)}: {kit.esc(evidence, 110)}")
    return kit.join(rows)


_ORDER = {"not_ready": 0, "unknown": 1, "ready": 2, "not_applicable": 3}
_MARKS = {"not_ready": "✗", "unknown": "?", "ready": "✓", "not_applicable": "–"}
_STATES = {
    "ready": "✓ ready",
    "not_ready": "✗ not ready",
    "unknown": "? nobody knows",
    "": "? never looked at",
}


def _at(at: datetime) -> str:
    return kit.when(at, "{date_short_pretty} {time_secs}")


def _line(entry: Entry) -> str:
    return f"{kit.when(entry.at)}  {kit.esc(entry.text, 200)}"
