"""One cause, one incident: followers, adoption and storms."""

from incidentbot.detection.picture import Affected, Alarm, Picture
from incidentbot.detection.turn import Turn
from tests.stories.watching import CANARY, S3, dependency
from tests.unit.lookout_cases import CDN, EDGE_CHECK, FAILS, WELL, Watch, cdn


def test_what_hangs_on_a_failing_dependency_is_listed_there_and_opens_nothing() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(WELL, 1)
    watch.looks(WELL, 1, EDGE_CHECK)
    watch.looks(FAILS, 3)
    watch.looks(FAILS, 3, EDGE_CHECK)
    watch.wait(20)
    assert watch.alarms == [S3]
    assert watch.made(Affected) == [Affected(S3)]
    assert watch.held(CDN) == "Amazon S3 in us-east-1 is failing, and this hangs on it"
    watch.looks(WELL, 3)
    watch.wait(4)  # it may follow in its own time
    watch.looks(WELL, 3, EDGE_CHECK)
    assert watch.alarms == [S3]
    assert watch.made(Affected) == [Affected(S3), Affected(S3, over=True)]


def test_what_still_fails_long_after_its_cause_is_well_has_another_cause() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(FAILS, 3)
    watch.looks(FAILS, 3, EDGE_CHECK)
    watch.looks(WELL, 3)
    watch.wait(10)
    assert watch.alarms == [S3]
    watch.wait(40)
    assert watch.alarms == [S3, CDN]


def test_the_likely_cause_is_looked_at_before_its_follower_alarms() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(WELL, 1)
    watch.looks(WELL, 1, EDGE_CHECK)
    watch.looks(FAILS, 3, EDGE_CHECK)
    assert watch.alarms == []
    assert "being looked at" in watch.held(CDN)
    watch.looks(WELL, 1)  # looked at since, and well: the follower has a cause of its own
    watch.wait(1)
    assert watch.alarms == [CDN]


def test_a_cause_that_never_is_looked_at_holds_nobody_for_long() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(WELL, 1)
    watch.looks(FAILS, 3, EDGE_CHECK)
    watch.wait(40)
    assert watch.alarms == [CDN]


def test_a_cause_seen_after_its_follower_takes_over_the_incident() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(FAILS, 3, EDGE_CHECK)
    assert watch.alarms == [CDN]  # the cause was never seen, so nothing spoke for it
    watch.looks(FAILS, 3)
    (_, taken) = watch.made(Alarm)
    assert taken.adopts == CDN
    watch.looks(WELL, 3, EDGE_CHECK)
    assert watch.made(Affected) == [Affected(S3, over=True)]


def test_a_follower_whose_incident_was_taken_over_alarms_when_its_cause_is_well() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(FAILS, 3, EDGE_CHECK)
    watch.looks(FAILS, 3)
    assert watch.held(CDN) == "Amazon S3 in us-east-1 is failing, and this hangs on it"
    watch.looks(WELL, 3)
    watch.wait(60)
    assert watch.alarms == [CDN, S3, CDN]


def test_a_turn_under_way_keeps_no_incident_that_was_taken_over() -> None:
    watch = Watch(dependency(), cdn())
    watch.looks(FAILS, 3, EDGE_CHECK)
    follower = watch.lookout.watched[CDN]
    before = follower.standing
    watch.looks(FAILS, 3)
    late = watch.lookout.tick(watch.now) or [
        Turn(before, before, Picture(follower.settings, watch.now, before.verdict, (), ()))
    ]
    watch.lookout.accept(late[0])
    watch.looks(WELL, 3)
    watch.wait(60)
    assert watch.alarms == [CDN, S3, CDN]


def test_a_storm_stays_one_when_its_first_is_well_again() -> None:
    many = [dependency(name=f"bucket-{n}", feeds=(), quorum=1) for n in range(60)]
    watch = Watch(*many)
    watch.looks(FAILS, 3, [(CANARY, one.name) for one in many])
    assert len(watch.alarms) == 20

    def later(well: int) -> None:
        for _ in range(15):
            watch.looks(WELL, 1, [(CANARY, one.name) for one in many[:well]], apart=0)
            watch.looks(FAILS, 1, [(CANARY, one.name) for one in many[well:]], apart=0)
            watch.wait(6)

    later(well=1)
    assert len(watch.alarms) == 20
    assert watch.held("bucket-59").startswith("more than 20 fail at once")
    later(well=20)
    assert len(watch.alarms) == 21  # those that fail on have another cause, and one incident
