"""All thirty guardrails in one table: each number, and what proves it.

A row of pure verdicts spoils a good moment and expects the refusal. A row that is enforced
elsewhere names the tests that prove it, and they must be there.
"""

import ast
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from incidentbot.runbooks import guard, guardrails
from incidentbot.runbooks.guard import Facts, Guarded, evaluate, refusal
from incidentbot.runbooks.guardrails import GUARDRAILS
from incidentbot.runbooks.policy import Limits
from tests.unit.runbook_cases import MINUTE, NOW, around, planned, to_backup, to_primary, write

ROOT = Path(__file__).parents[2]
APPROVE, GUARD, FACTS = (
    f"tests/unit/test_runbook_{name}.py" for name in ("approve", "guard", "facts")
)
PLAN, RUN = "tests/unit/test_runbook_plan.py", "tests/stories/test_runbook_run.py"
STEPS, SHIPPED = (f"tests/stories/test_{name}.py" for name in ("runbook_steps", "shipped_runbooks"))
ROLES, AUDIT = "tests/contracts/test_aws_roles.py", "tests/unit/test_audit.py"


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A good moment with one thing wrong, the guard that says so, and some of its words. `warns`:
    it is pointed out and not refused."""

    facts: Facts
    guard: str
    words: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`proofs`: "file::test"."""

    number: int
    spoiled: tuple[Spoiled, ...] = ()
    proofs: tuple[str, ...] = ()


def other(**more: Any) -> Any:
    return around(written=frozenset({"ssm:docs"}), **more)


TABLE = (
    Row(1, (Spoiled(to_backup(live_value="us-west-1", live_origin=None), "from_inventory",
                    "which is neither origin"),)),
    Row(2, (Spoiled(planned(tag="incidentbot=yes", tagged=False), "opt_in", "does not carry"),
            Spoiled(planned(tag="incidentbot=yes"), "opt_in", "could not be read"))),
    Row(3, proofs=(f"{PLAN}::test_the_plan_is_the_one_on_file",
                   f"{PLAN}::test_the_same_facts_are_the_same_bytes_and_one_letter_is_another_hash",
                   f"{PLAN}::test_what_is_shown_as_after_is_what_the_request_writes")),
    Row(4, (Spoiled(planned(write(fields=("Value", "Enabled"))), "diff_allow_list",
                    "would also change Enabled"),)),
    Row(5, proofs=(f"{APPROVE}::test_an_approval_is_not_good_for_other_bytes",
                   f"{APPROVE}::test_a_refusal_says_why_and_is_told_once")),
    Row(6, proofs=(f"{RUN}::test_what_somebody_else_wrote_meanwhile_is_not_overwritten",
                   f"{RUN}::test_the_same_value_at_another_version_is_somebody_elses_too",
                   f"{RUN}::test_a_write_in_the_gap_before_ours_is_told")),
    Row(7, (Spoiled(planned(write(1), write(2, target="b"),
                            limits=Limits(in_window=2, percent=100)),
                    "targets_per_plan", "2 things; 1 is the most"),
            Spoiled(planned(around=other(), limits=Limits(in_window=2)), "share_of_inventory",
                    "25 % are allowed"),
            Spoiled(planned(around=other(), limits=Limits(percent=100)), "targets_in_window",
                    "2 things within 10 min; 1 is the most"),
            Spoiled(to_primary(looked=True, writes=(
                        write(parts=True, before={"us-west-2": 100}, after={"us-east-1": 100}),)),
                    "points_per_stage", "takes 100 % of the traffic")),
        (f"{FACTS}::test_two_runs_within_the_window_are_one_sum",
         f"{GUARD}::test_nothing_passes_caps_floor_emptiness_or_the_kill_switch")),
    Row(8, (Spoiled(to_backup(readiness_state="unknown"), "destination_ready", "not proven ready"),
            Spoiled(planned(healthy={"us-west-2": NOW - 6 * MINUTE}), "leaves_a_healthy_origin",
                    "last seen well 6 min ago"),
            Spoiled(to_backup(healthy={"us-west-2": None}), "leaves_a_healthy_origin",
                    "not proven healthy"),
            Spoiled(to_backup(), "state_is_known", "No probe looks at", warns=True))),
    Row(9, (Spoiled(planned(write(requests=0)), "never_empty", "nothing to write"),
            Spoiled(planned(write(after={"us-west-2": 0})), "never_empty", "not all of the"),
            Spoiled(to_backup(live_origin="us-west-2"), "changes_something", "serves already"))),
    Row(10, proofs=("tests/stories/test_second_person.py"
                    "::test_nobody_approves_their_own_plan_by_any_account",
                    f"{APPROVE}::test_a_refusal_says_why_and_is_told_once",
                    f"{APPROVE}::test_one_human_is_not_two_by_another_account_or_by_sudo",
                    f"{APPROVE}::test_two_humans_approve_what_asks_for_two")),
    Row(11, proofs=(f"{APPROVE}::test_who_approves_a_high_risk_types_the_targets_name",)),
    Row(12, proofs=(f"{STEPS}::test_a_proof_that_is_none_asks_and_an_approver_decides",
                    f"{SHIPPED}::test_there_and_back")),
    Row(13, proofs=("tests/unit/test_runbook_readiness.py::test_a_proof_has_three_values",
                    f"{RUN}::test_users_who_are_not_served_make_it_a_failure_and_nothing_is_undone",
                    f"{RUN}::test_an_error_page_with_status_200_is_no_proof")),
    Row(14, proofs=(f"{PLAN}::test_the_undo_is_in_the_plan_before_anything_is_written",
                    f"{GUARD}::test_nothing_passes_without_every_proof")),
    Row(15, (Spoiled(to_backup(same_before=NOW - 14 * MINUTE), "not_going_round", "14 min ago"),
             Spoiled(to_primary(opposite_before=NOW - 29 * MINUTE), "not_back_so_soon",
                     "may be after 30 min")),
        (f"{FACTS}::test_the_way_back_and_the_same_way_rest_by_what_was_written",)),
    Row(16, (Spoiled(to_backup(running="P-1"), "one_at_a_time", "P-1 is running"),),
        (f"{APPROVE}::test_a_lock_belongs_to_one_plan_and_its_fence_only_grows",)),
    Row(17, (Spoiled(planned(expires_at=NOW), "in_time", "expired"),
             Spoiled(planned(over="INC-1 is resolved."), "in_time", "resolved")),
        (f"{APPROVE}::test_a_plan_whose_time_is_over_cannot_be_approved",
         f"{APPROVE}::test_a_plan_of_an_incident_that_is_over_is_refused_and_closed")),
    Row(18, (Spoiled(planned(around=around(by_person=2)), "rate_of_person", "2 is the most"),
             Spoiled(planned(around=around(by_runbook=3)), "rate_of_runbook", "3 is the most"),
             Spoiled(planned(around=around(writes=6)), "rate_of_writes", "6 is the most"),
             Spoiled(planned(around=around(running=("P-9",))), "few_at_once", "1 at a time")),
        (f"{FACTS}::test_runs_of_the_hour_are_counted_by_person_and_by_runbook",
         f"{FACTS}::test_the_next_write_waits_while_there_were_too_many")),
    Row(19, (Spoiled(planned(around=around(stopped="All is stopped.")), "not_stopped", "stopped"),),
        (f"{APPROVE}::test_one_stops_and_two_humans_re_arm",
         f"{APPROVE}::test_a_file_stops_too_and_so_does_one_that_cannot_be_looked_at",
         f"{APPROVE}::test_each_open_incident_hears_of_the_kill_switch")),
    Row(20, proofs=(f"{ROLES}::test_planning_makes_no_call_but_reads",
                    f"{ROLES}::test_a_write_through_a_reader_is_impossible")),
    Row(21, proofs=(f"{APPROVE}::test_break_glass_goes_ahead_alone_and_all_hear_of_it",
                    f"{APPROVE}::test_break_glass_is_refused_to_others_and_past_what_must_hold",
                    f"{APPROVE}::test_break_glass_is_off_until_somebody_is_named",
                    f"{GUARD}::test_nothing_passes_caps_floor_emptiness_or_the_kill_switch")),
    Row(22, (Spoiled(planned(around=around(freeze="sale", freeze_blocks=True)), "no_freeze",
                     "Nothing is changed in the freeze sale"),
             Spoiled(planned(around=around(freeze="sale")), "no_freeze", "one more", warns=True)),
        (f"{FACTS}::test_freezes_are_read_and_one_that_blocks_goes_first",)),
    Row(23, proofs=("tests/unit/test_aws_policy.py"
                    "::test_whatever_rights_there_are_the_policy_is_valid_stable_and_whole",)),
    Row(24, proofs=("tests/unit/test_aws_policy.py"
                    "::test_reader_and_writer_are_apart_and_neither_deletes",
                    f"{ROLES}::test_each_plan_writes_under_a_name_and_tag_of_its_own_for_a_quarter"
                    "_of_an_hour",
                    f"{ROLES}::test_where_there_is_a_writers_role_nothing_writes_without_a_plan")),
    Row(25, proofs=(f"{AUDIT}::test_one_byte_in_any_column_of_any_row_names_the_row",
                    f"{AUDIT}::test_what_is_taken_away_swapped_cut_off_or_rewritten")),
    Row(26, proofs=("tests/unit/test_guardrails.py::test_a_guard_that_breaks_refuses",)),
    Row(27, proofs=("tests/stories/test_without_slack.py"
                    "::test_a_plan_is_made_by_one_and_approved_by_another_who_types_its_hash",)),
    Row(28, (Spoiled(planned(write(region="us-east-1")), "survives_the_outage",
                     "the region that fails", warns=True),)),
    Row(29, (Spoiled(to_backup(source_state="up"), "fits_the_moment", "is not proven down"),
             Spoiled(to_primary(to_since=NOW - MINUTE), "fits_the_moment", "10 min are needed"))),
    Row(30, (Spoiled(planned(around=around(drilled_at=None)), "drilled", "never practised",
                     warns=True),
             Spoiled(planned(around=around(drilled_at=NOW - timedelta(days=91))), "drilled",
                     "91 days ago", warns=True)),
        (f"{FACTS}::test_a_drill_counts_as_one_when_it_came_to_a_good_end",)),
)  # fmt: skip
SPOILED = [(row.number, one) for row in TABLE for one in row.spoiled]
PROOFS = [(row.number, proof) for row in TABLE for proof in row.proofs]


def test_there_are_thirty_and_the_table_has_each() -> None:
    assert [one.number for one in GUARDRAILS] == list(range(1, 31))
    assert [row.number for row in TABLE] == list(range(1, 31))
    assert len({one.name for one in GUARDRAILS}) == 30


def test_every_guard_serves_one_guardrail_and_is_spoiled_in_its_row() -> None:
    named = [name for one in GUARDRAILS for name in one.guards]
    assert sorted(named) == sorted(guard.GUARDS)
    for one, row in zip(GUARDRAILS, TABLE, strict=True):
        assert {spoiled.guard for spoiled in row.spoiled} == set(one.guards), one.number


@pytest.mark.parametrize(("number", "one"), SPOILED)
def test_a_spoiled_moment_is_refused_or_pointed_out(number: int, one: Spoiled) -> None:
    found = {said.name: said for said in evaluate(one.facts)}
    assert found[one.guard].verdict == ("warn" if one.warns else "refuse")
    assert one.words in found[one.guard].words
    assert (refusal(found.values()) is None) == one.warns


def test_every_row_has_its_proof() -> None:
    assert [row.number for row in TABLE if not row.spoiled and not row.proofs] == []


@pytest.mark.parametrize(("number", "proof"), PROOFS)
def test_the_tests_that_prove_the_others_are_there(number: int, proof: str) -> None:
    file, _, name = proof.partition("::")
    assert name in names_in(file), proof


@cache
def names_in(file: str) -> list[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    defined = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [node.name for node in defined if node.name.startswith("test_")]


class Broken:
    """Stands where a value should be and can be used for nothing."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("broken")

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __iter__ = __len__ = __sub__ = __add__ = (
        lambda *_: Broken.__getattr__(*_)
    )


@pytest.mark.parametrize("broken", ["limits", "around", "now", "writes", "healthy"])
def test_a_guard_that_breaks_refuses(broken: str) -> None:
    good = planned(same_before=NOW - 60 * MINUTE)
    facts = replace(good, **{broken: Broken()})  # type: ignore[arg-type]
    said = evaluate(facts)
    fell = [one for one in said if "broke" in one.words]
    assert fell and all(one.verdict == "refuse" for one in fell)
    assert refusal(said) is not None and refusal(said, broken_glass=True) is not None


def test_a_guard_that_says_nothing_known_refuses() -> None:
    def mumbles(facts: Facts) -> Any:
        return "fine", "It may"

    rule = guard.Rule(mumbles, guard.EVERY, "")
    assert guard.ask(rule, planned()) == Guarded("mumbles", "refuse", "It may")


def test_the_documentation_has_the_tables_as_they_are() -> None:
    page = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
    assert page == up_to_date(page), f"write it anew: python -m {__name__}"


def up_to_date(page: str) -> str:
    table = re.compile(r"(<!-- guards -->\n).*?(<!-- /guards -->)", re.DOTALL)
    return table.sub(lambda part: f"{part[1]}{guardrails.markdown()}\n{part[2]}", page)


if __name__ == "__main__":
    PAGE = ROOT / "docs" / "runbooks.md"
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
