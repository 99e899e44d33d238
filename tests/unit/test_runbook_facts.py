"""What the guards are told: counted from plans and attempts, read from the policy."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.runbooks import guard, rates
from incidentbot.runbooks.contract import Live
from incidentbot.runbooks.facts import gather
from incidentbot.runbooks.guard import Facts
from incidentbot.runbooks.steps import ManualStep, Target
from incidentbot.settings import Settings
from incidentbot.settings.policy import FreezeSettings, GuardPolicy, TagSettings
from incidentbot.settings.slack import SlackSettings
from incidentbot.store import Store, migrate
from incidentbot.store.models import Attempt, Incident, Plan, Readiness
from tests.unit.runbook_cases import MINUTE, NOW, asset, shipped, steps

SHOP = asset()
DOCS = SHOP.model_copy(update={"name": "docs"})
PRACTICE = SHOP.model_copy(update={"name": "practice", "drill": True})
TARGET = "ssm:us-west-2:/shop/asset-origin"


def settings(**policy: Any) -> Settings:
    return Settings(
        name="Shop",
        slack=SlackSettings(announce="#incidents", oncall=("maya",), approvers=("maya",)),
        source=Path("incidentbot.yaml"),
        assets=(SHOP, DOCS, PRACTICE),
        policy=GuardPolicy(**policy),
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('facts') / 'facts.db'}")
    migrate.upgrade(store)
    store.run(lambda session: _incident(session, "INC-1"))
    yield store
    store.close()


@pytest.fixture
def session(database: Store) -> Iterator[Session]:
    """What a test writes is gone after it."""
    with Session(database.engine) as session:
        yield session
        session.rollback()


def _incident(session: Session, number: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "id": number, "key": number, "title": "t", "status": "open", "severity": 2,
        "opened_by": "U1", "started_at": NOW, "detected_at": NOW,
    }  # fmt: skip
    session.add(Incident(**values | changes))


def add(
    session: Session,
    plan_id: str,
    *,
    state: str = "done",
    at: datetime = NOW - 5 * MINUTE,
    wrote: str = "verified",
    writes: int = 1,
    incident: str = "INC-1",
    person: str = "U1",
    **body: Any,
) -> None:
    """A plan of somebody else for another thing, that ran five minutes ago."""
    turned = [{"number": 1, "switch": "ssm_parameter", "goal": {"share": 100}}]
    usual = {"asset": "docs", "to": "us-west-2", "targets": [f"ssm:{plan_id}"], "steps": turned}
    whole: dict[str, Any] = usual | body
    session.add(
        Plan(
            id=plan_id, incident_id=incident, runbook="serve-from-backup", target=f"ssm:{plan_id}",
            body=ids.canonical(whole).decode(), hash=ids.digest(whole), state=state,
            created_by=person, created_at=at, expires_at=at + 10 * MINUTE,
            ended_at=at if state == "done" else None,
        )
    )  # fmt: skip
    session.flush()
    if wrote:
        session.add(
            Attempt(
                plan_id=plan_id, step="1", state=wrote, request_digest="", before_token="",
                fence=1, writes=writes, updated_at=at,
            )
        )  # fmt: skip
    session.flush()


def look(session: Session, with_policy: Settings | None = None, **more: Any) -> Facts:
    book = shipped().get("serve-from-backup")
    target = Target(SHOP, SHOP.ways[0])
    return gather(session, with_policy or settings(), book, target, NOW, **more)


def test_an_offer_knows_what_is_written_down(session: Session) -> None:
    session.add(
        Readiness(
            asset="shop-images", origin="us-west-2", state="ready", reason="all the same",
            proven_at=NOW - MINUTE, checked_at=NOW - MINUTE, detail={},
        )
    )  # fmt: skip
    facts = look(session)
    assert (facts.kind, facts.to, facts.source, facts.serving) == (
        "switch", "us-west-2", "us-east-1", "us-east-1",
    )  # fmt: skip
    assert facts.writes == () and facts.targets == {"shop-images"} and not facts.looked
    assert facts.healthy == {"us-west-2": NOW - MINUTE, "us-east-1": None}
    assert facts.around.inventory == 2  # what is there to practise on is none of it
    assert facts.limits.approvals == 1 and facts.expires_at is None and facts.over is None


def test_a_plan_knows_what_it_writes_and_who_serves(session: Session) -> None:
    live = Live("us-east-1", "1", {"Value": "us-east-1"})
    (step,) = steps(SHOP, live, "us-west-2", "us-east-1")
    ask = ManualStep(2, "Is it well?", (), {})
    facts = look(session, steps=(step, ask))
    (write,) = facts.writes
    assert (write.before, write.after) == ({"us-east-1": 100}, {"us-west-2": 100})
    assert write.turns and not write.parts and write.requests == 1 and facts.looked
    assert write.target == step.planned.target and facts.live_origin == "us-east-1"
    more = replace(step.planned.after, document={"Value": "us-west-2", "Type": "String"})
    facts = look(session, steps=(replace(step, planned=replace(step.planned, after=more)),))
    assert set(facts.writes[0].fields) == {"Value", "Type"}


def test_a_stranger_and_a_share_are_told_apart_from_an_origin(session: Session) -> None:
    (stranger,) = steps(SHOP, Live("eu-central-1", "1"), "us-west-2", "us-east-1")
    facts = look(session, steps=(stranger,))
    assert (facts.live_value, facts.live_origin) == ("eu-central-1", None)
    found = {one.name: one.verdict for one in guard.evaluate(facts)}
    assert found["from_inventory"] == "refuse"
    shared = Live("x", "1", shares={"us-east-1": 75, "us-west-2": 25})
    (part,) = steps(SHOP, shared, "us-west-2", "us-east-1")
    facts = look(session, steps=(part,))
    assert facts.live_origin is None
    assert facts.writes[0].before == {"us-east-1": 75, "us-west-2": 25}
    found = {one.name: one.verdict for one in guard.evaluate(facts)}
    assert (found["from_inventory"], found["changes_something"]) == ("pass", "pass")


def test_two_runs_within_the_window_are_one_sum(session: Session) -> None:
    add(session, "P-1")
    facts = look(session)
    assert facts.around.written == {"ssm:P-1"}
    found = {one.name: one for one in guard.evaluate(facts)}
    assert found["targets_in_window"].verdict == "refuse"
    assert "With ssm:P-1 it would be 2 things" in found["targets_in_window"].words


@pytest.mark.parametrize(
    "given",
    [
        {"at": NOW - 11 * MINUTE},
        {"wrote": "failed"},
        {"wrote": "intent"},
        {"wrote": "", "state": "cancelled"},
        {"asset": "practice"},
        {"to": "", "asset": ""},
    ],
    ids=["long ago", "refused", "never sent", "cancelled", "a drill", "no switch"],
)
def test_what_changed_nothing_lately_does_not_count(
    session: Session, given: dict[str, Any]
) -> None:
    add(session, "P-1", **given)
    assert look(session).around.written == frozenset()


def test_what_is_about_to_write_counts_and_runs(session: Session) -> None:
    add(session, "P-1", state="approved", wrote="")
    facts = look(session)
    assert facts.around.running == ("P-1",) and facts.around.written == {"ssm:P-1"}
    assert facts.running is None  # it is for something else
    add(session, "P-2", state="paused", wrote="", asset="shop-images", targets=[TARGET])
    facts = look(session)
    assert facts.running == "P-2" and facts.targets == {TARGET}
    mine = look(session, besides="P-2")
    assert mine.running is None and mine.around.running == ()  # P-1 has not started


def test_a_body_that_cannot_be_read_still_counts(session: Session) -> None:
    add(session, "P-1", state="running")
    session.get_one(Plan, "P-1").body = "{ not json"
    session.flush()
    assert rates.lately(session, NOW)[0].targets == {"ssm:P-1"}
    assert rates.lately(session, NOW)[0].turns


def test_runs_of_the_hour_are_counted_by_person_and_by_runbook(session: Session) -> None:
    add(session, "P-1", at=NOW - 59 * MINUTE)
    add(session, "P-2", at=NOW - 61 * MINUTE)
    add(session, "P-3", state="cancelled", wrote="")
    add(session, "P-4", person="U2")
    add(session, "P-5", to="", state="running")  # turns no switch
    facts = look(session, person="U1")
    assert (facts.around.by_person, facts.around.by_runbook) == (1, 3)
    assert look(session, person="U2").around.by_person == 1
    add(session, "P-6", asset="practice")  # a drill uses up nothing of the real thing
    assert look(session, person="U1").around.by_person == 1
    mine = look(session, besides="P-4")
    assert (mine.around.by_person, mine.around.by_runbook) == (0, 2)
    assert look(session).around.by_person == 0


def test_writes_of_the_last_minute_are_counted_as_often_as_they_were_sent(
    session: Session,
) -> None:
    add(session, "P-1", at=NOW - timedelta(seconds=59), writes=2)
    add(session, "P-2", at=NOW - timedelta(seconds=61), writes=3)
    assert rates.writes(session, NOW) == 2
    assert look(session).around.writes == 2


def test_the_next_write_waits_while_there_were_too_many(session: Session) -> None:
    add(session, "P-1", at=NOW, writes=5)
    with freeze_time(NOW):
        assert rates.too_many_writes(session, settings()) is None
        add(session, "P-2", at=NOW)
        why = rates.too_many_writes(session, settings())
    assert why == "6 writes in the last minute; 6 is the most (policy.rates.writes)."


def test_the_plan_that_asks_brings_its_time_its_people_and_its_incident(session: Session) -> None:
    _incident(session, "INC-9", status="resolved")
    session.flush()
    add(session, "P-1", state="approved", wrote="", approvals=2, incident="INC-9")
    facts = look(session, besides="P-1")
    assert facts.expires_at == NOW + 5 * MINUTE and facts.approvals == 2
    assert facts.over == "INC-9 is resolved; nothing is changed for it any more."
    assert "INC-9 is resolved" in {g.name: g for g in guard.evaluate(facts)}["in_time"].words


def test_freezes_are_read_and_one_that_blocks_goes_first(session: Session) -> None:
    def window(name: str, **more: Any) -> FreezeSettings:
        return FreezeSettings(
            name=name, starts=NOW - MINUTE, ends=NOW + MINUTE, **more
        )  # fmt: skip

    careful = window("careful", effect="extra_approver")
    facts = look(session, settings(freezes=(careful,)))
    assert facts.around.freeze.startswith("careful") and not facts.around.freeze_blocks
    assert facts.extra_approvers == 1
    facts = look(session, settings(freezes=(careful, window("sale", reason="No changes"))))
    assert facts.around.freeze.startswith("sale (No changes)") and facts.around.freeze_blocks
    other = window("else", dependencies=("cdn",))
    assert look(session, settings(freezes=(other,))).around.freeze == ""


def test_a_tag_is_wanted_where_the_policy_names_one(session: Session) -> None:
    wants = settings(tag=TagSettings(key="incidentbot", value="yes"))
    assert look(session).tag == "" and look(session, wants).tag == "incidentbot=yes"
    assert look(session, wants).tagged is None
    assert look(session, wants, tags={"incidentbot": "yes"}).tagged is True
    assert look(session, wants, tags={"incidentbot": "Yes"}).tagged is False
    assert look(session, wants, tags={}).tagged is False


def test_a_drill_counts_as_one_when_it_came_to_a_good_end(session: Session) -> None:
    assert look(session).around.drilled_at is None
    add(session, "P-1", at=NOW - 9 * MINUTE)  # the real thing
    add(session, "P-2", at=NOW - 8 * MINUTE, asset="practice", state="failed")
    assert look(session).around.drilled_at is None
    add(session, "P-3", at=NOW - 7 * MINUTE, asset="practice")
    assert look(session).around.drilled_at == NOW - 7 * MINUTE
    _incident(session, "INC-8", test=True)
    session.flush()
    add(session, "P-4", incident="INC-8")
    assert look(session).around.drilled_at == NOW - 5 * MINUTE


def test_the_way_back_and_the_same_way_rest_by_what_was_written(session: Session) -> None:
    add(session, "P-1", at=NOW - 20 * MINUTE, asset="shop-images", targets=[TARGET])
    facts = look(session)
    assert facts.same_before == NOW - 20 * MINUTE and facts.opposite_before is None
    back = shipped().get("serve-from-primary")
    there = gather(session, settings(), back, Target(SHOP, SHOP.ways[0]), NOW)
    assert there.opposite_before == NOW - 20 * MINUTE and there.same_before is None


def test_what_is_there_to_practise_on_is_a_drill(session: Session) -> None:
    add(session, "P-1")  # the real thing
    book = shipped().get("serve-from-backup")
    facts = gather(session, settings(), book, Target(PRACTICE, PRACTICE.ways[0]), NOW)
    assert facts.drill and facts.around.written == frozenset() and facts.around.inventory == 1
    assert not look(session).drill


def test_nothing_is_offered_while_everything_is_stopped(session: Session) -> None:
    file = Path(__file__)  # any file that is there
    facts = look(session, settings(stop_file=file))
    assert (
        guard.refusal(guard.evaluate(facts))
        == f"All runbooks are stopped: the file {file} is there."
    )
