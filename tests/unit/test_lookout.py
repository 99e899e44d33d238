"""What becomes an incident, what is held back and why, and what time alone changes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.detection.lookout import Lookout
from incidentbot.detection.picture import Affected, Alarm, Decision, Picture, Tell, Worse
from incidentbot.detection.turn import Turn
from incidentbot.detection.windows import ends
from incidentbot.settings.watching import SeverityRule, WindowSettings
from incidentbot.signals import Observation, Reason, Signal, State
from tests.stories.watching import CANARY, FEED, S3, SHOP, START, dependency, settings

CDN = "cdn"
EDGE = "edge-image"
FAILS: tuple[bool | None, Reason] = (False, "http_5xx")
SILENT: tuple[bool | None, Reason] = (False, "timeout")
WELL: tuple[bool | None, Reason] = (True, "ok")
BLIND: tuple[bool | None, Reason] = (None, "access_denied")


class Watch:
    """A lookout whose time is told by hand; every turn is accepted, anchors answer as told."""

    def __init__(self, *dependencies: Any, windows: Sequence[WindowSettings] = ()) -> None:
        config = settings(*dependencies).model_copy(update={"maintenance": tuple(windows)})
        self.lookout = Lookout(config)
        self.second = 0.0
        self.online = True
        self.asked = 0
        self.decisions: list[tuple[str, Decision]] = []

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    def take(self, turn: Turn | None) -> None:
        if turn is None:
            return
        if turn.asks:
            self.asked += 1
            turn = self.lookout.again(turn, self.online, "none of 4 places outside answers either")
        assert not turn.asks
        if turn.alarms:  # one after the other, as the watcher does
            turn = self.lookout.again(turn, turn.online)
        self.decisions += [(turn.name, decision) for decision in turn.decisions]
        self.lookout.accept(turn)

    def look(self, seen: tuple[bool | None, Reason], check: str = CANARY, of: str = S3) -> bool:
        ok, reason = seen
        verdict, turn = self.lookout.observed(
            Observation(check, of, self.now, ok, reason, "answered 503" if ok is False else "")
        )
        self.take(turn)
        return verdict.recheck

    def looks(
        self,
        seen: tuple[bool | None, Reason],
        times: int = 3,
        checks: Sequence[tuple[str, str]] = ((CANARY, S3), (SHOP, S3)),
        apart: float = 2,
    ) -> None:
        for _ in range(times):
            for check, of in checks:
                self.look(seen, check, of)
            self.second += apart

    def wait(
        self, seconds: float, step: float = 1, seen: tuple[bool | None, Reason] | None = None
    ) -> None:
        """Time goes by, with a tick at each step, and looks if they are said to see something."""
        for _ in range(round(seconds / step)):
            self.second += step
            if seen is not None:
                self.looks(seen, 1, apart=0)
            self.tick()

    def tick(self) -> None:
        for turn in self.lookout.tick(self.now):
            self.take(turn)

    def hear(self, state: State, title: str, vendor_id: str = "v1") -> None:
        service = "Amazon S3 (us-east-1)" if state not in ("operational", "unknown") else ""
        said = Signal(FEED, "aws", service, state=state, title=title, vendor_id=vendor_id)
        for watched in self.lookout.listeners(FEED):
            self.take(self.lookout.heard(watched, FEED, [said], self.now))

    def push(self, state: State, key: str = "a1", title: str = "S3 errors", of: str = S3) -> None:
        said = Signal("prod", "alertmanager", state=state, title=title, vendor_id=key)
        self.take(self.lookout.pushed(self.lookout.watched[of], "prod", [said], self.now))

    def made(self, kind: type[Any]) -> list[Any]:
        return [decision for _, decision in self.decisions if isinstance(decision, kind)]

    @property
    def alarms(self) -> list[str]:
        return [name for name, decision in self.decisions if isinstance(decision, Alarm)]

    def held(self, name: str = S3) -> str:
        return self.lookout.watched[name].standing.held

    def state(self, name: str = S3) -> str:
        return self.lookout.watched[name].standing.verdict.state


def cdn(**more: Any) -> Any:
    """A dependency that hangs on the bucket, with one check."""
    from_above = dependency().checks[1].model_copy(update={"name": EDGE})
    return dependency(
        name=CDN, title="The CDN", feeds=(), hangs_on=(S3,), quorum=1, checks=(from_above,), **more
    )


EDGE_CHECK = ((EDGE, CDN),)


def test_confirmed_failures_alarm_once() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.looks(FAILS, 2)
    assert watch.alarms == []
    watch.looks(FAILS, 10)
    assert watch.alarms == [S3]
    assert watch.asked == 0  # an answer of the vendor's, even an error, shows that we are online


def test_an_outage_that_our_own_line_would_explain_asks_the_anchors_first() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.looks(SILENT, 3)
    assert (watch.asked, watch.alarms) == (1, [S3])


def test_offline_we_say_that_we_cannot_see_and_open_nothing() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.online = False
    watch.looks(SILENT, 3)
    assert (watch.alarms, watch.state()) == ([], "unknown")
    assert watch.held().startswith("I cannot see: none of 4 places outside answers either")
    watch.wait(30)
    assert watch.alarms == []
    # The line is back, and so is the bucket: it was never down.
    watch.online = True
    watch.looks(WELL, 3)
    watch.wait(30)
    assert (watch.alarms, watch.state(), watch.held()) == ([], "up", "")


def test_back_online_an_outage_that_is_still_there_alarms() -> None:
    watch = Watch()
    watch.online = False
    watch.looks(SILENT, 3)
    watch.online = True
    watch.looks(SILENT, 3)
    assert watch.alarms == [S3]


def test_what_was_seen_while_blind_alarms_nobody_when_the_line_is_back() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.online = False
    watch.wait(30, step=5, seen=SILENT)
    watch.online = True
    watch.wait(8)  # the anchors answer, and no check was due yet
    watch.looks(SILENT, 1)
    assert (watch.alarms, watch.held()[:12]) == ([], "I cannot see")
    watch.looks(WELL, 3)
    assert (watch.alarms, watch.state(), watch.held()) == ([], "up", "")
    checks = watch.lookout.watched[S3].checks.values()
    assert [check.outages for check in checks] == [(), ()]  # nor did anything flap


def test_a_check_inside_our_own_network_needs_no_anchor() -> None:
    options = (
        dependency()
        .checks[1]
        .options.model_copy(update={"url": "http://10.0.0.7/a.svg", "allow_private": True})
    )
    check = dependency().checks[1].model_copy(update={"options": options})
    watch = Watch(dependency(checks=(check,), quorum=1))
    watch.online = False
    watch.looks(SILENT, 3, [(SHOP, S3)])
    assert (watch.asked, watch.alarms) == (0, [S3])


def test_a_planned_window_holds_an_outage_and_its_end_lets_it_through() -> None:
    window = WindowSettings(name="bucket-move", starts=START, ends=START + timedelta(seconds=60))
    watch = Watch(windows=[window])
    watch.looks(FAILS, 3)
    assert watch.alarms == []
    assert watch.held() == "planned: bucket-move until 2026-03-02 17:38 UTC"
    watch.wait(50, seen=FAILS)
    assert watch.alarms == []
    watch.wait(5, seen=FAILS)
    assert (watch.alarms, watch.held()) == ([S3], "")


def test_the_vendors_maintenance_is_said_or_holds_as_configured() -> None:
    for choice, alarms in (("open", [S3]), ("hold", [])):
        watch = Watch(dependency(vendor_maintenance=choice))
        watch.hear("maintenance", "Index rebuild")
        watch.looks(FAILS, 3)
        assert watch.alarms == alarms
        said = watch.made(Alarm)[0].because if alarms else watch.held()
        assert "maint" in said
        assert "Index rebuild" in said
    watch.hear("operational", "All good")
    watch.wait(2)
    assert watch.alarms == [S3]


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


def test_a_check_that_cannot_see_and_never_failed_hides_no_new_outage() -> None:
    watch = Watch(dependency(quorum=1))
    watch.looks(WELL, 1)
    watch.looks(BLIND, 4, [(SHOP, S3)])
    watch.looks(FAILS, 3, [(CANARY, S3)])
    watch.looks(WELL, 4, [(CANARY, S3)])
    assert watch.state() == "unknown"
    watch.looks(FAILS, 3, [(CANARY, S3)])
    assert watch.alarms == [S3, S3]  # joins the incident if that is still open


def test_a_check_that_failed_and_went_blind_may_still_be_the_same_outage() -> None:
    watch = Watch(dependency(quorum=1))
    watch.looks(FAILS, 3)
    watch.looks(BLIND, 4, [(SHOP, S3)])
    watch.looks(WELL, 4, [(CANARY, S3)])
    watch.looks(FAILS, 3, [(CANARY, S3)])
    assert watch.alarms == [S3]


def test_severity_is_that_of_the_worst_rule_that_fits() -> None:
    rules = (
        SeverityRule(when="users_affected", severity=1),
        SeverityRule(when="vendor_confirms", severity=2),
        SeverityRule(when="others_down", count=1, severity=2),
    )
    watch = Watch(dependency(severity=3, quorum=1, severity_rules=rules))
    watch.looks(FAILS, 3, [(CANARY, S3)])
    assert watch.made(Alarm) == [Alarm(3, "")]
    watch.hear("partial_outage", "Elevated errors")
    assert watch.made(Worse)[-1] == Worse(2, f"the vendor confirms it ({FEED})")
    watch.looks(FAILS, 3, [(SHOP, S3)])
    assert watch.made(Worse)[-1] == Worse(1, f"users are affected ({SHOP})")


def test_an_outage_that_lasts_becomes_worse_by_time_alone() -> None:
    rule = SeverityRule(when="lasts", longer_than=timedelta(minutes=1), severity=1)
    watch = Watch(dependency(severity_rules=(rule,)))
    watch.looks(FAILS, 3)
    watch.wait(45, seen=FAILS)
    assert watch.made(Worse) == []
    watch.wait(30, seen=FAILS)
    assert watch.made(Worse) == [Worse(1, "it has lasted longer than 1 min")]


def test_a_feed_alone_is_a_heads_up_once() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.hear("partial_outage", "Elevated errors")
    watch.hear("partial_outage", "Elevated errors, identified")
    (told,) = watch.made(Tell)
    assert told.kind == "heads_up"
    assert "aws-status reports partial outage for Amazon S3 in us-east-1" in told.text
    assert "our own probes say up" in told.text.lower()
    assert watch.alarms == []


def test_a_feed_alone_can_be_an_incident_or_nothing() -> None:
    watch = Watch(dependency(feed_alone="incident"))
    watch.looks(WELL, 1)
    watch.hear("major_outage", "S3 is down")
    assert watch.alarms == [S3]
    assert watch.made(Alarm)[0].because.startswith("the vendor reports S3 is down (major outage)")
    watch = Watch(dependency(feed_alone="ignore"))
    watch.hear("major_outage", "S3 is down")
    assert watch.decisions == []


def test_one_failing_check_and_the_vendors_word_are_evidence_enough_together() -> None:
    watch = Watch()
    watch.looks(WELL, 1)
    watch.looks(FAILS, 3, [(CANARY, S3)])
    assert watch.alarms == []  # one of two
    watch.hear("degraded", "Some slowness")
    assert watch.alarms == []
    watch.hear("major_outage", "S3 is down")
    assert watch.alarms == [S3]
    reason = watch.lookout.watched[S3].standing.verdict.reason
    assert reason.endswith(f"and {FEED} confirms it")


def test_users_are_not_called_affected_by_a_line_of_ours_that_is_down() -> None:
    watch = Watch()
    watch.looks(FAILS, 3)
    watch.looks(WELL, 3)
    watch.looks(FAILS, 3, [(CANARY, S3)])
    asked, watch.online = watch.asked, False
    watch.looks(SILENT, 3, [(SHOP, S3)])
    assert watch.asked == asked + 1


def test_a_new_outage_after_a_partial_recovery_is_a_new_one() -> None:
    watch = Watch()
    watch.looks(FAILS, 3)
    watch.looks(WELL, 3, [(CANARY, S3)])
    assert watch.state() == "degraded"
    watch.looks(FAILS, 3, [(CANARY, S3)])
    assert watch.alarms == [S3, S3]  # joins the incident if that is still open


def test_a_feed_that_joins_an_outage_is_no_heads_up() -> None:
    watch = Watch()
    watch.looks(FAILS, 3)
    watch.hear("major_outage", "S3 is down")
    assert watch.made(Tell) == []


def test_a_thousand_alerts_are_one_change() -> None:
    watch = Watch(dependency(quorum=1))
    watch.looks(WELL, 1)
    for number in range(1000):
        watch.push("major_outage", f"a{number}", f"S3 error {number}")
    assert watch.alarms == [S3]
    (view,) = [
        view
        for view in watch.lookout.pushed(  # the aggregated view of the hook
            watch.lookout.watched[S3], "prod", [Signal("prod", "x", vendor_id="z")], watch.now
        ).picture.checks  # type: ignore[union-attr]
        if view.kind == "alert"
    ]
    assert view.verdict.detail == "S3 error 0 and 999 more"
    for number in range(1000):
        watch.push("operational", f"a{number}")
    assert watch.state() == "up"
    assert len(watch.lookout.watched[S3].alerts["prod"]) == 1


def test_an_alert_that_nobody_repeats_for_a_day_says_nothing_any_more() -> None:
    watch = Watch(dependency(checks=(), quorum=None))
    watch.push("major_outage")
    assert (watch.alarms, watch.state()) == ([S3], "down")
    watch.wait(25 * 3600, step=600)
    assert watch.state() == "unknown"  # neither down nor, for lack of news, well


def test_a_check_without_looks_turns_unknown_and_nothing_closes() -> None:
    watch = Watch()
    watch.looks(WELL, 3)
    watch.wait(20)
    assert watch.state() == "up"
    watch.wait(30)
    assert watch.state() == "unknown"
    assert watch.lookout.closing(S3, watch.now + timedelta(days=1)) == ""


def test_after_a_sleep_of_our_own_nothing_is_blamed_for_the_gap() -> None:
    watch = Watch()
    watch.looks(WELL, 3)
    watch.tick()
    watch.second += 3600
    watch.tick()
    assert watch.state() == "up"
    watch.wait(50)
    assert watch.state() == "unknown"


def test_an_incident_may_close_after_it_was_well_for_the_grace_time() -> None:
    watch = Watch(dependency(close_after=timedelta(minutes=2)))
    watch.looks(FAILS, 3)
    assert watch.lookout.closing(S3, watch.now) == ""
    watch.looks(WELL, 3)
    watch.wait(100, seen=WELL)
    assert watch.lookout.closing(S3, watch.now) == ""
    watch.wait(20, seen=WELL)
    assert watch.lookout.closing(S3, watch.now + timedelta(minutes=5)) == ""  # not looked since
    said = watch.lookout.closing(S3, watch.now)
    assert said.startswith("It recovered by itself at 17:37:06 UTC and has been well for 2 min")
    never = Watch(dependency(close_itself=False))
    never.looks(FAILS, 3)
    never.wait(3600, step=60, seen=WELL)
    assert never.lookout.closing(S3, never.now) == ""


steps = st.lists(
    st.sampled_from(["fail", "well", "silent", "blind", "trouble", "green", "wait", "line"]),
    max_size=40,
)


@given(steps)
def test_whatever_happens_an_outage_has_one_alarm_and_offline_none(story: list[str]) -> None:
    watch = Watch()
    for step in story:
        before = len(watch.alarms)
        was = watch.lookout.watched[S3].standing
        match step:
            case "fail":
                watch.looks(FAILS, 1)
            case "well":
                watch.looks(WELL, 1)
            case "silent":
                watch.looks(SILENT, 1)
            case "blind":
                watch.looks(BLIND, 1)
            case "trouble":
                watch.hear("major_outage", "S3 is down")
            case "green":
                watch.hear("operational", "All good")
            case "wait":
                watch.wait(3)
            case "line":
                watch.online = not watch.online
        new = len(watch.alarms) - before
        assert new <= 1
        if new:
            assert not was.alarmed
            failing = watch.lookout.watched[S3].checks.values()
            reasons = {check.reason for check in failing if check.state == "down"}
            assert watch.online or reasons - {"timeout"}
            vendor = watch.lookout.watched[S3].feeds.get(FEED)
            needed = 1 if vendor is not None and vendor.state == "major_outage" else 2
            assert sum(check.state == "down" for check in failing) >= needed


@given(st.integers(0, 8), st.integers(0, 8))
def test_a_window_never_lets_an_alarm_through(fails: int, wells: int) -> None:
    window = WindowSettings(name="always", at="00:00", lasts=timedelta(hours=24))
    watch = Watch(windows=[window])
    watch.looks(FAILS, fails)
    watch.looks(WELL, wells)
    watch.looks(FAILS, 4)
    assert watch.alarms == []


def test_a_window_of_a_whole_day_lasts_its_24_hours_over_a_day_of_23() -> None:
    window = WindowSettings(
        name="move",
        at="23:30",
        lasts=timedelta(hours=24),
        days=("saturday",),
        timezone="Europe/Berlin",
    )
    end = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)  # Monday 00:30, in summer time
    assert ends(window, end - timedelta(seconds=1)) == end
    assert ends(window, end) is None


def test_windows_come_again_in_their_own_zone() -> None:
    window = WindowSettings(
        name="nightly",
        at="23:30",
        lasts=timedelta(hours=2),
        days=("sunday",),
        timezone="Europe/Berlin",
    )
    watch = Watch(windows=[window])
    watch.second = (datetime(2026, 3, 8, 22, 45, tzinfo=UTC) - START).total_seconds()
    watch.looks(FAILS, 3)
    assert watch.held() == "planned: nightly until 2026-03-09 00:30 UTC"
    watch.second = (datetime(2026, 3, 9, 0, 29, tzinfo=UTC) - START).total_seconds()
    watch.tick()
    assert watch.alarms == []
    watch.wait(70, seen=FAILS)
    assert watch.alarms == [S3]
