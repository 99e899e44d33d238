"""Every message and form of `slack/blocks` with any text wherever foreign text reaches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from incidentbot.incidents.links import Link
from incidentbot.paging.contract import Someone
from incidentbot.paging.standing import Answer, Level
from incidentbot.slack.blocks import (
    approving,
    asked,
    asking,
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

LINES = "\n".join(f"line {n} \u202bשורה <!here> 🧯" for n in range(1000))

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
        OfferLine("to-backup", "shop", "Serve shop images from us-west-2", True, "", "SSM"),
        OfferLine("to-primary", "shop", "Serve shop images from us-east-1", False, "down", "SSM"),
        OfferLine("page-the-owner", "", "Call in the owner of the storage", True, ""),
        OfferLine("backfill", "shop", "Copy what is missing", False, "the primary is down"),
    ),
)
CREW = (
    RoleLine("commander", "U1", "Maya", AT),
    RoleLine("operations", None),
    RoleLine("communications", "U2", "Jonas", AT),
    RoleLine("scribe", None),
)
STEP: dict[str, Any] = {
    "number": 1,
    "kind": "write",
    "switch": "ssm_parameter",
    "goal": {"to": "us-west-2", "other": "us-east-1", "share": 100},
    "what": "Parameter /shop/asset-origin",
    "before": {"value": "us-east-1"},
    "after": {"value": "us-west-2"},
    "diff": [{"field": "Value", "before": "us-east-1", "after": "us-west-2"}],
    "requests": [{}],
    "soak": 0,
}
BODY: dict[str, Any] = {
    "runbook": {"name": "serve-from-backup", "title": "Serve Shop images from us-west-2"},
    "to": "us-west-2",
    "target_name": "shop",
    "steps": [STEP],
    "diff": [{"what": "Parameter /shop/asset-origin", "before": "us-east-1", "after": "us-west-2"}],
    "readiness": {"words": "208 of 208 objects, proven 9 s ago", "proven_at": ISO},
    "plane": {"words": "SSM in us-west-2", "depends_on_failing_region": False, "kind": "data"},
    "undo": {"words": "Serve from us-east-1", "runbook": "serve-from-primary"},
    "verify": {"words": "3 images through the edge"},
    "touches": ["one parameter"],
    "not_touched": ["the buckets"],
    "watch_for": "Pictures that are new since yesterday",
    "guards": [{"name": "ready", "verdict": "pass", "words": "the backup is ready"}],
    "before": [],
    "unknown": [],
    "approvals": 1,
    "confirm": "",
    "risk": "high",
    "why": "The primary fails",
    "if_this_fails": "Ask for help",
}
PLAN = PlanView("P1", "abcdef0123456789", "planned", BODY, "U1", AT)


def worst_view(text: str) -> IncidentView:
    return replace(
        VIEW,
        title=text,
        summary=text,
        commander="U1",
        commander_name=text,
        checks=tuple(CheckLine(text, text, "down", text, AT) for _ in range(60)),
        vendor=tuple(VendorLine(text, "major_outage", text, AT) for _ in range(20)),
        offers=tuple(OfferLine(f"r{n}", "a", text, n % 2 == 0, text, text) for n in range(40)),
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
    change = {"field": text, "before": {"deep": text}, "after": [text]}
    step = STEP | {
        "what": text,
        "before": {"value": text},
        "after": {"value": f"{text}!"},
        "goal": {"to": text, "other": text, "share": 25},
        "diff": [change] * 18,
        "requests": [{}] * 3,
        "soak": 120,
    }
    manual = {"number": 2, "kind": "manual", "ask": text, "items": [text] * 20}
    body = {
        "runbook": {"name": text, "title": text},
        "to": text,
        "target_name": text[:100],
        "steps": [manual, step] * 10,
        "diff": [{"what": text, "before": text, "after": text}] * 9,
        "readiness": {"words": text, "proven_at": ISO},
        "plane": {"words": text, "depends_on_failing_region": True, "kind": "control"},
        "undo": {"words": text, "runbook": text},
        "verify": {"words": text},
        "touches": [text] * 30,
        "not_touched": [text] * 30,
        "watch_for": [text] * 30,
        "guards": [{"name": "x", "verdict": "warn", "words": text}] * 30,
        "before": [text] * 10,
        "unknown": [text] * 10,
        "approvals": 5,
        "risk": "critical",
        "why": text,
        "if_this_fails": text,
        "confirm": text[:100],
        "blast": [text, text],
    }
    return PlanView(
        "P1", "a" * 64, state, body, "U1", AT, ("U2", "U1"), text, [(AT, text)] * 40,
        incident_id="INC-1", stopped=text, break_glass=True,
    )  # fmt: skip


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
    names = (Someone(text),) * 12
    answers = (Answer("rota", text, True, names, AT, names), Answer("x", text, False, error=text))
    levels = (Level(timedelta(0), answers), Level(timedelta(minutes=5), answers))
    return [
        *telling_messages(view, text),
        card.card(view),
        card.card(replace(view, private=True, commander=None, unowned=True)),
        card.announcement(view),
        card.closed_doors("INC-1"),
        asked.catch_up(view, entries),
        asked.readiness(
            text,
            text,
            [
                asked.Proof(
                    text,
                    True,
                    "ready",
                    text,
                    AT,
                    AT,
                    9,
                    9,
                    [text],
                    words=text,
                    replication=text,
                    points=[(n, text, "not_ready", text) for n in range(1, 16)],
                )
            ],
        ),
        asked.settings([(text, text)] * 30),
        *(plan.plan_message(worst_plan(text, state)) for state in plan.WORDS),
        *run_messages(text),
        replies.plain(text),
        replies.refusal(text),
        replies.help_text("/incident", [(text[:40], [("x <what fails>", "words " * 60)] * 40)] * 3),
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
        replies.oncall([(text, [text] * 9, levels)] * longest),
        crew.offered(Briefing(view, text, AT, [text] * longest, [text] * 2, [(AT, text)] * 5, AT)),
        crew.offering("INC-1", text, AT),
        crew.instead(text),
    ]


def run_messages(text: str) -> list[kit.Message]:
    """What a run says beside its plan."""
    entry = Entry("INC-1", 9, AT, AT, "runbook", "U1", text, {"proof": [text] * 40}, "")
    asked_now = asking.Question("P-1", 1, 2, text, text, [("done", text), ("stop", text)],
                                [text] * 20)  # fmt: skip
    offer = OfferLine("back", "shop", text, True, "", text)
    return [
        asking.question(asked_now),
        asking.question(replace(asked_now, choices=(), answer=text, by="U2")),
        asking.announced(text, AT, "P-1", AT),
        asking.announced(text, AT, "P-1", None),
        asking.ended(entry, "INC-1", None),
        asking.ended(entry, "INC-1", offer),
        asking.ended(entry, "INC-1", replace(offer, available=False, reason=text)),
        asking.stopped(entry),
        approving.commands("P-1", text),
        approving.commands("P-1", text * 9),
    ]


def views(text: str) -> list[dict[str, Any]]:
    """Every form, with `text` in each place that foreign text can reach, and long menus."""
    view = worst_view(text)
    many = [Choice(f"INC-{n}", text, "open") for n in range(150)]
    pairs = [(f"d{n}", text) for n in range(150)]
    return [
        modals.update("INC-1", text),
        story.filter_form(Asked("INC-1", ("note",), "U1"), "C1"),
        writing.note_form("INC-1", "C1", text),
        writing.action_form(
            many, "C1", about="shortcut:abc", text=text, owner="U1", due="2026-11-24"
        ),
        writing.action_form((), "C1", here="INC-1"),
        writing.reassign_form(ItemLine("ACT-1", "INC-1", text, "U1", "open"), "ACT-1|list", "C1"),
        writing.link_form("INC-1", "C1"),
        writing.which_form("timeline.keep", "Add to a timeline", many[:1], "shortcut:abc", "C1"),
        searching.form(pairs, "C1", text),
        searching.form([], ""),
        modals.declare("C1"),
        modals.declare("C1", private=False),
        asked.private_form("INC-1", "C1"),
        asked.readiness_form(pairs, "C1"),
        modals.update("INC-1", text, since=[kit.esc(text, 150)] * 30, usual="20"),
        statuspage.form(
            view,
            ["shop"] * 3,
            pairs,
            name=text,
            notify=True,
        ),
        crew.take(view, "U1", "C1"),
        crew.give(view, "C1"),
        running.severity("INC-1", 3, "C1"),
        running.mitigate("INC-1", "C1"),
        running.resolve("INC-1", "C1", AT, [text] * 40),
        running.resolve("INC-1", "C1", None, []),
        running.reopen("INC-1", "INC-2", "C1"),
        running.rename("INC-1", text, "C1"),
        running.merge("INC-1", [(f"INC-{n}", text) for n in range(2, 200)], "C1"),
        approving.approve_form(worst_plan(text, "planned"), "C1"),
        approving.break_glass_form(worst_plan(text, "planned"), "C1"),
        asking.halt_form("INC-1", "C1"),
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
