"""A run that asks a person, one that people may still stop, and one that went wrong. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.slack.blocks import card, forms, kit
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import OfferLine
from incidentbot.timeline import Entry


@dataclass(frozen=True, slots=True)
class Question:
    """What a paused run asks. `choices` are (name, words), none once it is answered; `items` is
    the list a person works through."""

    plan_id: str
    number: int
    step: int
    title: str
    text: str
    choices: Sequence[tuple[str, str]]
    items: Sequence[str] = ()
    answer: str = ""
    by: str = ""


def question(asked: Question) -> kit.Message:
    """With a button for each answer, or with the answer that was given."""
    head = f"{asked.title} waits for a person (step {asked.step})"
    ticks = [f"☐ {kit.esc(item, 300)}" for item in asked.items]
    answered = f"*{kit.esc(asked.answer, 100)}*, said {kit.who(asked.by)}" if asked.answer else ""
    made = [
        kit.button(words, f"run.answer:{name}", f"{asked.plan_id}|{asked.number}|{name}",
                   "danger" if name == "stop" else None)
        for name, words in asked.choices
    ]  # fmt: skip
    return kit.message(
        head,
        [
            kit.section(f"*{kit.esc(head, 300)}*\n{kit.esc(asked.text, 2000)}"),
            kit.section(kit.join(ticks)) if ticks else None,
            kit.actions(made) if made else None,
            kit.context(answered) if answered else None,
            kit.context(f"Plan {asked.plan_id}"),
        ],
    )


def announced(text: str, at: datetime, plan_id: str, runs_at: datetime | None) -> kit.Message:
    """A swap that runs by itself at `runs_at` unless somebody says no; None when it is settled."""
    when = f"\nAnybody may stop it until {kit.when(runs_at)}." if runs_at else ""
    veto = kit.button("Do not do it", "plan.veto", plan_id, "danger")
    return kit.message(
        text,
        [
            kit.section(f"{kit.when(at)}  *{kit.esc(text, 2000)}*{when}"),
            kit.actions([veto]) if runs_at else None,
        ],
    )


def ended(entry: Entry, incident_id: str, way_back: OfferLine | None) -> kit.Message:
    """How a run ended, with the proof; after one that wrote and failed, with what takes it back."""
    proof = entry.data.get("proof")
    lines = proof if isinstance(proof, list) else []
    rows = [f"*{kit.esc(entry.text, 1500)}*", *(f"• {kit.esc(line, 250)}" for line in lines)]
    blocks: list[kit.Block | None] = [kit.section(kit.join(rows))]
    if way_back is not None and way_back.available:
        words = "Nothing is undone by itself. This opens a plan that takes it back:"
        blocks += [kit.section(words), kit.actions([card.offer_button(incident_id, way_back)])]
    elif way_back is not None:
        blocks.append(kit.context(card.not_now([way_back])))
    return kit.message(entry.text, blocks)


def halt_form(incident_id: str, channel: str) -> View:
    """Submitted as `runbook.halt`."""
    said = (
        "*Every next write of every runbook is stopped*, also of plans that run. Nothing is undone;"
        " two approvers let it go on (`rearm`)."
    )
    return forms.form(
        "runbook.halt",
        "Stop all runbooks",
        "Stop them",
        [kit.section(said), forms.text("why", "Why?", "The wrong bucket is in the plan", most=300)],
        about=incident_id,
        channel=channel,
    )


def halt_faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("why", "").strip() else {"why": "Please write a few words."}


def stopped(entry: Entry) -> kit.Message:
    """All runbooks are stopped, or somebody asked to let them go on: what an approver presses."""
    asked = entry.data.get("event") == "rearm_asked"
    label = "I agree: let them go on" if asked else "Let them go on"
    return kit.message(
        entry.text,
        [
            kit.section(f"{kit.when(entry.at)}  *{kit.esc(entry.text, 2500)}*"),
            kit.actions([kit.button(label, "verb:rearm", entry.incident_id)]),
        ],
    )
