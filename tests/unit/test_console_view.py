"""What the pages say, from rows made by hand: nothing stale reads as good, nothing is markup."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from incidentbot.console import build, render, rule
from incidentbot.console.facts import Alert, Change, Known, Stand, Word
from incidentbot.console.fresh import ago
from incidentbot.console.view import Glance, Page
from incidentbot.settings import ConfirmSettings, DependencySettings
from tests.unit.console_cases import (
    FEED,
    HOSTILE,
    LONG,
    NOW,
    S3,
    before,
    check,
    dependency,
    incident,
    known,
    look,
    notice,
    settings,
)

HEALTH: dict[str, object] = {"ok": True, "probe_lag_s": 0.012}


def glance(seen: Known, *dependencies: DependencySettings) -> Glance:
    made = settings(*(dependencies or (dependency(),)))
    return build.glance(made, seen, HEALTH, NOW)


def page(seen: Known, **more: Any) -> Page:
    made = dependency(**more)
    return build.page(settings(made), made, seen, NOW)


def html(view: Glance | Page) -> str:
    template = "glance.html.j2" if isinstance(view, Glance) else "dependency.html.j2"
    text = render.html(template, view=view, root="./", still=False, every=10, file="x.yaml")
    return text.replace("\u00a0", " ")


# --- what may be believed ---------------------------------------------------------------------


def test_what_is_well_is_up_since_then_and_was_proven_at_its_last_look() -> None:
    shown = page(known())
    assert (shown.dependency.state, shown.dependency.since) == ("up", before(hours=3))
    assert [(c.word, c.seen_at, c.well_at) for c in shown.checks] == [
        ("up", before(seconds=4), before(seconds=4))
    ] * 2


@pytest.mark.parametrize(("seconds", "word"), [(40, "up"), (45, "up"), (46, "not seen")])
def test_a_check_that_left_out_three_looks_is_not_seen(seconds: float, word: str) -> None:
    # Three intervals of 10 s, 10 s until a look is written down, 5 s that it may take.
    shown = page(known(look_=look(seen_at=before(seconds=seconds))))
    assert {c.word for c in shown.checks} == {word}
    assert shown.dependency.word == word


def test_a_slow_rhythm_may_be_older() -> None:
    shown = page(known(look_=look(seen_at=before(minutes=14))), every=timedelta(minutes=5))
    assert shown.dependency.word == "up"


def test_not_seen_has_a_reason_a_gap_and_no_green() -> None:
    shown = page(known(look_=look(seen_at=before(minutes=41))))
    line, (canary, _) = shown.dependency, shown.checks
    assert line.reason == "none of its checks has looked for 41 min; before that it was up"
    assert (line.state, line.since) == ("unknown", before(minutes=41))
    assert canary.reason == "it has not looked for 41 min; before that it was up"
    for strip in (line.strip, shown.week, canary.strip):
        assert (strip.bands[-1].state, strip.bands[-1].start) == ("unknown", before(minutes=41))
    assert canary.well_at == before(minutes=41)
    assert 'class="state up"' not in html(shown).partition("What vendors say")[0]


def test_one_dark_check_takes_up_away_but_not_down() -> None:
    dark = look(seen_at=before(minutes=5))
    seen = known(checks={(S3, "canary"): dark, (S3, "image"): look()})
    line = page(seen).dependency
    assert (line.word, line.reason) == (
        "not seen",
        "canary has not looked for 5 min; before that it was up",
    )
    down = known("down", checks={(S3, "canary"): dark, (S3, "image"): look("down", "timeout")})
    line = page(down).dependency
    assert (line.word, line.reason) == ("down", "2 of 2 checks are down; not seen: canary")


def test_a_dark_outage_is_neither_over_nor_going_on() -> None:
    line = page(known("down", look("down", "timeout", seen_at=before(hours=1)))).dependency
    assert (line.state, line.word) == ("unknown", "not seen")
    assert line.reason.endswith("before that it was down")


def test_an_outage_that_another_monitor_tells_stands_while_our_own_checks_are_dark() -> None:
    dark = known("down", look("down", "timeout", seen_at=before(hours=1)))
    line = page(replace(dark, alarmed=frozenset({S3}))).dependency
    assert (line.state, line.reason) == ("down", "2 of 2 checks are down; not seen: canary, image")
    well = replace(known(look_=look(seen_at=before(hours=1))), alarmed=frozenset({S3}))
    assert page(well).dependency.state == "unknown"


def test_a_check_that_never_looked_is_not_seen() -> None:
    shown = page(known(checks={(S3, "image"): look()}))
    assert (shown.checks[0].word, shown.checks[0].reason) == ("not seen", "it has not looked yet")
    assert shown.dependency.reason == "canary has not looked yet; before that it was up"
    nothing = page(Known())
    assert (nothing.dependency.reason, nothing.dependency.since) == ("nothing has looked yet", None)
    assert "not seen" in html(nothing)


def test_unknown_by_our_own_fault_keeps_its_reason() -> None:
    stand = Stand("unknown", "2 of 2 checks are without sight", before(hours=1))
    seen = known("unknown", look("unknown", "access_denied"), dependencies={S3: stand})
    shown = page(seen)
    assert (shown.dependency.word, shown.dependency.reason) == ("unknown", stand.reason)
    assert shown.checks[0].reason == "access denied"


def test_a_state_that_is_none_of_ours_is_unknown() -> None:
    assert page(known("fine")).dependency.state == "unknown"


def test_last_all_well_is_when_it_left_up() -> None:
    changes = (
        Change(before(days=9), "up"),
        Change(before(hours=5), "degraded"),
        Change(before(hours=3), "down"),
    )
    seen = known("down", look("down", "timeout"), check_changes={"canary": changes})
    canary, image = page(seen).checks
    assert canary.well_at == before(hours=5)
    assert image.well_at is None
    assert "not in 7 days" in html(page(seen))


def test_a_failure_that_is_not_believed_yet_proves_nothing() -> None:
    seen = known("up", look("up", "timeout"), check_changes={})
    assert page(seen).checks[0].well_at == before(hours=3)


def test_the_present_state_is_drawn_even_where_its_change_was_never_written() -> None:
    line = page(known("down", changes={})).dependency
    assert [band.state for band in line.strip.bands] == ["unknown", "down"]
    assert line.strip.bands[-1].start == before(hours=3)


def test_a_gap_that_was_written_down_is_not_painted_over_by_the_present_state() -> None:
    gap = (Change(before(days=3), "up"), Change(before(hours=5), "unknown", "not seen"))
    back = Change(before(hours=4), "up")
    stand = Stand("up", "2 of 2 checks are well", before(days=3))
    for changes, seen in ((gap, ["up", "unknown"]), ((*gap, back), ["up", "unknown", "up"])):
        line = page(known(dependencies={S3: stand}, changes={S3: changes})).dependency
        assert [band.state for band in line.strip.bands] == seen


# --- order, counts, what is held --------------------------------------------------------------


def test_failing_comes_first_then_held_not_seen_degraded_and_up() -> None:
    names = ["up", "degraded", "unknown", "down", "held", "never"]
    stands = {
        name: Stand("down" if name == "held" else name, name, before(hours=1))
        for name in names
        if name != "never"
    }
    stands["held"] = replace(stands["held"], held="A window of ours is on.")
    stands["up"] = replace(stands["up"], held="kept from the last outage")
    seen = known(
        dependencies=stands,
        checks={(n, c): look() for n in stands for c in ("canary", "image")},
    )
    shown = glance(seen, *(dependency(name, f"The {name}") for name in names))
    order = [line.name for line in shown.dependencies]
    assert order == ["down", "held", "never", "unknown", "degraded", "up"]
    assert shown.counts == {"down": 1, "held": 1, "unknown": 2, "degraded": 1, "up": 1}
    text = html(shown)
    assert "<title>(2 failing) Shop: what is watched</title>" in text
    assert "<b>Held:</b> A window of ours is on." in text
    assert "down, held" in text


def test_three_hundred_are_one_row_each_and_in_order_of_their_titles() -> None:
    many = [dependency(f"d{n}", f"Store {n} in eu-1") for n in range(300)]
    shown = glance(Known(), *reversed(many))
    assert [line.title for line in shown.dependencies] == [one.title for one in many]
    assert html(shown).count('<th scope="row" class="name">') == 300


def test_none_at_all_is_said_with_the_next_step() -> None:
    text = html(build.glance(settings(), Known(), HEALTH, NOW))
    assert "Nothing is watched yet" in text
    assert "<code>x.yaml</code>" in text
    assert "incidentbot check-config" in text


def test_open_incidents_stand_by_their_dependency_with_documents_and_channel() -> None:
    papers = {"html": "INC-7/postmortem.html"}
    ours = incident(7, channel="inc-s3", documents=papers)
    seen = known(
        "down", incidents=(ours, incident(8, dependency=None), incident(9, status="resolved"))
    )
    shown = glance(seen)
    assert shown.dependencies[0].incidents == ("INC-7",)
    text = html(shown)
    assert '<a href="./documents/INC-7/postmortem.html">html</a>' in text
    assert "#inc-s3" in text
    assert text.count("none yet") == 2
    assert "12 min so far" in text


def test_a_bot_that_cannot_see_says_so_first_until_it_sees_again() -> None:
    assert "The bot itself cannot see" in html(glance(known(sight=notice("blind"))))
    assert "The bot itself cannot see" in html(page(known(sight=notice("blind"))))
    assert "The bot itself cannot see" not in html(glance(known(sight=notice("sight"))))


def test_what_health_says_is_told_whatever_it_is() -> None:
    health: dict[str, object] = {
        "ok": False,
        "slack_connected": False,
        "messages_waiting": 3,
        "probe_lag_s": 0.012,
        "feeds": {"read": 12, "failing": []},
        "dependencies": {"a": "up"},
    }
    assert render.facts(health) == [
        ("Connected to Slack", "no"),
        ("Messages waiting for Slack", "3"),
        ("Looks begin late by at most", "0.012 s"),
        ("Feeds", "read 12, failing none"),
    ]
    assert "not well" in html(build.glance(settings(), Known(), health, NOW))


# --- feeds, alerts, the rule ------------------------------------------------------------------


def test_a_feed_says_its_state_and_when_it_was_read() -> None:
    said = Word("partial_outage", "Errors for S3", before(minutes=3), before(seconds=22))
    (feed,) = page(known(feeds={(S3, FEED): said})).feeds
    assert (feed.word, feed.title, feed.seen_at) == (
        "partial outage",
        "Errors for S3",
        before(seconds=22),
    )
    assert feed.url == "https://status.example.com/summary.json"


def test_a_feed_that_was_not_read_for_long_is_never_operational() -> None:
    old = Word("operational", "All is well", before(days=2), before(minutes=4))
    (feed,) = page(known(feeds={(S3, FEED): old})).feeds
    assert (feed.state, feed.word) == ("unknown", "not read")
    (never,) = page(known(feeds={})).feeds
    assert (never.state, never.word, never.seen_at) == ("unknown", "not read", None)
    assert "operational" not in html(page(known(feeds={(S3, FEED): old})))


def test_a_feed_that_the_settings_no_longer_name_is_shown_without_an_address() -> None:
    said = Word("operational", "", before(days=2), before(seconds=22))
    feeds = page(known(feeds={(S3, "old"): said}), feeds=()).feeds
    assert [(feed.name, feed.url) for feed in feeds] == [("old", "")]


def test_alerts_that_fire_are_listed() -> None:
    alert = Alert("grafana", "k", "major_outage", "38 % of GETs fail", before(minutes=9), NOW)
    text = html(page(known(alerts=(alert,))))
    assert "38 % of GETs fail" in text
    assert "What other monitors say" not in html(page(known()))


def test_the_rule_in_words() -> None:
    three = (check("a"), check("b"), check("c"))
    assert rule.words(dependency(checks=three, quorum=2)) == (
        "Each of the 3 checks looks every 10 s.",
        "A failure is checked again 2 s later; 3 failures in a row are believed.",
        "It counts as down when 2 of 3 checks fail. That opens an incident of severity 2 (major).",
        "A check counts as well again after 3 good looks in a row.",
        "What only the vendor reports is a heads-up.",
        "An incident that nobody touched closes itself once all is well for 10 min.",
    )
    follower = dependency(
        checks=(), quorum=None, hangs_on=("s3",), feed_alone="incident", close_itself=False
    )
    assert rule.words(follower) == (
        "No check of ours looks at it.",
        "While s3 fails, it is listed there instead.",
        "What only the vendor reports opens an incident.",
    )
    lone = dependency(
        checks=(check("a"),),
        every=timedelta(minutes=5),
        confirm=ConfirmSettings(failures=1, apart=timedelta(milliseconds=500)),
    )
    assert rule.words(lone)[:3] == (
        "The check looks every 5 min.",
        "A failure is checked again 500 ms later; 1 failure in a row is believed.",
        "It counts as down when 1 of 1 check fails. That opens an incident of severity 2 (major).",
    )


# --- words, time, markup ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"seconds": -5}, "0 s"),
        ({"seconds": 59.9}, "59 s"),
        ({"minutes": 12, "seconds": 40}, "12 min"),
        ({"hours": 1, "minutes": 20}, "1 h 20 min"),
        ({"hours": 16, "minutes": 3}, "16 h"),
        ({"days": 3, "hours": 4}, "3 d"),
    ],
)
def test_ages(span: dict[str, float], said: str) -> None:
    assert ago(NOW, before(**span)) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (before(hours=1), "08:30:00"),
        (before(days=1), "24 Nov 09:30"),
        (before(days=400), "21 Oct 2025"),
    ],
)
def test_moments_are_utc_with_what_is_needed_of_the_date(at: datetime, said: str) -> None:
    assert render.when(at, NOW) == said


def test_hostile_text_from_anywhere_stays_text() -> None:
    word = Word("major_outage", HOSTILE, NOW, NOW)
    seen = known(
        "down",
        look("down", HOSTILE, detail=HOSTILE),
        dependencies={S3: Stand("down", HOSTILE, NOW, HOSTILE)},
        feeds={(S3, FEED): word, (S3, HOSTILE): word},
        alerts=(Alert(HOSTILE, HOSTILE, HOSTILE, HOSTILE, NOW, NOW),),
        changes={S3: (Change(before(days=2), "down", HOSTILE),)},
        incidents=(incident(title=HOSTILE, channel=HOSTILE, documents={HOSTILE: HOSTILE}),),
        notices=(notice("heads_up", HOSTILE),),
        sight=notice("blind", HOSTILE),
    )
    hostile = dependency(title=HOSTILE.strip("\u202e"))
    made = settings(hostile, site="Shop <b>&</b>")
    health: dict[str, object] = {"ok": True, HOSTILE: {HOSTILE: HOSTILE}}
    for view in (build.glance(made, seen, health, NOW), build.page(made, hostile, seen, NOW)):
        text = html(view)
        assert "<script" not in text
        assert "<img" not in text
        assert 'onerror=alert(2)>"' not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text


def test_long_names_are_kept_whole() -> None:
    stand = Stand("down", LONG, NOW)
    shown = glance(known("down", dependencies={S3: stand}), dependency(title=LONG))
    assert html(shown).count(LONG) >= 3


def test_the_json_twin_holds_the_same() -> None:
    said = json.loads(render.as_json(page(known("down", incidents=(incident(),)))))
    assert said["at"] == "2026-11-25T09:30:00.000000Z"
    assert said["dependency"]["state"] == "down"
    assert said["dependency"]["strip"]["bands"][-1] == {
        "start": "2026-11-25T06:30:00.000000Z",
        "end": "2026-11-25T09:30:00.000000Z",
        "state": "down",
        "reason": "",
    }
    assert [check["name"] for check in said["checks"]] == ["canary", "image"]
    assert said["incidents"][0]["resolved_at"] is None
