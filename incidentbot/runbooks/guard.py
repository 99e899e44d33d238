"""The guards of a plan. Pure: facts in, verdicts out; a guard that breaks refuses.

What each one says is in `rules`; which guardrail it serves is in `guardrails`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from incidentbot.runbooks.rules import bounds, moment
from incidentbot.runbooks.rules.facts import EVERY as EVERY
from incidentbot.runbooks.rules.facts import SWITCHING, WRITING, Kind, Said
from incidentbot.runbooks.rules.facts import Around as Around
from incidentbot.runbooks.rules.facts import Facts as Facts
from incidentbot.runbooks.rules.facts import Verdict as Verdict
from incidentbot.runbooks.rules.facts import Write as Write


@dataclass(frozen=True, slots=True)
class Guarded:
    name: str
    verdict: Verdict
    words: str

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "verdict": self.verdict, "words": self.words}


Guard = Callable[[Facts], Said]


@dataclass(frozen=True, slots=True)
class Rule:
    """A guard, the kinds of plan it is asked about, and what it refuses, for the documentation.
    `skippable`: break-glass goes past it."""

    ask: Guard
    kinds: frozenset[Kind]
    refuses: str
    skippable: bool = False

    @property
    def name(self) -> str:
        return self.ask.__name__


RULES = (
    Rule(bounds.not_stopped, WRITING, "somebody has pulled the kill switch, or `policy.stop_file`"
         " is there"),
    Rule(moment.from_inventory, SWITCHING, "what serves, or would, is neither origin"),
    Rule(moment.changes_something, SWITCHING, "the destination serves already"),
    Rule(moment.fits_the_moment, WRITING, "to the backup: our own probes do not say that the"
         " source is down (in a drill it need not be); back: the primary has not been healthy for"
         " `healthy_for`"),
    Rule(moment.destination_ready, SWITCHING, "the destination is not proven ready, or the proof"
         " is older than `readiness.max_age` (while the source is down, nothing new is written to"
         " it, and the proof does not age)"),
    Rule(moment.leaves_a_healthy_origin, SWITCHING, "after a stage fewer than"
         " `policy.floor.origins` serve that were proven healthy within"
         " `policy.floor.proven_within`; unknown does not count (an offer only warns of an old"
         " proof)"),
    Rule(moment.survives_the_outage, WRITING, "never; warns when a call goes through the region"
         " that fails"),
    Rule(bounds.one_at_a_time, WRITING, "another plan is approved or running on the same target"),
    Rule(bounds.not_going_round, SWITCHING, "the same switch was made less than"
         " `policy.cooldown.same` ago", skippable=True),
    Rule(bounds.not_back_so_soon, SWITCHING, "the switch there was made less than"
         " `policy.cooldown.opposite` ago, and the place that serves is not proven down",
         skippable=True),
    Rule(moment.state_is_known, SWITCHING, "never; warns when no probe looks at the destination"),
    Rule(bounds.opt_in, WRITING, "the target does not carry `policy.tag`, or nobody could tell"),
    Rule(bounds.diff_allow_list, WRITING, "a field would change that the action does not name"),
    Rule(bounds.targets_per_plan, WRITING, "one plan writes to more than `policy.caps.targets`"),
    Rule(bounds.share_of_inventory, SWITCHING, "more than `policy.caps.percent` of all switches"
         " would change within `policy.caps.window`; one is always allowed"),
    Rule(bounds.targets_in_window, SWITCHING, "all runs together would write to more than"
         " `policy.caps.in_window` within `policy.caps.window`"),
    Rule(bounds.points_per_stage, SWITCHING, "a stage takes more than `policy.caps.points` of the"
         " traffic from a place that is not proven down, and the action could take less"),
    Rule(bounds.never_empty, EVERY, "a plan has no target, no call, or leaves traffic no place"),
    Rule(bounds.in_time, EVERY, "the plan has expired, or its incident is over or was merged"),
    Rule(bounds.rate_of_person, SWITCHING, "one person asked for `policy.rates.person` switches in"
         " the last hour"),
    Rule(bounds.rate_of_runbook, WRITING, "the runbook had `policy.rates.runbook` runs in the last"
         " hour"),
    Rule(bounds.rate_of_writes, WRITING, "`policy.rates.writes` writes were sent in the last"
         " minute"),
    Rule(bounds.few_at_once, SWITCHING, "`policy.rates.running` other switches run already"),
    Rule(bounds.no_freeze, WRITING, "a freeze blocks; warns when it takes one more approval",
         skippable=True),
    Rule(bounds.drilled, SWITCHING, "never; warns when the last drill is older than"
         " `policy.drill_warn_after`"),
)  # fmt: skip

GUARDS: Mapping[str, Guard] = {rule.name: rule.ask for rule in RULES}
SKIPPABLE = frozenset(rule.name for rule in RULES if rule.skippable)


def evaluate(facts: Facts) -> list[Guarded]:
    """The word of every guard that is about this kind of plan, in order."""
    if facts.kind not in EVERY:
        return [Guarded("kind", "refuse", f"There is no kind of plan {facts.kind!r}.")]
    return [ask(rule, facts) for rule in RULES if facts.kind in rule.kinds]


def refusal(guarded: Iterable[Guarded], *, broken_glass: bool = False) -> str | None:
    """Why it may not be done, in one sentence; None when it may. Break-glass goes past some."""
    return next(
        (
            one.words
            for one in guarded
            if one.verdict == "refuse" and not (broken_glass and one.name in SKIPPABLE)
        ),
        None,
    )


def skipped(guarded: Iterable[Guarded]) -> list[Guarded]:
    """The refusals that break-glass would go past."""
    return [one for one in guarded if one.verdict == "refuse" and one.name in SKIPPABLE]


def ask(rule: Rule, facts: Facts) -> Guarded:
    """The word of one guard. One that breaks, or says what nobody knows, refuses."""
    try:
        verdict, said = rule.ask(facts)
    except Exception as error:  # noqa: BLE001  a guard that cannot decide must not let pass
        return Guarded(
            rule.name, "refuse", f"The guard {rule.name} broke ({type(error).__name__})."
        )
    known: Verdict = verdict if verdict in ("pass", "warn") else "refuse"
    return Guarded(rule.name, known, said)
