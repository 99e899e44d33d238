"""From the real tables to files: complete, repeatable, recorded once, never outside the folder."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.errors import NotFound, Permanent
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.postmortem import draft as drafts
from incidentbot.postmortem.draft import Drafter
from incidentbot.postmortem.exporters import json
from incidentbot.postmortem.facts import gather
from incidentbot.settings import Settings
from incidentbot.store import Store, migrate
from incidentbot.store.models import Approval, Attempt, CheckChange, Document, Plan, TimelineEntry
from tests.unit import postmortem_cases as cases

MAYA, JONAS = Person("U1", "Maya"), Person("U2", "Jonas", approver=True)
EVIDENCE = {
    "evidence": [{"check": "shop-image", "kind": "http", "state": "down", "reason": "http_5xx",
                  "detail": "status 502", "latency_ms": 12.5}],
    "vendor": [{"feed": "aws-status", "state": "operational", "title": "All is well"}],
}  # fmt: skip


def settings(folder: Path) -> Settings:
    """Only what the drafter reads; the whole file has tests of its own."""
    check = SimpleNamespace(name="shop-image", kind="http", users_path=True)
    dependency = SimpleNamespace(
        name="s3", title="Amazon S3", vendor="aws", feeds=("aws-status",), checks=(check,)
    )
    made: Any = SimpleNamespace(
        name="Shop", dependencies=(dependency,), storage=SimpleNamespace(documents=folder)
    )
    return cast(Settings, made)


def opened(session: Session) -> str:
    now = clock.now()
    for ago, state in ((7200, "up"), (60, "down"), (20, "up")):
        session.add(
            CheckChange(check="shop-image", dependency="s3", at=now - timedelta(seconds=ago),
                        state=state, reason="http_5xx", detail="status 502", latency_ms=1.0)
        )  # fmt: skip
    incident_id, _ = lifecycle.open_incident(
        session, key="k", title="Images fail", severity=2, opened_by="incidentbot",
        started_at=now - timedelta(seconds=62), detected_at=now - timedelta(seconds=55),
        text="Amazon S3 is failing.", dependency="s3", evidence=EVIDENCE,
    )  # fmt: skip
    lifecycle.acknowledge(session, incident_id, MAYA)
    lifecycle.assign(session, incident_id, "commander", MAYA, MAYA)
    body = cases.BODY | {"plan_id": "P-1"}
    session.add(
        Plan(id="P-1", incident_id=incident_id, runbook="b", target="t", state="done",
             body=ids.canonical(body).decode(), hash=ids.digest(body), created_by="U1",
             created_at=now, expires_at=now, ended_at=now, outcome="us-west-2 serves now.")
    )  # fmt: skip
    session.flush()
    session.add(Approval(plan_id="P-1", plan_hash=ids.digest(body), person="U2", at=now))
    session.add(
        Attempt(plan_id="P-1", step="write", state="verified", request_digest="", before_token="7",
                fence=1, writes=1, updated_at=now)
    )  # fmt: skip
    lifecycle.mitigate(session, incident_id, because="Users are served again.")
    lifecycle.vendor_reported(
        session, incident_id, at=now, title="Errors", feed="aws-status", state="major_outage"
    )
    return incident_id


def resolved(session: Session) -> str:
    incident_id = opened(session)
    lifecycle.resolve(session, incident_id, actor=MAYA)
    return incident_id


def told(session: Session) -> list[str]:
    return list(session.scalars(select(TimelineEntry.text).filter_by(kind="document")))


def document(session: Session, incident_id: str, name: str) -> Document:
    return session.get_one(Document, (incident_id, name))


async def test_facts_come_from_the_tables_and_the_timeline(store: Store, tmp_path: Path) -> None:
    incident_id = await store.tx(resolved)
    facts = await store.tx(gather, incident_id, settings(tmp_path))
    assert [c.state for c in facts.changes] == ["up", "down", "up"]
    assert facts.changes[0].at < facts.since
    assert [(w.feed, w.state) for w in facts.words] == [
        ("aws-status", "operational"),
        ("aws-status", "major_outage"),
    ]
    (plan,) = facts.plans
    assert (plan.approvals[0].person, plan.attempts[0].writes) == ("U2", 1)
    assert facts.people == {"U1": "Maya"}
    assert facts.roles[0].role == "commander"
    assert facts.incident.dependency_title == "Amazon S3"


async def test_every_format_is_written_and_recorded(store: Store, tmp_path: Path) -> None:
    incident_id = await store.tx(resolved)
    drafter = Drafter(store, settings(tmp_path))
    written = await drafter.write(incident_id)
    assert [w["format"] for w in written] == drafts.formats() == ["html", "json", "markdown"]
    for row in written:
        content = (tmp_path / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        stored = await store.tx(document, incident_id, row["format"])
        assert (stored.path, stored.sha256) == (row["path"], row["sha256"])
    assert sorted(p.name for p in (tmp_path / incident_id).iterdir()) == [
        "postmortem.html", "postmortem.json", "postmortem.md",
    ]  # fmt: skip
    assert json.read((tmp_path / incident_id / "postmortem.json").read_bytes()).head.title
    assert await store.tx(told) == ["A postmortem draft was written as html, json and markdown."]
    assert await store.tx(timeline.verify, incident_id) is None


async def test_writing_again_changes_nothing_and_tells_nothing(
    store: Store, tmp_path: Path
) -> None:
    incident_id = await store.tx(resolved)
    drafter = Drafter(store, settings(tmp_path))
    first = await drafter.write(incident_id)
    assert await drafter.write(incident_id) == first
    assert len(await store.tx(told)) == 1


async def test_an_unresolved_incident_may_be_drafted_and_is_told_once(
    store: Store, tmp_path: Path
) -> None:
    incident_id = await store.tx(opened)
    drafter = Drafter(store, settings(tmp_path))
    await drafter.write(incident_id)
    await drafter.write(incident_id)
    assert len(await store.tx(told)) == 1


async def test_a_new_fact_is_a_new_draft(store: Store, tmp_path: Path) -> None:
    incident_id = await store.tx(resolved)
    drafter = Drafter(store, settings(tmp_path))
    first = await drafter.write(incident_id)
    await store.tx(lifecycle.note, incident_id, "A cache held stale answers.", JONAS)
    second = await drafter.write(incident_id)
    assert [w["path"] for w in first] == [w["path"] for w in second]
    assert {w["sha256"] for w in first}.isdisjoint({w["sha256"] for w in second})
    assert len(await store.tx(told)) == 2


async def test_a_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "documents", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    (inside / "INC-1").symlink_to(outside)
    store = _empty(tmp_path)
    incident_id = await store.tx(resolved)
    with pytest.raises(Permanent, match="documents folder"):
        await Drafter(store, settings(inside)).write(incident_id)
    assert list(outside.iterdir()) == []
    store.close()


async def test_an_unknown_incident_is_named(tmp_path: Path) -> None:
    store = _empty(tmp_path)
    with pytest.raises(NotFound, match="INC-404"):
        await Drafter(store, settings(tmp_path)).write("INC-404")
    store.close()


def _empty(folder: Path) -> Store:
    made = Store(f"sqlite:///{folder}/empty.db")
    migrate.upgrade(made)
    return made


def test_links_lead_to_the_documents_of_the_console() -> None:
    assert drafts.links("http://127.0.0.1:8080/", "INC-1", ["html", "markdown"]) == {
        "html": "http://127.0.0.1:8080/documents/INC-1/postmortem.html",
        "markdown": "http://127.0.0.1:8080/documents/INC-1/postmortem.md",
    }
    with pytest.raises(NotFound):
        drafts.links("http://x", "../etc", ["html"])
