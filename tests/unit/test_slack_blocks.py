"""Every message we can send passes Slack's rules, at its longest and with the worst text in it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.rehearsal.workspace.blocks import check_blocks, check_view
from incidentbot.slack.blocks import card, crew, kit, modals, plan, replies, running
from incidentbot.slack.blocks.crew import Briefing
from incidentbot.slack.blocks.replies import PersonLine
from incidentbot.slack.blocks.view import (
    CheckLine,
    IncidentView,
    OfferLine,
    PlanView,
    RoleLine,
    VendorLine,
)
from incidentbot.timeline import Entry

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
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


def messages(text: str, longest: int = 2) -> list[kit.Message]:
    """Everything that goes out, with `text` in each place that foreign text can reach, and with so
    many rows where there may be any number."""
    view = worst_view(text)
    entries = [Entry("INC-1", n, AT, AT, "note", "U1", text, {}, "") for n in range(1, 60)]
    return [
        card.card(view),
        card.announcement(view),
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
        replies.timeline("INC-1", entries),
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


def test_a_plan_that_is_over_has_no_buttons() -> None:
    for state in plan.WORDS:
        shown = check(plan.plan_message(replace(PLAN, state=state)))
        assert ("plan.approve" in shown) == (state == "planned")


def test_everything_is_valid_at_its_longest_and_nothing_in_it_pings() -> None:
    for message in messages(HOSTILE, longest=60):
        check(message)
        assert_harmless(message)


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


def test_a_time_names_its_zone_where_slack_cannot_show_the_readers() -> None:
    assert kit.when(AT) == "<!date^1795489445^{time_secs}|03:04:05 UTC>"
