"""What the bot itself does for a runbook: its real functions, on a real database, with every call
remembered. One incident, INC-1, and one plan of it, P-1, that Maya asked for and Jonas approved."""

import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.store import Store, migrate
from incidentbot.store.models import Approval, Plan
from tests.contracts.doubles.faults import Faults

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
Door = Callable[[Mapping[str, Any], str], Awaitable[tuple[Mapping[str, Any], str]]]


@contextmanager
def database(dependency: str | None = None) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/incidentbot.db")
        try:
            migrate.upgrade(store)
            store.run(_begin, dependency)
            yield store
        finally:
            store.close()


def watched(double: Faults, doors: Mapping[str, Door]) -> dict[str, Door]:
    """The same, each call through `double`."""

    def through(name: str) -> Door:
        async def door(params: Mapping[str, Any], plan_id: str) -> tuple[Mapping[str, Any], str]:
            double.run(name, lambda: None)
            return await doors[name](params, plan_id)

        return door

    return {name: through(name) for name in doors}


def approved(session: Session, plan_id: str, asked: str = "U1", by: str = "U2") -> None:
    """A plan of the incident, with somebody's yes."""
    session.add(
        Plan(
            id=plan_id, incident_id="INC-1", runbook="tell", target="t", body="{}", hash="f" * 64,
            state="running", created_by=asked, created_at=START,
            expires_at=START + timedelta(minutes=10), ended_at=None,
        )
    )  # fmt: skip
    session.flush()
    session.add(Approval(plan_id=plan_id, plan_hash="f" * 64, person=by, at=START))


def _begin(session: Session, dependency: str | None) -> None:
    lifecycle.open_incident(
        session,
        key="key",
        title="S3 in us-east-1 fails",
        severity=2,
        opened_by="incidentbot",
        started_at=START,
        detected_at=START,
        text="S3 fails.",
        dependency=dependency,
    )
    approved(session, "P-1")
