"""Guards: each alone stops a switch, says why, and refuses rather than breaks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.runbooks import guard
from incidentbot.runbooks.guard import Facts, Guarded, evaluate, refusal
from incidentbot.runbooks.policy import Limits
from tests.unit.runbook_cases import MINUTE, NOW, around, planned, to_backup, to_primary, write


def verdicts(facts: Facts) -> dict[str, str]:
    return {one.name: one.verdict for one in evaluate(facts)}


@pytest.mark.parametrize(
    "facts", [to_backup(), planned(), to_primary()], ids=["there", "there, planned", "back"]
)
def test_in_a_good_moment_every_guard_passes(facts: Facts) -> None:
    found = verdicts(facts)
    known = found.pop("state_is_known")  # no probe looks at the backup, and that is said
    assert known == ("warn" if facts.to_backup else "pass")
    assert set(found.values()) == {"pass"}
    assert refusal(evaluate(facts)) is None


SPOILED: list[tuple[Facts, str, str]] = [
    (planned(kind="write"), "fits_the_moment", "it is for when it is well"),
    (
        to_backup(live_value="eu-central-1", live_origin=None),
        "from_inventory",
        "'eu-central-1', which is neither origin",
    ),
    (
        planned(write(after={"us-west-2": 90, "somebody else: x": 10})),
        "from_inventory",
        "'somebody else: x' would serve",
    ),
    (
        planned(write(before={"somebody else: x": 100})),
        "from_inventory",
        "'somebody else: x' serves, which is neither origin: look first",
    ),
    (planned(write(before={"us-west-2": 100})), "changes_something", "us-west-2 serves already"),
    (
        to_backup(live_value="us-west-2", live_origin="us-west-2"),
        "changes_something",
        "us-west-2 serves already",
    ),
    (to_backup(source_state="up"), "fits_the_moment", "us-east-1 is not proven down (it is up)"),
    (to_backup(source_state="degraded"), "fits_the_moment", "it is degraded"),
    (to_backup(source_state="unknown"), "fits_the_moment", "it is unknown"),
    (to_primary(to_state="down"), "fits_the_moment", "not proven healthy (it is down)"),
    (to_primary(to_state="unknown"), "fits_the_moment", "it is unknown"),
    (to_primary(to_since=None), "fits_the_moment", "not proven healthy"),
    (
        to_primary(to_since=NOW - 9 * MINUTE),
        "fits_the_moment",
        "healthy for 9 min; 10 min are needed",
    ),
    (
        to_backup(readiness_state="not_ready", readiness_words="3 objects missing"),
        "destination_ready",
        "not proven ready: 3 objects missing",
    ),
    (to_backup(readiness_state="unknown"), "destination_ready", "not proven ready"),
    (to_backup(proven_at=None), "destination_ready", "not proven ready"),
    (to_backup(checked_at=None), "destination_ready", "not proven ready"),
    (
        to_backup(checked_at=NOW - 6 * MINUTE),
        "destination_ready",
        "was last looked at 6 min ago",
    ),
    (
        to_backup(proven_at=NOW - 8 * MINUTE),
        "destination_ready",
        "compared 6 min before; 5 min is the limit",
    ),
    (to_primary(proven_at=NOW - 6 * MINUTE), "destination_ready", "compared 6 min before"),
    (to_backup(to_state="down"), "leaves_a_healthy_origin", "nothing healthy would be left"),
    (
        to_backup(healthy={"us-west-2": None}),
        "leaves_a_healthy_origin",
        "0 of 1 origins that must serve afterwards are proven healthy within 5 min: us-west-2 is"
        " not proven healthy",
    ),
    (
        planned(healthy={"us-west-2": NOW - 6 * MINUTE}),
        "leaves_a_healthy_origin",
        "us-west-2 was last seen well 6 min ago",
    ),
    (
        planned(limits=Limits(origins=2)),
        "leaves_a_healthy_origin",
        "1 of 2 origins",
    ),
    (to_backup(running="P-1"), "one_at_a_time", "Plan P-1 is running on the same target"),
    (
        to_backup(same_before=NOW - 2 * MINUTE),
        "not_going_round",
        "same switch was made 2 min ago; the next one may be after 15 min",
    ),
    (
        to_primary(opposite_before=NOW - 29 * MINUTE),
        "not_back_so_soon",
        "us-west-2 was switched to 29 min ago; the way back may be after 30 min",
    ),
    (
        planned(write(fields=("Value", "Enabled"))),
        "diff_allow_list",
        "Step 1 would also change Enabled",
    ),
    (planned(tag="incidentbot=yes"), "opt_in", "could not be read"),
    (planned(tag="incidentbot=yes", tagged=False), "opt_in", "does not carry the tag"),
    (
        planned(write(1), write(2, target="b"), limits=Limits(in_window=2, percent=100)),
        "targets_per_plan",
        "writes to 2 things; 1 is the most",
    ),
    (
        planned(around=around(written=frozenset({"b"})), limits=Limits(in_window=2)),
        "share_of_inventory",
        "2 of 4 things would change within 10 min; 25 % are allowed (policy.caps.percent), 1 here",
    ),
    (
        planned(around=around(written=frozenset({"b"})), limits=Limits(percent=100)),
        "targets_in_window",
        "With b it would be 2 things within 10 min; 1 is the most",
    ),
    (
        to_backup(around=around(written=frozenset({"b"})), limits=Limits(percent=100)),
        "targets_in_window",
        "With b it would be 2 things",
    ),
    (
        to_primary(
            writes=(write(before={"us-west-2": 100}, after={"us-east-1": 100}, parts=True),),
            looked=True,
        ),
        "points_per_stage",
        "takes 100 % of the traffic from a place that is not proven down; 50 at a time",
    ),
    (planned(write(requests=0)), "never_empty", "nothing to write"),
    (planned(write(target="")), "never_empty", "nothing to write to"),
    (planned(write(after={"us-west-2": 99})), "never_empty", "not all of the traffic"),
    (to_backup(looked=True), "never_empty", "no write in it"),
    (planned(expires_at=NOW), "in_time", "expired at 17:40:00 UTC"),
    (planned(over="INC-1 is resolved."), "in_time", "INC-1 is resolved."),
    (planned(around=around(by_person=2)), "rate_of_person", "2 runs in the last hour"),
    (planned(around=around(by_runbook=3)), "rate_of_runbook", "3 runs in the last hour"),
    (planned(around=around(writes=6)), "rate_of_writes", "6 writes in the last minute"),
    (planned(around=around(running=("P-9",))), "few_at_once", "P-9 runs already; 1 at a time"),
    (planned(around=around(stopped="All is stopped.")), "not_stopped", "All is stopped."),
    (
        planned(around=around(freeze="black-friday until 9", freeze_blocks=True)),
        "no_freeze",
        "Nothing is changed in the freeze black-friday until 9",
    ),
    (
        planned(around=around(freeze="black-friday until 9"), approvals=1),
        "no_freeze",
        "made before the freeze",
    ),
]
WARNS_ONLY = {"survives_the_outage", "state_is_known", "drilled"}
# Two words for one fact: whoever is down, or not served, is not healthy either.
RELATED = {
    "destination_down": {"fits_the_moment", "leaves_a_healthy_origin"},
    "part is lost": {"never_empty", "from_inventory"},
}


@pytest.mark.parametrize(("facts", "name", "words"), SPOILED)
def test_each_guard_alone_refuses_and_says_why(facts: Facts, name: str, words: str) -> None:
    found = {one.name: one for one in evaluate(facts)}
    assert found[name].verdict == "refuse"
    assert words in found[name].words
    others = {other for other, one in found.items() if one.verdict == "refuse"} - {name}
    assert others <= (RELATED["destination_down"] if facts.to_state == "down" else set())
    assert refusal(evaluate(facts)) is not None


def test_every_guard_has_a_case_that_it_stops_or_points_out() -> None:
    assert {name for _, name, _ in SPOILED} | WARNS_ONLY == set(guard.GUARDS)


POINTED_OUT: list[tuple[Facts, str, str]] = [
    (to_backup(plane_region="us-east-1"), "survives_the_outage", "the region that fails"),
    (planned(write(region="us-east-1")), "survives_the_outage", "the region that fails"),
    (
        to_backup(healthy={"us-west-2": NOW - 6 * MINUTE}),
        "leaves_a_healthy_origin",
        "It has to be looked at again for a plan: 0 of 1",
    ),
    (to_backup(), "state_is_known", "No probe looks at us-west-2"),
    (to_backup(around=around(drilled_at=None)), "drilled", "never practised"),
    (
        to_backup(around=around(drilled_at=NOW - timedelta(days=91))),
        "drilled",
        "last practised 91 days ago",
    ),
    (
        planned(around=around(freeze="black-friday until 9"), approvals=2),
        "no_freeze",
        "one more person must approve",
    ),
]


@pytest.mark.parametrize(("facts", "name", "words"), POINTED_OUT)
def test_what_is_only_pointed_out(facts: Facts, name: str, words: str) -> None:
    found = {one.name: one for one in evaluate(facts)}
    assert found[name].verdict == "warn" and words in found[name].words
    assert refusal(evaluate(facts)) is None


def test_rest_is_over_some_time_and_never_keeps_anybody_at_a_dead_place() -> None:
    assert verdicts(to_backup(same_before=NOW - 15 * MINUTE))["not_going_round"] == "pass"
    assert verdicts(to_primary(opposite_before=NOW - 30 * MINUTE))["not_back_so_soon"] == "pass"
    dead = to_primary(opposite_before=NOW - MINUTE, source_state="down")
    assert verdicts(dead)["not_back_so_soon"] == "pass"


def test_traffic_leaves_a_dead_place_at_once_and_a_working_one_bit_by_bit() -> None:
    whole = write(parts=True)
    assert verdicts(planned(whole))["points_per_stage"] == "pass"
    back = [
        write(1, parts=True, before={"us-west-2": 100}, after={"us-west-2": 50, "us-east-1": 50}),
        write(2, parts=True, before={"us-west-2": 50, "us-east-1": 50}, after={"us-east-1": 100}),
    ]
    facts = to_primary(writes=tuple(back), looked=True)
    assert verdicts(facts)["points_per_stage"] == "pass"
    in_one = write(parts=False, before={"us-west-2": 100}, after={"us-east-1": 100})
    facts = to_primary(writes=(in_one,), looked=True)
    assert verdicts(facts)["points_per_stage"] == "pass"  # it cannot take less


def test_an_old_proof_is_good_for_an_offer_and_not_for_a_run() -> None:
    old_one = to_backup(healthy={"us-west-2": NOW - 6 * MINUTE})
    assert refusal(evaluate(old_one)) is None
    starting = replace(old_one, expires_at=NOW + MINUTE)  # a plan is there; nothing was read yet
    for facts in (starting, replace(starting, looked=True, writes=(write(),))):
        assert "last seen well 6 min ago" in (refusal(evaluate(facts)) or "")


def test_a_drill_runs_the_real_file_while_all_is_well() -> None:
    whole = write(parts=True)
    facts = planned(whole, drill=True, source_state="up", opposite_before=NOW - MINUTE)
    assert refusal(evaluate(facts)) is None
    for broken in (
        replace(facts, readiness_state="unknown"),
        replace(facts, healthy={}),
        replace(facts, around=around(stopped="All is stopped.")),
        replace(facts, same_before=NOW - MINUTE),
    ):
        assert refusal(evaluate(broken)) is not None


def test_a_small_site_may_always_change_one_thing() -> None:
    facts = planned(around=around(inventory=1), limits=Limits(percent=1))
    assert verdicts(facts)["share_of_inventory"] == "pass"


def test_the_same_thing_again_is_one_thing() -> None:
    facts = planned(around=around(written=frozenset({write().target})))
    assert refusal(evaluate(facts)) is None


@pytest.mark.parametrize("kind", ["write", "manual"])
def test_what_turns_no_switch_is_asked_what_concerns_it(kind: Any) -> None:
    nowhere = {"to": "", "source": "", "serving": "", "live_value": None, "live_origin": None}
    facts = planned(write(turns=False, before={}, after={}), kind=kind, **nowhere)
    assert refusal(evaluate(facts)) is None
    stopped = replace(facts, around=around(stopped="All is stopped."))
    # What people do by hand is not stopped: it is what is left when nothing is written.
    assert (refusal(evaluate(stopped)) is None) == (kind == "manual")
    assert refusal(evaluate(replace(facts, over="INC-1 is resolved."))) is not None


def test_an_unknown_kind_of_plan_is_refused() -> None:
    assert refusal(evaluate(replace(planned(), kind="")))  # type: ignore[arg-type]


def test_a_long_outage_does_not_make_the_comparison_before_it_old() -> None:
    facts = to_backup(source_since=NOW - 60 * MINUTE, proven_at=NOW - 61 * MINUTE)
    assert refusal(evaluate(facts)) is None


def test_a_guard_that_breaks_refuses() -> None:
    broken = replace(to_backup(), max_age=None)  # type: ignore[arg-type]
    found = {one.name: one for one in evaluate(broken)}
    assert found["destination_ready"] == Guarded(
        "destination_ready", "refuse", "The guard destination_ready broke (TypeError)."
    )


moments = st.none() | st.integers(-300, 300).map(lambda m: NOW + timedelta(minutes=m))
states = st.sampled_from(["up", "degraded", "down", "unknown", "", "UP"])
values = st.none() | st.sampled_from(["us-east-1", "us-west-2", "", "us-east-1 "])
places = st.sampled_from(["us-east-1", "us-west-2", "somebody else: x"])
shares = st.dictionaries(places, st.sampled_from([-10, 0, 1, 25, 50, 75, 99, 100]), max_size=3)
things = st.sampled_from(["a", "b", "c", ""])
fields = st.lists(st.sampled_from(["Value", "Enabled"]), max_size=2).map(tuple)
writes = st.builds(
    lambda **given: write(**given),
    number=st.integers(1, 3),
    target=things,
    requests=st.integers(0, 2),
    fields=fields,
    before=shares,
    after=shares,
    parts=st.booleans(),
    turns=st.booleans(),
)
rounds = st.builds(
    lambda **given: around(**given),
    written=st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2),
    running=st.sampled_from([(), ("P-9",)]),
    by_person=st.integers(0, 3),
    writes=st.integers(0, 7),
    freeze=st.sampled_from(["", "friday"]),
    freeze_blocks=st.booleans(),
    stopped=st.sampled_from([None, "stopped"]),
)
limits = st.builds(
    Limits,
    targets=st.integers(1, 2),
    percent=st.sampled_from([1, 25, 50, 100]),
    points=st.sampled_from([1, 50, 100]),
    in_window=st.integers(1, 3),
    origins=st.integers(1, 2),
)


@st.composite
def any_facts(draw: Any) -> Facts:
    base: Facts = draw(st.sampled_from([to_backup(), to_primary()]))
    if draw(st.integers(0, 3)):  # mostly near the good moment, so that some pass
        good: Facts = draw(st.sampled_from([planned(), planned(write(parts=True))]))
        return replace(
            good,
            around=draw(st.just(around()) | rounds),
            limits=draw(limits),
            same_before=draw(st.none() | moments),
            writes=draw(st.just(good.writes) | st.lists(writes, max_size=3).map(tuple)),
        )
    return replace(
        base,
        live_value=draw(values),
        live_origin=draw(st.sampled_from([None, "us-east-1", "us-west-2"])),
        source_state=draw(states),
        source_since=draw(moments),
        to_state=draw(states),
        to_since=draw(moments),
        readiness_state=draw(st.sampled_from(["ready", "not_ready", "unknown", "", "Ready"])),
        proven_at=draw(moments),
        checked_at=draw(moments),
        running=draw(st.sampled_from([None, "P-1"])),
        same_before=draw(moments),
        opposite_before=draw(moments),
        writes=tuple(draw(st.lists(writes, max_size=3))),
        healthy=draw(st.dictionaries(places, moments)),
        limits=draw(limits),
        around=draw(rounds),
        looked=draw(st.booleans()),
    )


def old(at: datetime | None, most: timedelta, now: datetime = NOW) -> bool:
    return at is None or now - at > most


@given(any_facts())
def test_nothing_passes_without_every_proof(facts: Facts) -> None:
    if refusal(evaluate(facts)) is not None:
        return
    assert facts.readiness_state == "ready"
    assert not old(facts.checked_at, facts.max_age)
    assert facts.proven_at is not None
    assert facts.to_state != "down"
    assert facts.running is None
    if facts.to_backup:
        assert facts.source_state == "down"
    else:
        assert facts.to_state == "up"
        assert facts.to_since is not None and NOW - facts.to_since >= facts.healthy_for
        assert not old(facts.proven_at, facts.max_age)


@given(any_facts(), st.booleans())
def test_nothing_passes_caps_floor_emptiness_or_the_kill_switch(facts: Facts, glass: bool) -> None:
    """Whatever the facts are, and with broken glass too. Said again here in other words than the
    guards use."""
    if refusal(evaluate(facts), broken_glass=glass) is not None:
        return
    limits, event = facts.limits, facts.around
    mine = {one.target for one in facts.writes}
    assert event.stopped is None
    assert event.running == () and event.writes < limits.writes
    assert len(mine) <= limits.targets
    every = (mine or {"shop-images"}) | event.written
    assert len(every) <= limits.in_window
    assert len(every) == 1 or len(every) * 100 <= limits.percent * event.inventory
    for one in facts.writes:
        assert one.target and one.requests > 0
        assert "Enabled" not in one.fields
        if not one.turns:
            continue
        serving = {name for name, share in one.after.items() if share}
        assert sum(one.after.values()) == 100 and serving <= {"us-east-1", "us-west-2"}
        well = [name for name in serving if not old(facts.healthy.get(name), limits.proven_within)]
        assert len(well) >= limits.origins
        for name, share in one.before.items():
            dead = name == facts.source and facts.source_state == "down"
            if one.parts and not dead:
                assert share - one.after.get(name, 0) <= limits.points
    assert glass or not event.freeze_blocks or not event.freeze
