"""Every message we can send passes Slack's rules, at its longest and with the worst text in it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.incidents.links import Link
from incidentbot.rehearsal.workspace.blocks import check_blocks, check_view
from incidentbot.slack.blocks import (
    asked,
    card,
    crew,
    home,
    kit,
    modals,
    plan,
    replies,
    running,
    searching,
    statuspage,
    story,
    telling,
    writing,
)
from incidentbot.slack.blocks.crew import Briefing
from incidentbot.slack.blocks.home import HomeView, OpenIncident, StateLine
from incidentbot.slack.blocks.replies import PersonLine
from incidentbot.slack.blocks.story import Asked
from incidentbot.slack.blocks.view import (
    CheckLine,
    IncidentView,
    OfferLine,
    PlanView,
    RoleLine,
    VendorLine,
)
from incidentbot.slack.blocks.writing import Choice, ItemLine
from incidentbot.timeline import Entry

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
ISO = "2026-11-24T03:24:05.000000Z"
HOSTILE = (
    "<!channel> <@U123> <https://evil.example|click> @here #general *bold* `x` & "
    "\u202eright-to-left 👩‍🚒 " + "A" * 5000
)

VIEW = IncidentView(
    id="INC-1",
    title="Amazon S3 in us-east-1 is failing",
    status="open",
    severity=2,
    severity_word="major",
    summary="",
    dependency="s3-us-east-1",
    opened_by="incidentbot",
    commander=None,
    commander_name="",
    started_at=AT,
    detected_at=AT,
    vendor_reported_at=None,
    mitigated_at=None,
    resolved_at=None,
    channel="C123",
    checks=(CheckLine("bucket-canary", "s3", "down", "answers 503 SlowDown", AT),),
    vendor=(VendorLine("aws-status", "operational", "", AT),),
    offers=(
        OfferLine("serve-from-backup", "shop", "Serve shop images from us-west-2", True, ""),
        OfferLine("serve-from-primary", "shop", "Serve shop images from us-east-1", False, "down"),
    ),
)
CREW = (
    RoleLine("commander", "U1", "Maya", AT),
    RoleLine("operations", None),
    RoleLine("communications", "U2", "Jonas", AT),
    RoleLine("scribe", None),
)
BODY: dict[str, Any] = {
    "runbook": {"name": "serve-from-backup", "title": "Serve Shop images from us-west-2"},
    "diff": [{"what": "Parameter /shop/asset-origin", "before": "us-east-1", "after": "us-west-2"}],
    "readiness": {"words": "208 of 208 objects, proven 9 s ago"},
    "plane": {"words": "SSM in us-west-2", "depends_on_failing_region": False},
    "undo": {"words": "Serve from us-east-1"},
    "verify": {"words": "3 images through the edge"},
    "touches": ["one parameter"],
    "not_touched": ["the buckets"],
    "watch_for": "Pictures that are new since yesterday",
    "guards": [{"name": "ready", "verdict": "pass", "words": "the backup is ready"}],
}
PLAN = PlanView("P1", "abcdef0123456789", "planned", BODY, "U1", AT)


def check(message: kit.Message) -> str:
    check_blocks(message["blocks"])
    assert message["text"]
    return json.dumps(message, ensure_ascii=False)


def worst_view(text: str) -> IncidentView:
    return replace(
        VIEW,
        title=text,
        summary=text,
        commander="U1",
        commander_name=text,
        checks=tuple(CheckLine(text, text, "down", text, AT) for _ in range(60)),
        vendor=tuple(VendorLine(text, "major_outage", text, AT) for _ in range(20)),
        offers=tuple(OfferLine(f"r{n}", "a", text, n % 2 == 0, text) for n in range(40)),
        documents=(("html", "http://127.0.0.1/documents/INC-1/postmortem.html"),),
        crew=CREW,
        links=[Link(f"http://127.0.0.1/{n}|<!here>{text[:400]}", text, "page") for n in range(40)]
        + [Link("INC-2", text, "incident")],
        actions=3,
        test=True,
        where=text,
        next_update_at=AT,
    )


def worst_plan(text: str, state: str) -> PlanView:
    body = {
        "runbook": {"name": text, "title": text},
        "diff": [{"what": text, "before": text, "after": text}] * 9,
        "readiness": {"words": text},
        "plane": {"words": text, "depends_on_failing_region": True},
        "undo": {"words": text},
        "verify": {"words": text},
        "touches": [text] * 30,
        "not_touched": [text] * 30,
        "watch_for": [text] * 30,
        "guards": [{"name": "x", "verdict": "warn", "words": text}] * 30,
    }
    return PlanView("P1", "a" * 64, state, body, "U1", AT, "U2", text, [(AT, text)] * 40)


def worst_items(text: str) -> list[ItemLine]:
    link = f"http://127.0.0.1/{text[:100]}"
    states = ("open", "done", "dropped")
    return [
        ItemLine(f"ACT-{n}", "INC-1", text, "U1", states[n % 3], AT, link) for n in range(1, 40)
    ]


def worst_home(text: str) -> dict[str, Any]:
    incidents = [OpenIncident(f"INC-{n}", text, 1, "open", AT, "C123", "") for n in range(30)]
    return home.home(
        HomeView(
            "/incident",
            incidents=incidents,
            more=5,
            roles=[("commander", "INC-1", text)] * 30,
            items=worst_items(text),
            dependencies=[StateLine(text, "down", text, AT)] * 200,
            assets=[StateLine(text, "not_ready", text, AT)] * 200,
        )
    )


def messages(text: str, longest: int = 2) -> list[kit.Message]:
    """Everything that goes out, with `text` in each place that foreign text can reach, and with so
    many rows where there may be any number."""
    view = worst_view(text)
    kept = {"event": "kept", "name": text, "link": f"http://127.0.0.1/{text[:200]}"}
    later = AT + timedelta(hours=1)
    entries = [Entry("INC-1", n, AT, later, "note", "U1", text, {}, "") for n in range(1, 60)]
    entries += [Entry("INC-1", n, AT, AT, "message", "U1", text, kept, "") for n in range(60, 70)]
    items = worst_items(text)
    choices = [Choice(f"INC-{n}", text, "open") for n in range(20)]
    return [
        *telling_messages(view, text),
        card.card(view),
        card.card(replace(view, private=True, commander=None, unowned=True)),
        card.announcement(view),
        asked.catch_up(view, entries),
        asked.readiness(text, text, [asked.Proof(text, True, "ready", text, AT, AT, 9, 9, [text])]),
        asked.settings([(text, text)] * 30),
        *(plan.plan_message(worst_plan(text, state)) for state in plan.WORDS),
        replies.plain(text),
        replies.refusal(text),
        replies.help_text("/incident", [("declare <what fails>", "words " * 60)] * 40),
        replies.unknown("/incident", text, "status"),
        replies.menu(
            "/incident",
            "INC-1",
            [(text[:500], [(f"verb{n}{m}", text) for n in range(9)]) for m in range(7)],
        ),
        replies.incidents([view] * 30),
        replies.status(view),
        *(story.page(Asked("INC-1", start=start), entries) for start in (-1, 30)),
        story.page(Asked("INC-1", ("note",), "U1", 5), []),
        replies.form_button(text, "update", text),
        replies.export(view, "/incident"),
        replies.export(VIEW, "/incident"),
        searching.results(text, [searching.Found(view, text)] * 3, "/incident"),
        searching.results(text, [], "/incident"),
        writing.ask_which(choices, "C123|1234567890.123456"),
        writing.items("INC-1", items, "/incident"),
        writing.items("INC-1", [], "/incident"),
        *(writing.item_for_owner(item, text) for item in items[:3]),
        writing.linked_here("INC-1", text, "C123"),
        replies.runbooks(view),
        replies.documents(view),
        replies.merged("INC-1", "INC-2", "C123"),
        replies.whois([PersonLine("U1", text, text, AT, text, text)] * longest, text),
        replies.whois([], text),
        crew.offered(Briefing(view, text, AT, [text] * longest, [text] * 2, [(AT, text)] * 5, AT)),
        crew.offering("INC-1", text, AT),
        crew.instead(text),
    ]


def views(text: str) -> list[dict[str, Any]]:
    """Every form, with `text` in each place that foreign text can reach."""
    view = worst_view(text)
    return [
        modals.declare("C1"),
        modals.update("INC-1", text),
        crew.take(view, "U1", "C1"),
        crew.give(view, "C1"),
        running.severity("INC-1", 3, "C1"),
        running.mitigate("INC-1", "C1"),
        running.resolve("INC-1", "C1", AT, [text] * 40),
        running.resolve("INC-1", "C1", None, []),
        running.reopen("INC-1", "INC-2", "C1"),
        running.rename("INC-1", text, "C1"),
        running.merge("INC-1", [(f"INC-{n}", text) for n in range(2, 200)], "C1"),
    ]


def telling_messages(view: IncidentView, text: str) -> list[kit.Message]:
    """What goes to those outside the channel."""
    parts = {"now": text, "changed": text, "doing": text, "unknown": text, "next_update": ISO}
    entry = Entry("INC-1", 3, AT, AT, "update", "U1", text, parts, "")
    views = [view] * 7
    late = [("ACT-1", text, None), ("ACT-2", text, "U1")] * 2
    wishes = [telling.Wish(text[:80], "", 5, True), telling.Wish("", text[:80], 2)]
    body = {"name": text[:200], "status": text, "body": text, "impact": text, "notify": True}
    shown = statuspage.Shown(
        "SP-1", "a" * 64, text, "draft", body | {"components": {text: text}}, "U1", "U2", text
    )
    return [
        telling.update(view, entry),
        telling.reminder(view, AT, "2 h", AT, "remind:INC-1:1"),
        telling.settled(view, "updated."),
        telling.overdue(view, AT, "2 h", "U1"),
        telling.direct(view),
        telling.news(view, entry),
        telling.digest(telling.Day(views, views, late)),
        telling.subscriptions(wishes * 11),
        statuspage.draft(shown),
        statuspage.failed(shown),
    ]


@pytest.mark.parametrize("status", ["open", "acknowledged", "mitigated", "resolved"])
def test_the_card_is_valid_in_every_state(status: str) -> None:
    done = {
        "mitigated_at": AT,
        "resolved_at": AT,
        "commander": "U1",
        "commander_name": "Maya",
        "summary": "We switched",
    }
    check(card.card(replace(VIEW, status=status, **(done if status != "open" else {}))))  # type: ignore[arg-type]


def test_the_card_says_what_a_person_needs_first() -> None:
    shown = check(card.card(VIEW))
    for words in ("Sev 2, open", "answers 503 SlowDown", "all green", "nobody yet", "Take command"):
        assert words in shown
    assert "Serve shop images from us-west-2" in shown
    assert "Not possible now: Serve shop images from us-east-1. down" in shown


def test_a_plan_shows_before_after_readiness_plane_undo_and_expiry() -> None:
    shown = check(plan.plan_message(PLAN))
    for words in (
        "before  us-east-1",
        "after   us-west-2",
        "208 of 208 objects, proven 9 s ago",
        "does not depend on the failing region",
        "Serve from us-east-1",
        "Expires",
        "P1|abcdef0123456789",
    ):
        assert words in shown


def test_the_card_is_short_enough_to_be_read_on_a_telephone() -> None:
    told = replace(
        VIEW,
        where="Amazon S3 (us-east-1)",
        summary="No pictures since 14:02. We switch to the backup.",
        commander="U1",
        crew=[RoleLine("commander", "U1"), RoleLine("scribe", "U1")],
        next_update_at=AT,
    )
    for view in (VIEW, told, replace(told, status="mitigated", mitigated_at=AT)):
        read = [b for b in card.card(view)["blocks"] if b["type"] != "actions"]
        words = re.sub(r"<!date[^>]*>", "14:02", " ".join(_words(read))).split()
        assert len(words) <= 90, len(words)


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [t for v in value.values() for t in _words(v)]
    return [t for v in value for t in _words(v)] if isinstance(value, list) else []


def test_how_certain_it_is_goes_by_independent_signals() -> None:
    bad = (VendorLine("aws-status", "major_outage", "S3", AT),)
    assert card.certainty(VIEW) == "likely"
    assert card.certainty(replace(VIEW, vendor=bad)) == "confirmed"
    assert card.certainty(replace(VIEW, checks=[*VIEW.checks, *VIEW.checks])) == "confirmed"
    assert card.certainty(replace(VIEW, checks=())) == "suspected"


def test_a_plan_in_a_drill_says_that_it_is_none() -> None:
    assert "this plan is not" in check(plan.plan_message(replace(PLAN, test=True)))
    assert "this plan is not" not in check(plan.plan_message(PLAN))


def test_a_private_incident_has_no_announcement_whoever_asks_for_one() -> None:
    said = check(card.announcement(replace(VIEW, private=True)))
    assert said.count("INC-1 goes on in private.") == 2
    assert VIEW.title not in said


def test_a_plan_that_is_over_has_no_buttons() -> None:
    for state in plan.WORDS:
        shown = check(plan.plan_message(replace(PLAN, state=state)))
        assert ("plan.approve" in shown) == (state == "planned")


def test_everything_is_valid_at_its_longest_and_nothing_in_it_pings() -> None:
    for message in messages(HOSTILE, longest=60):
        check(message)
        assert_harmless(message)


def test_the_home_tab_is_valid_when_it_is_full_and_when_there_is_nothing() -> None:
    full = worst_home(HOSTILE)
    check_view(full, kind="home")
    assert_harmless({"blocks": full["blocks"], "text": "home"})
    assert len(full["blocks"]) <= 100
    for view in (HomeView("/incident"), HomeView("/incident", refused=HOSTILE)):
        check_view(home.home(view), kind="home")
    shown = json.dumps(home.home(HomeView("/incident")), ensure_ascii=False)
    for words in (
        "Declare an incident",
        "None. All is quiet",
        "you are free",
        "Nothing is watched",
    ):
        assert words in shown


@given(text=st.text(min_size=1, max_size=300))
def test_no_text_breaks_a_message(text: str) -> None:
    for message in messages(text):
        check(message)


PIECES = st.sampled_from(
    ["<!here>", "<@U1>", "<#C1>", "<http://x|y>", "@channel", "@here", "&", "<", ">", "*", "`", " "]
)


@given(pieces=st.lists(PIECES, min_size=1, max_size=12))
def test_no_text_mentions_or_links(pieces: list[str]) -> None:
    for message in messages("".join(pieces)):
        assert_harmless(message)


def assert_harmless(message: kit.Message) -> None:
    """Only mrkdwn is parsed (plain_text and rich_text are not), and the top-level text."""
    for text in _mrkdwn(message):
        # Our own mentions and dates are <@U1>, <#C123> and <!date^…>; foreign ones must be text.
        assert not re.findall(r"<(?!@U[12]>|#C123>|!date\^|http://127)[^>]{0,20}", text), text[:200]
        assert not re.search(r"(?<!<)@(here|channel|everyone)\b", text), text[:200]


def _mrkdwn(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" or "blocks" in value else []
        return own + [t for v in value.values() for t in _mrkdwn(v)]
    if isinstance(value, list):
        return [t for v in value for t in _mrkdwn(v)]
    return []


@pytest.mark.parametrize("text", ["x", HOSTILE])
def test_the_forms_are_valid_at_their_longest_and_nothing_in_them_pings(text: str) -> None:
    for view in views(text):
        check_view(view, kind="modal")
        assert_harmless({"text": "", "blocks": view["blocks"]})


def test_the_card_says_who_has_which_role_and_what_the_commander_kept() -> None:
    shown = check(card.card(replace(VIEW, commander="U1", crew=CREW)))
    assert "communications: <@U2>\\noperations, scribe: commander" in shown
    nobody = (RoleLine("commander", None), *CREW[1:])
    assert "operations, scribe: nobody" in check(card.card(replace(VIEW, crew=nobody)))
    assert "*Roles*" not in check(card.card(VIEW))


def test_where_it_was_merged_the_card_has_no_buttons_and_the_topic_the_way() -> None:
    over = replace(
        VIEW,
        status="resolved",
        merged_into="INC-2",
        merged_room="inc-2",
        merged_channel="C123",
        resolved_at=AT,
    )
    shown = check(card.card(over))
    assert "Sev 2, merged into INC-2" in shown
    assert '"actions"' not in shown
    assert "INC-2 <#C123>" in shown
    assert card.topic(over) == "Merged into INC-2, it goes on there in #inc-2 · INC-1"
    assert "resolved" not in check(card.announcement(over))


def test_what_is_not_as_usual_must_be_ticked_only_where_there_is_something() -> None:
    asked = json.dumps(running.resolve("INC-1", "C1", AT, ["Reads are on B."]))
    assert "Mitigated, not normal" in asked
    assert "Resolve anyway" in asked
    assert "anyway" not in json.dumps(running.resolve("INC-1", "C1", AT, []))
    assert running.resolve_faults({"text": "A fuse"}) == {}
    assert running.resolve_faults({"text": "A fuse", "anyway": "anyway"}) == {}
    assert set(running.resolve_faults({"text": " ", "anyway": ""})) == {"text", "anyway"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("maya@shop.example", "<mailto:maya@shop.example|maya@shop.example>"),
        ("", ""),
        ("x|<!channel>@a.b", "x|&lt;!channel&gt;@\u200ba.b"),
    ],
)
def test_only_an_address_is_a_link_that_writes_to_it(address: str, shown: str) -> None:
    assert kit.mail(address) == shown


MANY = [Choice(f"INC-{n}", HOSTILE, "open") for n in range(150)]
FORMS = [
    modals.declare("C1"),
    modals.update("INC-1", "x" * 4000),
    story.filter_form(Asked("INC-1", ("note",), "U1"), "C1"),
    writing.note_form("INC-1", "C1", HOSTILE),
    writing.action_form(
        MANY, "C1", about="shortcut:abc", text=HOSTILE, owner="U1", due="2026-11-24"
    ),
    writing.action_form((), "C1", here="INC-1"),
    writing.reassign_form(ItemLine("ACT-1", "INC-1", HOSTILE, "U1", "open"), "ACT-1|list", "C1"),
    writing.link_form("INC-1", "C1"),
    writing.which_form("timeline.keep", "Add to a timeline", MANY[:1], "shortcut:abc", "C1"),
    searching.form([(f"d{n}", HOSTILE) for n in range(150)], "C1", HOSTILE),
    searching.form([], ""),
    modals.declare("C1"),
    modals.declare("C1", private=False),
    asked.private_form("INC-1", "C1"),
    asked.readiness_form([(f"asset-{n}", "x" * 200) for n in range(150)], "C1"),
    modals.update("INC-1", "x" * 4000, since=["y" * 150] * 30, usual="20"),
    statuspage.form(
        worst_view(HOSTILE),
        ["shop"] * 3,
        [(f"d{n}", HOSTILE) for n in range(120)],
        name=HOSTILE,
        notify=True,
    ),
]


@pytest.mark.parametrize("view", FORMS)
def test_the_forms_are_valid(view: dict[str, Any]) -> None:
    check_view(view, kind="modal")


def test_a_time_names_its_zone_where_slack_cannot_show_the_readers() -> None:
    assert kit.when(AT) == "<!date^1795489445^{time_secs}|03:04:05 UTC>"


def test_the_digest_is_short_and_in_its_order() -> None:
    mine = replace(VIEW, commander="U1")
    made = telling.digest(telling.Day([mine] * 9, [mine] * 9, [("ACT-1", "Page on errors", None)]))
    words = " ".join(_mrkdwn(made))
    assert words.index("Open: 9") < words.index("Closed since") < words.index("Overdue")
    assert len(words.split()) <= 120
    assert "and 3 more" in words


def test_a_reminder_is_short_and_says_how_late_and_who_hears_next() -> None:
    made = telling.reminder(VIEW, AT, "6 min", AT, "remind:INC-1:1")
    (text,) = [t for t in _mrkdwn(made["blocks"][0]) if t]
    assert "6 min late" in text
    assert "the channel hears of it at" in text
    assert len(re.sub(r"<[^>]*>", "14:20", text).split()) <= 25


def test_a_public_text_is_shown_whole_and_says_no_more_than_the_facts() -> None:
    long = "\n".join(f"line {number}" for number in range(1, 600))
    body = {"name": "Slow", "status": "identified", "body": long, "components": {}, "notify": False}
    shown = check(
        statuspage.draft(statuspage.Shown("SP-1", "ab" * 32, "shop", "draft", body, "U1"))
    )
    assert "line 599" in shown
    assert "subscribers are not told" in shown
    assert statuspage.words_of(replace(VIEW, next_update_at=AT)) == (
        "investigating",
        "We see the problem and are working on it. It began at 03:04 UTC."
        " The next update comes by 03:04 UTC.",
    )
    over = replace(VIEW, status="resolved", resolved_at=AT)
    assert statuspage.words_of(over)[0] == "resolved"
    assert statuspage.state_of(over) == "operational"
