"""Who is told, who may be, and that a message waiting to be sent is asked about once more."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle, privacy, subscriptions
from incidentbot.settings.telling import DigestSettings
from incidentbot.slack.blocks import kit
from incidentbot.slack.outbound import audience, outbox
from incidentbot.slack.outside import direct
from incidentbot.slack.outside.digest import Digest
from incidentbot.slack.present import Presenter
from incidentbot.store import Store
from incidentbot.store.models import Delivery, Incident
from tests.unit.console_cases import settings as any_settings

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def opened(session: Session, key: str = "k", **more: object) -> Incident:
    now = clock.now()
    given: dict[str, object] = {"title": "Gone", "severity": 2, "dependency": "s3"}
    id, _ = lifecycle.open_incident(
        session, key=key, opened_by="U0", started_at=now, detected_at=now, text="x",
        **(given | more),  # type: ignore[arg-type]
    )  # fmt: skip
    return lifecycle.get(session, id)


def wish(session: Session, *wishes: tuple[str, dict[str, object]]) -> None:
    for person, what in wishes:
        subscriptions.wish(session, person, **what)  # type: ignore[arg-type]


@SQLITE
def test_severity_dependency_number_and_mute(store: Store) -> None:
    def check(session: Session) -> None:
        wish(
            session,
            ("U1", {}),
            ("U2", {"severity": 1}),
            ("U3", {"dependency": "s3"}),
            ("U4", {"dependency": "cdn"}),
            ("U5", {"incident": "INC-1"}),
            ("U6", {}),
            ("U6", {"incident": "INC-1", "muted": True}),
        )
        first, drill = opened(session), opened(session, "d", test=True)
        assert sorted(subscriptions.audience(session, first)) == ["U1", "U3", "U5"]
        assert subscriptions.audience(session, drill) == []
        wish(session, ("U1", {"incident": "INC-2"}))
        assert subscriptions.audience(session, drill) == ["U1"]
        subscriptions.replace(session, "U1", None, [])
        assert "U1" not in subscriptions.audience(session, first)
        assert subscriptions.end(session, "U5", "INC-1", "")
        assert not subscriptions.end(session, "U5", "INC-1", "")
        subscriptions.replace(session, "U5", 3, ["s3", "cdn"])
        assert sorted(w.dependency for w in subscriptions.of(session, "U5")) == ["cdn", "s3"]

    store.run(check)


@SQLITE
def test_what_waits_is_withdrawn_when_the_incident_becomes_private(store: Store) -> None:
    message = kit.message("x", [])

    def check(session: Session) -> None:
        incident = opened(session)
        privacy.let_in(session, incident.id, "U2")
        wish(session, ("U1", {}), ("U2", {}))
        places = ("U1", "U2", outbox.ANNOUNCE, "#news")
        for place in places:
            target = outbox.about(incident.id, place)
            outbox.post(session, place, target, message)
            assert audience.where(session, target) == place
        incident.private = True
        session.flush()
        assert subscriptions.audience(session, incident) == ["U2"]
        seen = [audience.where(session, outbox.about(incident.id, place)) for place in places]
        assert seen == [None, "U2", None, None]
        assert audience.withdraw(session, incident.id) == 3
        left = [r.id for r in session.query(Delivery).filter_by(state="queued")]
        assert left == ["U2"]

    store.run(check)


@SQLITE
def test_an_edit_of_a_direct_message_goes_to_the_conversation(store: Store) -> None:
    def check(session: Session) -> None:
        incident = opened(session)
        target = outbox.about(incident.id, "U1")
        outbox.post(session, "dm", target, kit.message("x", []))
        row = session.query(Delivery).one()
        row.state, row.result = "sent", {"channel": "D1", "ts": "1.1"}
        session.flush()
        assert audience.where(session, target) == "D1"
        assert audience.where(session, outbox.about(incident.id, "U2")) == "U2"
        assert audience.where(session, outbox.about("INC-9", "U1")) is None

    store.run(check)


@pytest.mark.parametrize(
    ("kind", "data", "loud"),
    [
        ("severity", {"from": 3, "to": 1}, True),
        ("severity", {"from": 1, "to": 3}, False),
        ("state", {"status": "mitigated", "previous": "open"}, True),
        ("state", {"status": "resolved", "previous": "mitigated"}, True),
        ("state", {"status": "acknowledged", "previous": "mitigated"}, True),
        ("state", {"status": "acknowledged", "previous": "open"}, False),
        ("update", {}, False),
    ],
)
def test_only_what_must_not_be_missed_makes_noise(
    kind: str, data: dict[str, object], loud: bool
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert direct.is_loud(timeline.Entry("INC-1", 2, at, at, kind, "U1", "x", data, "")) is loud


def digest(at: time, zone: str) -> Digest:
    wanted = DigestSettings(at=at, timezone=zone)
    return Digest(wanted, Presenter(any_settings(), lambda s, i: []))


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    clock_time=st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland"]),
)
def test_the_digest_is_once_on_each_day_of_its_zone(
    at: datetime, clock_time: time, zone: str
) -> None:
    made = digest(clock_time, zone)
    first = made.next_after(at)
    second = made.next_after(first)
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in (first, second)]
    assert at < first <= at + timedelta(hours=26)
    assert days[1] - days[0] == timedelta(1)


def test_at_the_change_of_the_clocks_the_digest_keeps_its_time() -> None:
    made = digest(time(9), "Europe/Berlin")
    summer = datetime(2026, 10, 24, 8, tzinfo=UTC)
    assert made.next_after(summer) == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert made.next_after(datetime(2026, 10, 23, 8, tzinfo=UTC)).hour == 7
    assert date(2026, 10, 25).isoweekday() == 7
