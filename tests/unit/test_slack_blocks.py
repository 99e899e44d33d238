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
from incidentbot.slack.blocks import asked, card, kit, modals, plan, replies
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
        test=True,
        where=text,
        crew=[RoleLine(role, "U1", text) for role in ("commander", "operations", "scribe")],
        next_update_at=AT,
        pages=[(text, f"http://127.0.0.1/{text}"[:500])] * 9,
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


def messages(text: str) -> list[kit.Message]:
    """Everything that goes out, with `text` in each place that foreign text can reach."""
    view = worst_view(text)
    entries = [Entry("INC-1", n, AT, AT, "note", "U1", text, {}, "") for n in range(1, 60)]
    return [
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
        replies.timeline("INC-1", entries),
        replies.runbooks(view),
        replies.documents(view),
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
    for message in messages(HOSTILE):
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


@pytest.mark.parametrize(
    "view",
    [
        modals.declare("C1"),
        modals.declare("C1", private=False),
        modals.update("INC-1", "x" * 4000),
        asked.private_form("INC-1", "C1"),
        asked.readiness_form([(f"asset-{n}", "x" * 200) for n in range(150)], "C1"),
    ],
)
def test_the_forms_are_valid(view: dict[str, Any]) -> None:
    check_view(view, kind="modal")


def test_a_time_names_its_zone_where_slack_cannot_show_the_readers() -> None:
    assert kit.when(AT) == "<!date^1795489445^{time_secs}|03:04:05 UTC>"
