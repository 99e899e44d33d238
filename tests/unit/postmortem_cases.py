"""Written incidents for the tests of the postmortem."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from incidentbot.postmortem.model import (
    ActionFact,
    ApprovalFact,
    AttemptFact,
    ChangeFact,
    CheckFact,
    EntryFact,
    Facts,
    IncidentFacts,
    PlanFact,
    RoleFact,
    VendorWord,
)

START = datetime(2026, 11, 24, 14, 2, 5, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil.example/p.png) `c` "
    "| pipe | @channel <!channel> #12 **bold** _it_ ~~s~~ $x^2$ &lt; :fire: www.evil.example"
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entry(
    seq: int, seconds: float, kind: str, text: str, actor: str = "incidentbot", **data: Any
) -> EntryFact:
    return EntryFact(seq, at(seconds), at(seconds), kind, actor, text, data)


BODY = {
    "plan_id": "PLAN-1",
    "runbook": {
        "name": "serve-from-backup",
        "title": "Serve assets from us-west-2",
        "digest": "d" * 64,
    },
    "risk": "medium",
    "asset": "shop-images",
    "target": "ssm:/shop/asset-origin",
    "from": "us-east-1",
    "to": "us-west-2",
    "diff": [
        {"what": "/shop/asset-origin in us-west-2", "before": "us-east-1", "after": "us-west-2"}
    ],
    "touches": ["where the shop page loads its images from"],
    "not_touched": ["uploads", "both buckets"],
    "readiness": {
        "state": "ready",
        "words": "220 of 220 objects are the same in us-west-2",
        "proven_at": "2026-11-24T14:01:30Z",
    },
    "plane": {
        "words": "Parameter Store in us-west-2, which does not depend on us-east-1",
        "region": "us-west-2",
        "depends_on_failing_region": False,
    },
    "undo": {"words": "the same switch back to us-east-1", "runbook": "serve-from-primary"},
    "guards": [
        {"name": "backup-fresh", "verdict": "pass", "words": "the backup was compared 3 min ago"}
    ],
    "why": "shop-image has been down since 14:02:05",
    "unknown": [],
}

EVIDENCE = [
    {
        "check": "bucket-canary",
        "kind": "s3",
        "state": "down",
        "reason": "503 SlowDown",
        "latency_ms": 212.4,
    },
    {
        "check": "shop-image",
        "kind": "http",
        "state": "down",
        "reason": "status 502",
        "latency_ms": 340.0,
    },
]

PLAN = PlanFact(
    id="PLAN-1",
    runbook="serve-from-backup",
    state="done",
    hash="ab" * 32,
    created_by="U1",
    created_at=at(96),
    body=BODY,
    ended_at=at(171),
    outcome="Images come from us-west-2.",
    approvals=(ApprovalFact("U2", at(151)),),
    attempts=(AttemptFact("switch", "verified", 1, "req-7f3a"),),
)


def _story() -> tuple[EntryFact, ...]:
    run = {
        "plan_id": "PLAN-1",
        "runbook": "serve-from-backup",
        "title": "Serve assets from us-west-2",
    }
    name = "“Serve assets from us-west-2”"
    rows: list[tuple[float, str, str, str, dict[str, Any]]] = [
        (
            4,
            "signal",
            "bucket-canary is down: 503 SlowDown.",
            "incidentbot",
            {"check": "bucket-canary", "state": "down", "reason": "503 SlowDown"},
        ),
        (
            6,
            "signal",
            "shop-image is down: status 502.",
            "incidentbot",
            {"check": "shop-image", "state": "down", "reason": "status 502"},
        ),
        (
            6.2,
            "state",
            "Amazon S3 in us-east-1 is down: 2 of 2 checks failed; the vendor says all is well.",
            "incidentbot",
            {"status": "open", "severity": 2, "evidence": EVIDENCE},
        ),
        (
            7,
            "external",
            "The channel #inc-20261124-s3-us-east-1 is open.",
            "incidentbot",
            {"what": "channel", "channel": "C1"},
        ),
        (8, "page", "Maya was invited.", "incidentbot", {"person": "U1"}),
        (
            41,
            "state",
            "Maya acknowledged the incident.",
            "U1",
            {"status": "acknowledged", "previous": "open"},
        ),
        (
            52,
            "role",
            "Maya took the role of commander.",
            "U1",
            {"role": "commander", "person": "U1", "name": "Maya"},
        ),
        (
            96,
            "runbook",
            f"Maya asked for {name}; a second person must approve it.",
            "U1",
            run | {"event": "planned"},
        ),
        (151, "runbook", f"Jonas approved {name}.", "U2", run | {"event": "approved"}),
        (151.5, "runbook", f"{name} started.", "incidentbot", run | {"event": "started"}),
        (
            152,
            "runbook",
            "About to write /shop/asset-origin.",
            "incidentbot",
            run | {"event": "intent"},
        ),
        (152.1, "runbook", "The write was sent.", "incidentbot", run | {"event": "sent"}),
        (
            152.4,
            "runbook",
            "The write was accepted as version 8.",
            "incidentbot",
            run | {"event": "acked"},
        ),
        (
            158,
            "signal",
            "shop-image is up again.",
            "incidentbot",
            {"check": "shop-image", "state": "up"},
        ),
        (
            170,
            "state",
            "Users get images again, from us-west-2.",
            "incidentbot",
            {"status": "mitigated", "previous": "acknowledged"},
        ),
        (
            171,
            "runbook",
            f"{name} is done.",
            "incidentbot",
            run
            | {
                "event": "done",
                "proof": ["a.svg: 200 from us-west-2", "b.svg: 200 from us-west-2"],
            },
        ),
        (
            260,
            "update",
            "Images are back, served from the second region. Uploads were never affected.",
            "U1",
            {"name": "Maya"},
        ),
        (
            1106,
            "vendor",
            "The vendor reports it now (Increased error rates), 18 min 20 s after we saw it.",
            "incidentbot",
            {
                "feed": "aws-status",
                "state": "partial_outage",
                "title": "Increased error rates",
                "first": True,
            },
        ),
        (
            1500,
            "signal",
            "bucket-canary is up again.",
            "incidentbot",
            {"check": "bucket-canary", "state": "up"},
        ),
        (
            1502,
            "note",
            "The region looks well; we wait with the way back until tomorrow.",
            "U2",
            {"name": "Jonas"},
        ),
        (
            1620,
            "runbook",
            "The way back is open: us-east-1 has been healthy for 2 min.",
            "incidentbot",
            {
                "event": "offered",
                "runbook": "serve-from-primary",
                "title": "Serve assets from us-east-1",
            },
        ),
        (
            1975,
            "state",
            "Maya resolved the incident.",
            "U1",
            {"status": "resolved", "previous": "mitigated"},
        ),
    ]
    return tuple(
        EntryFact(n, at(s), at(s), kind, actor, text, data)
        for n, (s, kind, text, actor, data) in enumerate(rows, 1)
    )


def complete() -> Facts:
    """The story of the rehearsal: the region fails, the switch, the vendor late, still switched."""
    return Facts(
        service="Shop",
        now=at(1975),
        since=at(-900),
        incident=IncidentFacts(
            id="INC-1",
            title="Images fail on the shop page",
            status="resolved",
            severity=2,
            opened_by="incidentbot",
            started_at=START,
            detected_at=at(6.2),
            summary="Images are back, served from the second region. Uploads were never affected.",
            acknowledged_at=at(41),
            mitigated_at=at(170),
            resolved_at=at(1975),
            vendor_reported_at=at(1106),
            dependency="s3-us-east-1",
            dependency_title="Amazon S3 in us-east-1",
            vendor="aws",
            feeds=("aws-status",),
        ),
        head_seq=22,
        head_hash="3f" * 32,
        roles=(RoleFact("commander", "U1", at(52)),),
        people={"U1": "Maya Okafor", "U2": "Jonas Lindqvist"},
        entries=_story(),
        checks=(CheckFact("bucket-canary", "s3"), CheckFact("shop-image", "http", users_path=True)),
        changes=(
            ChangeFact("bucket-canary", at(-3600), "up"),
            ChangeFact("shop-image", at(-3600), "up"),
            ChangeFact("bucket-canary", at(4), "down", "503 SlowDown", 212.4),
            ChangeFact("shop-image", at(6), "down", "status 502", 340.0),
            ChangeFact("shop-image", at(158), "up"),
            ChangeFact("bucket-canary", at(1310), "degraded", "slow: 2,140 ms", 2140.0),
            ChangeFact("bucket-canary", at(1500), "up"),
        ),
        words=(
            VendorWord("aws-status", at(-3600), "operational"),
            VendorWord("aws-status", at(1106), "partial_outage", "Increased error rates"),
        ),
        plans=(PLAN,),
    )


def nobody_came() -> Facts:
    """Declared by nobody, acknowledged by nobody, nothing run; the vendor silent, still open."""
    facts = complete()
    incident = replace(
        facts.incident,
        status="open",
        summary="",
        acknowledged_at=None,
        mitigated_at=None,
        resolved_at=None,
        vendor_reported_at=None,
    )
    return replace(
        facts,
        incident=incident,
        plans=(),
        roles=(),
        people={},
        now=at(900),
        entries=facts.entries[:5],
        words=facts.words[:1],
        changes=facts.changes[:4],
    )


def told_by_a_person() -> Facts:
    """Declared by hand: no dependency, no checks, no feed."""
    incident = IncidentFacts(
        "INC-9",
        "Uploads hang",
        "resolved",
        3,
        "U7",
        START,
        at(30),
        resolved_at=at(1200),
        mitigated_at=at(-5),
    )
    entries = (
        entry(1, 30, "state", "Ines declared an incident: Uploads hang.", "U7", status="open"),
        EntryFact(
            2, at(400), at(1100), "note", "U7", "A certificate had run out.", {"name": "Ines"}
        ),
    )
    return Facts(
        "Shop", at(1200), at(-900), incident, 2, "aa" * 32, entries=entries, people={"U7": "Ines"}
    )


def hostile() -> Facts:
    """The complete incident with text that tries to be markup, in every place a text can stand."""
    facts = complete()
    plan = replace(
        PLAN,
        outcome=HOSTILE,
        body=BODY
        | {
            "why": HOSTILE,
            "runbook": {"title": HOSTILE},
            "diff": [{"what": HOSTILE, "before": HOSTILE, "after": HOSTILE}],
        },
    )
    return replace(
        facts,
        service=HOSTILE,
        incident=replace(
            facts.incident, title=HOSTILE, summary=HOSTILE, dependency_title=HOSTILE, vendor=HOSTILE
        ),
        people={"U1": HOSTILE, "U2": HOSTILE},
        entries=tuple(replace(row, text=f"{row.seq} {HOSTILE}") for row in facts.entries),
        checks=(CheckFact("bucket-canary", "s3"), CheckFact(HOSTILE, "http", users_path=True)),
        changes=tuple(
            replace(c, reason=HOSTILE, check=HOSTILE if c.check == "shop-image" else c.check)
            for c in facts.changes
        ),
        words=(VendorWord(HOSTILE, at(-3600), HOSTILE, HOSTILE), *facts.words),
        plans=(plan,),
        actions=(ActionFact("ACT-1", HOSTILE, "open", "U1", "U2", at(0), at(0)),),
    )


def stretched(factor: float) -> Facts:
    """The complete incident, slower or faster by `factor`; its check changes and milestones."""
    facts = complete()

    def move(moment: datetime | None) -> Any:
        return None if moment is None else START + (moment - START) * factor

    i = facts.incident
    return replace(
        facts,
        now=move(facts.now),
        since=START - timedelta(minutes=15),
        incident=replace(
            i,
            detected_at=move(i.detected_at),
            acknowledged_at=move(i.acknowledged_at),
            mitigated_at=move(i.mitigated_at),
            resolved_at=move(i.resolved_at),
            vendor_reported_at=move(i.vendor_reported_at),
        ),
        entries=tuple(
            replace(e, at=move(e.at), recorded_at=move(e.recorded_at)) for e in facts.entries
        ),
        changes=tuple(replace(c, at=move(c.at)) for c in facts.changes),
        words=tuple(replace(w, at=move(w.at)) for w in facts.words),
    )
