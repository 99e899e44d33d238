"""What becomes an incident, what is held back and why, and what time alone changes."""

from datetime import timedelta

from incidentbot.detection.picture import Alarm, Tell, Worse
from incidentbot.settings.watching import SeverityRule, WindowSettings
from incidentbot.signals import Signal
from tests.stories.watching import CANARY, FEED, S3, SHOP, START, dependency
from tests.unit.lookout_cases import BLIND, FAILS, SILENT, WELL, Watch


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
