"""All thirty guardrails, one row each: what it says, where it is enforced, which guards ask. Pure.

The table in docs/runbooks.md is made from it, and tests/unit/test_guardrails.py proves each row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from incidentbot.runbooks.guard import RULES

# plan: when it is made, and again when it starts; approve: at the click; intent: in the transaction
# before each write; verify: after each write; provider: at the other side; outside: in how the bot
# is run and in what people read.
Where = Literal["plan", "approve", "intent", "verify", "provider", "outside"]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """`guards` are the names of those of `guard.RULES` that serve it; none where it is no verdict
    over facts but how something is done."""

    number: int
    name: str
    says: str
    where: tuple[Where, ...]
    guards: tuple[str, ...] = ()


GUARDRAILS = (
    Guardrail(1, "choices", "Values are chosen from the inventory, never typed.",
              ("plan",), ("from_inventory",)),
    Guardrail(2, "opt_in", "Targets are listed in the configuration; with `policy.tag` they carry"
              " that tag too.", ("plan",), ("opt_in",)),
    Guardrail(3, "frozen_plan", "A plan is frozen with its reads, exact calls, diff, undo and what"
              " nobody knows.", ("plan",)),
    Guardrail(4, "diff_allow_list", "Only the fields that the action names may change.",
              ("plan", "intent"), ("diff_allow_list",)),
    Guardrail(5, "bound_hash", "An approval is of the plan's SHA-256; the stored bytes run.",
              ("approve", "intent")),
    Guardrail(6, "compare_and_set", "The live value is read again at each write and must be the"
              " one that was shown.", ("intent", "provider")),
    Guardrail(7, "caps", "Few things, a small part of the inventory, a share of the traffic; of"
              " all runs in a window together.", ("plan",),
              ("targets_per_plan", "share_of_inventory", "targets_in_window", "points_per_stage")),
    Guardrail(8, "floor", "What serves afterwards is proven ready and healthy; unknown is not.",
              ("plan",), ("destination_ready", "leaves_a_healthy_origin", "state_is_known")),
    Guardrail(9, "never_empty", "No plan without a target, a call, a change or a place for the"
              " traffic.", ("plan",), ("changes_something", "never_empty")),
    Guardrail(10, "two_people", "Other people approve than whoever asked: once each, whatever"
              " accounts they have, and no bot.", ("approve", "intent")),
    Guardrail(11, "typed", "From `policy.confirm_from` on, who approves types the target's name.",
              ("approve",)),
    Guardrail(12, "stages", "Bit by bit where the action can; good goes on, bad stops, unknown"
              " asks.", ("verify",)),
    Guardrail(13, "from_outside", "Users' objects are fetched as users do; an API's word is not"
              " enough.", ("verify",)),
    Guardrail(14, "undo", "The undo is saved before the first write and is a plan of its own; none"
              " leads to a dead place.", ("plan",)),
    Guardrail(15, "cooldown", "A rest before the same switch again, a longer one before the way"
              " back.", ("plan",), ("not_going_round", "not_back_so_soon")),
    Guardrail(16, "lock", "One plan per target, by a lease with a fence.", ("plan", "intent"),
              ("one_at_a_time",)),
    Guardrail(17, "short_lived", "A plan lives minutes, and no longer than its incident.",
              ("plan", "approve", "intent"), ("in_time",)),
    Guardrail(18, "rates", "Few runs an hour per person and per runbook, few writes a minute, few"
              " runs at once.", ("plan", "intent"),
              ("rate_of_person", "rate_of_runbook", "rate_of_writes", "few_at_once")),
    Guardrail(19, "kill_switch", "One person stops every next write; two let it go on.",
              ("plan", "intent"), ("not_stopped",)),
    Guardrail(20, "dry_run", "A plan walks the way of the run up to the write, and can write"
              " nothing.", ("plan",)),
    Guardrail(21, "break_glass", "In need a named person goes past approval, cooldown and freeze;"
              " past nothing else, and all hear of it.", ("approve",)),
    Guardrail(22, "calendar", "Freezes block, or take one more approval.", ("plan",),
              ("no_freeze",)),
    Guardrail(23, "second_line", "The provider refuses what the bot should never do.",
              ("provider",)),
    Guardrail(24, "two_roles", "Reading and writing are two roles; only a run holds the second.",
              ("provider",)),
    Guardrail(25, "audit", "Every decision is a line of a chain of hashes, anchored outside.",
              ("plan", "approve", "intent", "verify")),
    Guardrail(26, "fails_closed", "A guard that breaks refuses; what is known stays in sight.",
              ("plan", "intent")),
    Guardrail(27, "without_slack", "The command line plans and approves by the same rules.",
              ("plan", "approve")),
    Guardrail(28, "survives", "Calls through the failing region come last, and say so.",
              ("plan", "outside"), ("survives_the_outage",)),
    Guardrail(29, "way_back", "To the backup only from what is proven down; back only to what has"
              " been healthy for a while.", ("plan", "outside"), ("fits_the_moment",)),
    Guardrail(30, "drills", "A runbook that nobody practised for long is pointed out.",
              ("plan",), ("drilled",)),
)  # fmt: skip


def markdown() -> str:
    """The two tables of the documentation: the guardrails, and what each guard refuses."""
    return "\n".join([*_rows(), "", *_guards()])


def _rows() -> Iterator[str]:
    yield "| # | Guardrail | What it says | Where | Guards |"
    yield "|---|---|---|---|---|"
    for one in GUARDRAILS:
        guards = ", ".join(f"`{name}`" for name in one.guards)
        named = one.name.replace("_", " ")
        yield f"| {one.number} | {named} | {one.says} | {', '.join(one.where)} | {guards} |"


def _guards() -> Iterator[str]:
    yield "| Guard | Refuses when | Break-glass |"
    yield "|---|---|---|"
    for rule in RULES:
        yield f"| `{rule.name}` | {rule.refuses} | {'goes past it' if rule.skippable else ''} |"
