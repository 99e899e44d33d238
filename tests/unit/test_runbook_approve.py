"""An approval is of these bytes, by other people who may, in time, once; a refusal is told."""

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import actions, lifecycle, reshape
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, glass, guard, humans, lock, stopping
from incidentbot.runbooks.approve import Click
from incidentbot.runbooks.guard import Facts
from incidentbot.settings import PersonSettings, Settings
from incidentbot.settings.policy import BreakGlassSettings, GuardPolicy
from incidentbot.settings.slack import SlackSettings
from incidentbot.store import Store, migrate
from incidentbot.store.models import Approval, Plan, Profile
from tests.unit.runbook_cases import MINUTE, NOW, around, planned

MAYA, JONAS = Person("U1", "Maya", approver=True), Person("U2", "Jonas", approver=True)
GUEST, LENA = Person("U3", "Kim"), Person("U4", "Lena", approver=True)
SECOND = Person("U11", "Maya's other account", approver=True)
BODY: dict[str, Any] = {
    "runbook": {"title": "Serve Shop images from us-west-2"},
    "asset": "shop-images",
}
HASH = ids.digest(BODY)
SETTINGS = Settings(
    name="Shop",
    slack=SlackSettings(announce="#incidents", oncall=("maya",), approvers=("maya", "jonas")),
    source=Path("incidentbot.yaml"),
    people=(
        PersonSettings(name="Maya", slack="maya", email="maya@acme.com", also=("U12",)),
        PersonSettings(name="Jonas", slack="jonas"),
    ),
    policy=GuardPolicy(break_glass=BreakGlassSettings(people=("jonas",))),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the plan P-1, which Maya asked for; each test has a copy."""
    file = tmp_path_factory.mktemp("approve") / "made.db"
    store = Store(f"sqlite:///{file}")
    migrate.upgrade(store)
    store.run(_plan)
    store.close()
    return file


@pytest.fixture
def plan(made: Path, tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{shutil.copy(made, tmp_path / 'copy.db')}")
    store.run(_from_now)
    yield store
    store.close()


@pytest.fixture
def each(store: Store) -> Store:
    """The same in each kind of database."""
    store.run(_plan)
    return store


def _from_now(session: Session) -> None:
    session.get_one(Plan, "P-1").expires_at = clock.now() + timedelta(minutes=10)


def _plan(session: Session) -> None:
    now = clock.now()
    for key in ("k", "other"):
        lifecycle.open_incident(
            session,
            key=key,
            title="t",
            severity=2,
            opened_by="U1",
            started_at=now,
            detected_at=now,
            text="t",
        )
    for person, handle, mail, kind in (
        ("U1", "maya", "maya@acme.com", "member"),
        ("U2", "jonas", "jonas@acme.com", "member"),
        ("U11", "maya2", "Maya+test@acme.com", "guest"),
        ("U99", "helper", "", "bot"),
        ("U77", "maya", "maya@elsewhere.com", "stranger"),
    ):
        session.add(
            Profile(person=person, handle=handle, name=handle, email=mail, kind=kind, seen_at=now)
        )
    session.add(
        Plan(
            id="P-1",
            incident_id="INC-1",
            runbook="serve-from-backup",
            target="ssm:x",
            body=ids.canonical(BODY).decode(),
            hash=HASH,
            state="planned",
            created_by=MAYA.id,
            created_at=now,
            expires_at=now + timedelta(minutes=10),
        )
    )


def change(store: Store, **values: Any) -> None:
    def write(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(Plan, "P-1"), name, value)

    store.run(write)


def asks(store: Store, **body: Any) -> str:
    """The plan's body says this too; its hash."""
    whole = BODY | body
    change(store, body=ids.canonical(whole).decode(), hash=ids.digest(whole))
    return ids.digest(whole)


def click(store: Store, person: Person, plan_hash: str = HASH, **more: str) -> tuple[bool, str]:
    def go(session: Session) -> tuple[bool, str]:
        return approve.approve(
            session, "P-1", plan_hash, person, clock.now(), settings=SETTINGS, **more
        )

    return store.run(go)


def told(store: Store, event: str) -> list[str]:
    entries = store.run(timeline.read, "INC-1")
    return [entry.text for entry in entries if entry.data.get("event") == event]


def state(store: Store) -> str:
    return store.run(lambda session: session.get_one(Plan, "P-1").state)


def broken(store: Store) -> str | None:
    return store.run(lambda s: approve.broken_seal(s, s.get_one(Plan, "P-1")))


def given(store: Store) -> list[tuple[str, str, bool]]:
    rows = select(Approval).order_by(Approval.at)
    return store.run(lambda s: [(a.person, a.kind, a.typed) for a in s.scalars(rows)])


def test_a_second_person_approves_once(plan: Store) -> None:
    assert click(plan, JONAS) == (True, "")
    assert click(plan, JONAS) == (True, "Plan P-1 was already approved by you; it runs once.")
    assert click(plan, MAYA) == (True, "Plan P-1 was already approved by Jonas; it runs once.")
    assert told(plan, "approved") == [f"Jonas approved the plan P-1 ({HASH[:8]})."]
    assert broken(plan) is None


REFUSED = {"name": "no_freeze", "verdict": "refuse", "words": "Nothing in the freeze."}


@pytest.mark.parametrize(
    ("person", "plan_hash", "changes", "words"),
    [
        (MAYA, HASH, {}, "Somebody else must approve"),
        (SECOND, HASH, {}, "you asked for this plan yourself, by another account"),
        (Person("U12", "M", approver=True), HASH, {}, "by another account"),
        (Person("U99", "Helper", approver=True), HASH, {}, "a bot is none"),
        (Person("incidentbot", "incidentbot", approver=True), HASH, {}, "a bot is none"),
        (GUEST, HASH, {}, "Kim is not among the approvers"),
        (JONAS, "0" * 64, {}, "not the plan that was shown"),
        (JONAS, HASH, {"body": ids.canonical(BODY | {"asset": "x"}).decode()}, "not the plan"),
        (JONAS, HASH, {"body": "{ not json"}, "not the plan"),
        (JONAS, HASH, {"state": "cancelled"}, "is cancelled"),
        (JONAS, HASH, {"state": "expired"}, "is expired"),
        (JONAS, HASH, {"state": "done"}, "is done"),
    ],
)
def test_a_refusal_says_why_and_is_told_once(
    plan: Store, person: Person, plan_hash: str, changes: dict[str, Any], words: str
) -> None:
    change(plan, **changes)
    for _ in range(3):  # a redelivered click is no news
        fine, said = click(plan, person, plan_hash)
        assert not fine and words in said
    (only,) = told(plan, "refused")
    assert words in only
    assert told(plan, "approved") == [] and given(plan) == []


def test_a_plan_whose_time_is_over_cannot_be_approved(plan: Store) -> None:
    change(plan, expires_at=clock.now())
    fine, said = click(plan, JONAS)
    assert not fine and "expired at" in said


def test_an_approval_is_not_good_for_other_bytes(plan: Store) -> None:
    click(plan, JONAS)
    assert not click(plan, JONAS, "0" * 64)[0]
    asks(plan, asset="x")
    why = broken(plan)
    assert why is not None and "not the one that was approved" in why


def test_two_humans_approve_what_asks_for_two(each: Store) -> None:
    plan_hash = asks(each, approvals=2)
    fine, said = click(each, JONAS, plan_hash)
    assert fine and said == "You approved plan P-1; one more person must before it runs."
    assert state(each) == "planned" and told(each, "approved") == []
    assert broken(each) == "1 of 2 people approved this plan; nothing was changed."
    fine, said = click(each, JONAS, plan_hash)
    assert fine and said == "You approved plan P-1 already; 1 more must."
    assert len(given(each)) == 1
    assert not click(each, SECOND, plan_hash)[0]  # Maya, who asked
    assert click(each, LENA, plan_hash) == (True, "")
    assert state(each) == "approved" and broken(each) is None
    assert told(each, "approval") == [f"Jonas approved the plan P-1 ({plan_hash[:8]}): 1 of 2."]


def test_one_human_is_not_two_by_another_account_or_by_sudo(plan: Store) -> None:
    change(plan, created_by=LENA.id)
    plan_hash = asks(plan, approvals=2)
    assert click(plan, MAYA, plan_hash)[0]
    for other, behind in ((SECOND, ""), (JONAS, MAYA.id)):
        fine, said = click(plan, other, plan_hash, behind=behind)
        assert not fine and "you did already, by another account" in said
    # Maya asked for it while she was Lena, by sudo.
    plan_hash = asks(plan, created_behind=MAYA.id)
    fine, said = click(plan, MAYA, plan_hash)
    assert not fine and "you asked for this plan yourself" in said


def test_who_used_sudo_has_approved_too(plan: Store) -> None:
    change(plan, created_by=LENA.id)
    plan_hash = asks(plan, approvals=2)
    assert click(plan, JONAS, plan_hash, behind=MAYA.id)[0]
    fine, said = click(plan, MAYA, plan_hash)
    assert not fine and "you did already" in said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the name of the target to approve this plan: shop-images"),
        ("shop-image", "The target's name is shop-images, and you typed 'shop-image'"),
        ("Shop-images", "you typed 'Shop-images'"),
        ("shop images", "you typed"),
        ("shop-images2", "you typed"),
    ],
)
def test_who_approves_a_high_risk_types_the_targets_name(
    plan: Store, typed: str, words: str
) -> None:
    plan_hash = asks(plan, confirm="shop-images")
    fine, said = click(plan, JONAS, plan_hash, typed=typed)
    assert not fine and words in said and given(plan) == []
    assert click(plan, JONAS, plan_hash, typed=" shop-images ") == (True, "")
    assert given(plan) == [("U2", "person", True)]


@pytest.mark.parametrize("how", ["merged", "resolved"])
def test_a_plan_of_an_incident_that_is_over_is_refused_and_closed(plan: Store, how: str) -> None:
    if how == "merged":
        plan.run(reshape.merge, "INC-1", "INC-2", MAYA)
    else:
        plan.run(lifecycle.resolve, "INC-1", actor=MAYA)
    fine, said = click(plan, JONAS)
    assert not fine and (f"INC-1 was {how}" in said or f"INC-1 is {how}" in said)
    assert state(plan) == "cancelled" and given(plan) == []


def test_plans_that_wait_in_an_incident_that_is_over_are_closed(each: Store) -> None:
    each.run(approve.close_those_over, clock.now())
    assert state(each) == "planned"
    each.run(reshape.merge, "INC-1", "INC-2", MAYA)
    each.run(approve.close_those_over, clock.now())
    assert state(each) == "cancelled"
    (text,) = told(each, "cancelled")
    assert "INC-1 was merged into INC-2" in text


def test_a_plan_that_a_guard_refused_runs_only_by_break_glass(plan: Store) -> None:
    plan_hash = asks(plan, guards=[REFUSED])
    fine, said = click(plan, JONAS, plan_hash)
    assert not fine and said == "Only break-glass lets this plan run: Nothing in the freeze."


def test_the_policy_lets_a_plan_run_and_is_named(plan: Store) -> None:
    assert plan.run(approve.by_policy, "P-1", "0" * 64, "r", clock.now()) is not None
    plan_hash = asks(plan, approvals=2)
    assert plan.run(approve.by_policy, "P-1", plan_hash, "no veto in 2 min", clock.now()) is None
    assert given(plan) == [("incidentbot", "policy", False)]
    assert state(plan) == "approved" and broken(plan) is None
    assert plan.run(approve.by_policy, "P-1", plan_hash, "again", clock.now()) is not None


def test_a_cancelled_plan_stays_cancelled(plan: Store) -> None:
    assert plan.run(approve.cancel, "P-1", GUEST, clock.now()) == ""
    assert "nothing to cancel" in plan.run(approve.cancel, "P-1", MAYA, clock.now())
    assert not click(plan, JONAS)[0]


# --- break-glass -----------------------------------------------------------------------------

WHY = "Nobody else answers and users see nothing"
RESTING = planned(
    same_before=NOW - MINUTE, around=around(freeze="friday until 9", freeze_blocks=True)
)


def smash(
    store: Store, person: Person, plan_hash: str = HASH, why: str = WHY, facts: Facts = RESTING
) -> tuple[bool, str]:
    def go(session: Session) -> tuple[bool, str]:
        who = Click(person, plan_hash)
        return glass.break_glass(session, SETTINGS, "P-1", who, why, facts, clock.now())

    return store.run(go)


def test_break_glass_goes_ahead_alone_and_all_hear_of_it(plan: Store) -> None:
    plan_hash = asks(plan, approvals=2, guards=[REFUSED])
    assert smash(plan, JONAS, plan_hash) == (True, "")
    assert smash(plan, JONAS, plan_hash)[1] == "Plan P-1 runs by break-glass already; it runs once."
    (loud,) = told(plan, "break_glass")
    assert loud.startswith("BREAK-GLASS: Jonas lets the plan P-1") and WHY in loud
    assert "the approval of a second person; The same switch was made 1 min ago" in loud
    assert "Nothing is changed in the freeze friday until 9." in loud
    assert len(told(plan, "approved")) == 1
    assert state(plan) == "approved" and broken(plan) is None
    (item,) = plan.run(actions.listed, "INC-1")
    assert item.state == "open" and "Look at the break-glass of Jonas, plan P-1" in item.text
    assert plan.run(lambda s: approve.by_break_glass(s, s.get_one(Plan, "P-1")))


def test_who_approved_before_may_break_the_glass(each: Store) -> None:
    plan_hash = asks(each, approvals=2)
    click(each, JONAS, plan_hash)
    assert smash(each, JONAS, plan_hash) == (True, "")
    assert broken(each) is None and given(each) == [("U2", "break_glass", False)]


@pytest.mark.parametrize(
    ("person", "why", "facts", "words"),
    [
        (LENA, WHY, RESTING, "Lena may not break the glass"),
        (JONAS, "short", RESTING, "needs a reason"),
        (JONAS, " " * 40, RESTING, "needs a reason"),
        (JONAS, WHY, planned(around=around(stopped="Stopped.")), "Stopped."),
        (JONAS, WHY, planned(to_state="down"), "fails too"),
        (JONAS, WHY, planned(healthy={}), "not proven healthy"),
        (JONAS, WHY, planned(running="P-2"), "P-2 is running"),
        (JONAS, WHY, planned(around=around(written=frozenset("b"))), "would change"),
        (JONAS, WHY, planned(over="INC-1 is resolved."), "resolved"),
    ],
)
def test_break_glass_is_refused_to_others_and_past_what_must_hold(
    plan: Store, person: Person, why: str, facts: Facts, words: str
) -> None:
    fine, said = smash(plan, person, why=why, facts=facts)
    assert not fine and words in said
    assert state(plan) == "planned" and given(plan) == [] and told(plan, "break_glass") == []
    assert len(told(plan, "refused")) == 1


def test_break_glass_is_off_until_somebody_is_named(plan: Store) -> None:
    off = SETTINGS.model_copy(update={"policy": GuardPolicy()})
    assert not plan.run(glass.may, off, JONAS)
    assert plan.run(glass.may, SETTINGS, JONAS)


def test_break_glass_needs_the_bytes_that_were_shown_in_time(plan: Store) -> None:
    assert "not the plan" in smash(plan, JONAS, "0" * 64)[1]
    change(plan, expires_at=clock.now())
    assert "expired" in smash(plan, JONAS)[1]


def test_break_glass_skips_rest_and_calendar_and_nothing_else() -> None:
    assert {"not_going_round", "not_back_so_soon", "no_freeze"} == guard.SKIPPABLE


# --- the kill switch --------------------------------------------------------------------------


def stopped(store: Store, settings: Settings = SETTINGS) -> str | None:
    return store.run(lambda session: stopping.stopped(session, settings, hold=True))


def test_one_stops_and_two_humans_re_arm(each: Store) -> None:
    assert stopped(each) is None
    assert each.run(stopping.stop, GUEST, "the  backup is\nwrong")
    assert not each.run(stopping.stop, GUEST, "again")
    why = stopped(each)
    assert why is not None and why.endswith(": the backup is wrong.")
    with pytest.raises(Refused, match="not among the approvers"):
        each.run(stopping.ask_rearm, SETTINGS, GUEST)
    assert "one more person" in each.run(stopping.ask_rearm, SETTINGS, MAYA)
    for person, behind in ((MAYA, ""), (SECOND, ""), (JONAS, MAYA.id)):
        with pytest.raises(Refused, match="Somebody else must agree"):
            each.run(stopping.ask_rearm, SETTINGS, person, behind)
    assert stopped(each) is not None
    assert "may write again" in each.run(stopping.ask_rearm, SETTINGS, JONAS)
    assert stopped(each) is None
    with pytest.raises(Refused, match="Nothing is stopped"):
        each.run(stopping.ask_rearm, SETTINGS, MAYA)


def test_each_open_incident_hears_of_the_kill_switch(plan: Store) -> None:
    plan.run(lifecycle.resolve, "INC-2", actor=MAYA)
    plan.run(stopping.stop, JONAS, "looks wrong")
    plan.run(stopping.ask_rearm, SETTINGS, MAYA)
    plan.run(stopping.ask_rearm, SETTINGS, JONAS)
    plan.run(stopping.stop, JONAS, "once more")
    assert len(told(plan, "stopped")) == 2 and len(told(plan, "rearmed")) == 1
    assert len(told(plan, "rearm_asked")) == 1
    other = plan.run(timeline.read, "INC-2")
    assert not any(entry.data.get("event") == "stopped" for entry in other)


def test_who_stops_again_takes_back_the_wish_to_go_on(plan: Store) -> None:
    plan.run(stopping.stop, GUEST, "one")
    plan.run(stopping.ask_rearm, SETTINGS, MAYA)
    plan.run(stopping.stop, GUEST, "no, wait")
    assert "one more person" in plan.run(stopping.ask_rearm, SETTINGS, JONAS)
    assert stopped(plan) is not None


def test_a_stop_needs_a_reason(plan: Store) -> None:
    with pytest.raises(Refused, match="Say why"):
        plan.run(stopping.stop, JONAS, " \n ")
    assert stopped(plan) is None


def test_a_file_stops_too_and_so_does_one_that_cannot_be_looked_at(
    plan: Store, tmp_path: Path
) -> None:
    file = tmp_path / "STOP"
    by_file = SETTINGS.model_copy(update={"policy": GuardPolicy(stop_file=file)})
    assert stopped(plan, by_file) is None
    file.touch()
    assert stopped(plan, by_file) == f"All runbooks are stopped: the file {file} is there."
    below = SETTINGS.model_copy(update={"policy": GuardPolicy(stop_file=file / "x")})
    why = stopped(plan, below)
    assert why is not None and "cannot be looked at" in why
    # Two people re-arm the switch, and the file still says no.
    plan.run(stopping.stop, GUEST, "both")
    plan.run(stopping.ask_rearm, by_file, MAYA)
    assert "But: All runbooks are stopped" in plan.run(stopping.ask_rearm, by_file, JONAS)
    assert stopped(plan, by_file) is not None


def test_who_is_the_same_human(plan: Store) -> None:
    def same(one: str, other: str) -> bool:
        return plan.run(humans.overlap, SETTINGS, [one], [other])

    assert same("U1", "U1") and same("u1", "U1")
    assert same("U1", "U11")  # one mailbox
    assert same("U1", "U12") and same("U11", "U12")  # `also`, and both together
    assert not same("U1", "U77")  # a stranger of the same user name
    assert not same("U1", "U2") and not same("U2", "U4") and not same("", "")


def test_a_lock_belongs_to_one_plan_and_its_fence_only_grows(store: Store) -> None:
    now = clock.now()
    later = now + lock.LEASE + timedelta(seconds=1)
    assert store.run(lock.take, "ssm:x", "P-1", now) == 1
    assert store.run(lock.take, "ssm:x", "P-1", now) == 1
    assert store.run(lock.take, "ssm:x", "P-2", now) is None
    assert store.run(lock.holds, "ssm:x", "P-1", 1, now)
    assert not store.run(lock.holds, "ssm:x", "P-1", 1, later)
    assert store.run(lock.take, "ssm:x", "P-2", later) == 2
    assert not store.run(lock.holds, "ssm:x", "P-1", 1, later)
    store.run(lock.release, "ssm:x", "P-1", later)  # not its own any more
    assert store.run(lock.take, "ssm:x", "P-1", later) is None
    store.run(lock.release, "ssm:x", "P-2", later)
    assert store.run(lock.take, "ssm:x", "P-1", later) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_once_a_stop_has_returned_no_intent_is_written(store: Store) -> None:
    """A write whose transaction has looked goes first; the stop waits for its end."""
    order: list[str] = []

    def pull() -> None:
        store.run(stopping.stop, GUEST, "now")
        order.append("stopped")

    def waits(session: Session) -> bool:
        found = session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return bool(found)

    with Session(store.engine) as intent:
        assert stopping.stopped(intent, SETTINGS, hold=True) is None
        thread = threading.Thread(target=pull)
        thread.start()
        while thread.is_alive() and not store.run(waits):
            thread.join(0.01)
        order.append("intent")
        intent.commit()
    thread.join()
    assert order == ["intent", "stopped"]
    assert stopped(store) is not None
