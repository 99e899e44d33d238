"""What time alone changes: silence, windows, closing; and whatever happens in between."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.detection.windows import ends
from incidentbot.settings.watching import WindowSettings
from tests.stories.watching import FEED, S3, START, dependency
from tests.unit.lookout_cases import BLIND, FAILS, SILENT, WELL, Watch


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
