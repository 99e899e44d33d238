"""An incident that nobody was asked to take yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from incidentbot.paging import rounds
from incidentbot.paging.by_runbook import ByRunbook
from incidentbot.paging.policy import Policies
from incidentbot.runbooks.actions import page_someone
from incidentbot.settings import NamedPolicy, PagingSettings
from incidentbot.store.models import Page, PageRound, TimelineEntry
from tests.contracts.doubles.faults import Faults
from tests.contracts.doubles.house import database, watched
from tests.contracts.stages.stage import Stage
from tests.unit import paging_cases

PAGING = PagingSettings(
    policies=(
        NamedPolicy(name="storage", first=(paging_cases.of_people("lin"),)),
        NamedPolicy(name="office", first=(paging_cases.of_people("maya"),)),
    )
)


def reset(session: Session) -> None:
    session.execute(delete(Page))
    session.execute(delete(PageRound))
    session.execute(update(TimelineEntry).values(key=None))


@contextmanager
def stage() -> Iterator[Stage]:
    double, policies = Faults(), Policies(paging_cases.settings(PAGING))
    with database() as store:

        def live(session: Session) -> str:
            found = rounds.latest(session, "INC-1")
            return found.policy if found is not None else "nobody"

        def by_others(policy: str) -> None:
            store.run(rounds.renew, policies, "INC-1", policy, f"by others: {policy}")

        yield Stage(
            page_someone,
            page_someone.Options(incident="INC-1", policy="storage", called="storage"),
            double,
            writes=("page_someone",),
            reads=("page_look",),
            live=lambda: store.run(live),
            by_others=by_others,
            reset=lambda: store.run(reset),
            values=("nobody", "storage"),
            third="office",
            faults=(),
            nowhere={},
            doors=watched(double, ByRunbook(store, policies).doors),
        )
