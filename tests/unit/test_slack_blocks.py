"""Every message we can send passes Slack's rules, at its longest and with the worst text in it.

What there is to send is made in slack_longest.py; a new message that is not made there fails here.
"""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.rehearsal.workspace.blocks import check_blocks, check_view
from incidentbot.slack import blocks
from incidentbot.slack.blocks import card, home, kit, plan, running, statuspage, telling
from incidentbot.slack.blocks.home import HomeView
from incidentbot.slack.blocks.view import RoleLine, VendorLine
from tests.unit import slack_longest
from tests.unit.slack_longest import (
    AT,
    CREW,
    HOSTILE,
    LINES,
    PLAN,
    VIEW,
    messages,
    views,
    worst_home,
)

MADE = ("kit.Message", "Message", "View", "dict[str, Any]")
PIECES_ONLY = ("kit", "forms", "view")  # what the others are made of


def check(message: kit.Message) -> str:
    check_blocks(message["blocks"])
    assert message["text"]
    return json.dumps(message, ensure_ascii=False)


def public_makers() -> set[str]:
    """ "card.card": every public function of `slack/blocks` that makes a message or a form."""
    found = set()
    for path in Path(blocks.__path__[0]).glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                made = ast.unparse(node.returns) if node.returns else ""
                if made in MADE and path.stem not in PIECES_ONLY:
                    found.add(f"{path.stem}.{node.name}")
    return found


def test_every_message_and_form_there_is_is_looked_at_here() -> None:
    source = Path(slack_longest.__file__).read_text(encoding="utf-8")
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    made = {ast.unparse(call) for call in calls}
    makers = public_makers()
    assert {"card.card", "modals.update", "home.home"} <= makers
    missing = sorted(makers - made)
    assert not missing, f"make them in {slack_longest.__name__} too: {', '.join(missing)}"


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
    assert "Not possible now: Serve shop images from us-east-1 (through SSM). down" in shown
    assert "Other runbooks" in shown
    assert "Call in the owner" not in shown and "Copy what" not in shown


def test_a_plan_shows_before_after_readiness_plane_undo_and_expiry() -> None:
    shown = check(plan.plan_message(PLAN))
    for words in (
        "before  us-east-1",
        "after   us-west-2",
        "208 of 208 objects, proven 9 s ago",
        "does not depend on the failing region",
        "Serve from us-east-1",
        "Expires",
        "*Why*: The primary fails",
        "*If this fails*: Ask for help",
        "high risk",
        "P1|abcdef0123456789",
    ):
        assert words in shown


def test_a_plan_that_only_break_glass_lets_run_says_so_and_cannot_be_approved() -> None:
    guard = {"name": "no_freeze", "verdict": "refuse", "words": "A freeze is on"}
    body = PLAN.body | {"guards": [guard], "approvals": 2}
    shown = check(plan.plan_message(replace(PLAN, body=body, break_glass=True)))
    assert "✗ A freeze is on Only break-glass goes past it." in shown
    assert "plan.glass" in shown
    assert "plan.approve" not in shown


def test_what_is_risky_or_left_out_of_a_plan_is_marked() -> None:
    plane = {"kind": "control", "words": "CloudFront", "depends_on_failing_region": True}
    many = [{"field": f"F{n}", "before": n, "after": n + 1} for n in range(18)]
    step = PLAN.body["steps"][0] | {"diff": many}
    body = PLAN.body | {"plane": plane, "steps": [step], "before": ["All is calm"]}
    shown = check(plan.plan_message(replace(PLAN, body=body, approvals=("U2",))))
    for words in (
        "△ *A control plane*: CloudFront; △ *depends on the failing region*",
        "field   F5: 5 -> 6", "… and 12 more fields of 18", "All is calm", "1 of 1: <@U2>",
    ):  # fmt: skip
        assert words in shown, words


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
    for text in (HOSTILE, LINES):
        for message in messages(text, longest=60):
            check(message)
            assert len(message["blocks"]) <= 50
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


@settings(max_examples=12)
@given(text=st.text(min_size=1, max_size=300))
def test_no_text_breaks_a_message(text: str) -> None:
    for message in messages(text):
        check(message)


PIECES = st.sampled_from(
    ["<!here>", "<@U1>", "<#C1>", "<http://x|y>", "@channel", "@here", "&", "<", ">", "*", "`", " "]
)


@settings(max_examples=15)
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


@pytest.mark.parametrize("text", ["x", HOSTILE, LINES])
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
