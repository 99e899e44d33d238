"""POST /hooks/<name> on a real socket and both databases: a row before the 202, or no 202."""

import asyncio
import gzip
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from freezegun import freeze_time
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Temporary
from incidentbot.settings import HookMatch
from incidentbot.settings.secrets import Secret
from incidentbot.signals import Signal
from incidentbot.signals.hooks import inbox
from incidentbot.signals.hooks.hook import dependencies_of
from incidentbot.signals.hooks.inbox import Delivery, Inbox
from incidentbot.signals.hooks.worker import TRIES
from incidentbot.store import Store
from incidentbot.store.models import HookDelivery
from tests.contracts.hook_house import SECRET, HookHouse, hook, hook_house
from tests.contracts.pushed import PAIRS, pagerduty, prometheus

FIRING, RESOLVED = PAIRS["alertmanager"].bodies()


def rows(session: Session) -> list[tuple[str, str]]:
    found = session.execute(select(HookDelivery.hook, HookDelivery.state).order_by(HookDelivery.id))
    return [(row.hook, row.state) for row in found]


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HookDelivery)) or 0


def states(house: HookHouse) -> list[str]:
    return [signal.state for _, signal in house.took]


async def test_an_alert_is_a_row_before_the_answer_and_is_handed_on(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager", "prometheus")]) as house:
        assert (await house.post("prometheus", FIRING))[:2] == (202, {"accepted": 1})
        assert store.run(rows) == [("prometheus", "new")]
        assert (await house.post("prometheus", RESOLVED))[0] == 202
        await house.work()
        assert store.run(rows) == [("prometheus", "done")] * 2
    assert states(house) == ["major_outage", "operational"]
    assert len({signal.vendor_id for _, signal in house.took}) == 1


async def test_many_at_once_share_transactions_and_none_is_lost(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        bodies = [
            {**prometheus("firing"), "alerts": [{"status": "firing", "fingerprint": f"f{n}"}]}
            for n in range(60)
        ]
        answers = await asyncio.gather(*(house.post("alertmanager", b) for b in bodies))
        assert {status for status, _, _ in answers} == {202}
        assert store.run(count) == 60
        await house.work()
    assert {s.vendor_id for _, s in house.took} == {f"f{n}" for n in range(60)}


async def test_one_group_may_hold_a_repeat(store: Store) -> None:
    box = Inbox(store)
    one = Delivery("pager:1", "pager", b"{}", clock.now())
    two = Delivery("pager:2", "pager", b"{}", clock.now())
    assert await asyncio.gather(*(box.put(d) for d in (one, one, two))) == [True, False, True]
    assert await box.put(one) is False
    assert store.run(count) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "raw", "headers", "status", "says"),
    [
        ("nobody", FIRING, {}, 404, "no such hook"),
        ("alertmanager", FIRING, {"X_Incidentbot_Secret": "wrong"}, 401, "not authenticated"),
        ("alertmanager", b"not json", {"X_Incidentbot_Secret": ""}, 401, "not authenticated"),
        ("alertmanager", b"", {}, 400, "empty"),
        ("alertmanager", b'{"alerts": [', {}, 400, "not JSON, or cut off"),
        ("alertmanager", b"[" * 100_000, {}, 400, "nested too deeply"),
        ("alertmanager", b"\xff\xfe\xfd", {}, 400, "UTF"),
        ("alertmanager", b"<html><body>hello", {}, 400, "web page"),
        ("alertmanager", b'{"hello": 1}', {}, 422, "there is no list of alerts"),
        ("alertmanager", b"a=b&c=d", {}, 422, "there is no list of alerts"),
        ("alertmanager", b'{"alerts": []}', {}, 422, "list of alerts is empty"),
        ("datadog", b'{"title": "Slow", "id": "1"}', {}, 422, "$ALERT_TRANSITION"),
        ("alertmanager", b" " * 1024 * 1024 + b"{}", {}, 413, "1 MB"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_cannot_be_taken_is_refused_with_the_reason(
    store: Store, name: str, raw: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    async with hook_house(store, [hook("alertmanager"), hook("datadog")]) as house:
        answered, said, _ = await house.post(name, raw, **headers)
    assert answered == status
    assert says in said["error"]
    assert store.run(count) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png", "nonsense"])
async def test_the_body_and_not_its_label_says_what_it_is(store: Store, kind: str) -> None:
    async with hook_house(store, [hook("alertmanager"), hook("statusgator")]) as house:
        assert (await house.post("alertmanager", FIRING, Content_Type=kind))[0] == 202
        form = PAIRS["statusgator"].bodies()[0]
        assert (await house.post("statusgator", form, Content_Type=kind))[0] == 202


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_body_that_swells_when_unpacked_is_too_large(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        packed = gzip.compress(FIRING)
        assert (await house.post("alertmanager", packed, Content_Encoding="gzip"))[0] == 202
        bomb = gzip.compress(b" " * 8 * 1024 * 1024)
        assert len(bomb) < 10_000
        assert (await house.post("alertmanager", bomb, Content_Encoding="gzip"))[0] == 413


async def test_a_database_that_is_away_is_503_and_never_202(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        store.run(lambda session: session.execute(text("ALTER TABLE hook_inbox RENAME TO gone")))
        status, said, headers = await house.post("alertmanager", FIRING)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "written down" in said["error"]
        store.run(lambda session: session.execute(text("ALTER TABLE gone RENAME TO hook_inbox")))
        assert (await house.post("alertmanager", FIRING))[0] == 202
    assert store.run(count) == 1


async def test_what_a_dead_process_left_is_done_by_the_next_one(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        assert (await house.post("alertmanager", FIRING))[0] == 202
    async with hook_house(store, [hook("alertmanager")]) as second:
        await second.work()
        await second.work()
    assert (states(house), states(second)) == ([], ["major_outage"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_worker_is_woken_by_a_commit(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        working = asyncio.create_task(house.hooks.worker.run())
        assert (await house.post("alertmanager", FIRING))[0] == 202
        async with asyncio.timeout(10):
            await house.came.wait()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_fault_holds_back_its_own_sender_in_order_and_no_other(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager", "one"), hook("pingdom", "two")]) as house:
        with freeze_time("2026-11-20T10:00:00Z", tick=False) as frozen:
            house.fault = Temporary("not now")
            for raw in (FIRING, RESOLVED):
                await house.post("one", raw)
            await house.work()
            assert states(house) == []
            house.fault = None
            await house.post("two", PAIRS["pingdom"].bodies()[0])
            await house.work()
            assert [name for name, _ in house.took] == ["two"]
            frozen.tick(timedelta(seconds=70))
            await house.work()
    assert states(house) == ["major_outage", "major_outage", "operational"]


async def test_it_gives_up_where_everybody_can_see_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        with freeze_time("2026-11-20T10:00:00Z", tick=False) as frozen:
            await house.post("alertmanager", FIRING)
            await house.post("alertmanager", RESOLVED)
            house.fault = RuntimeError("a fault of ours")
            for _ in range(TRIES):
                assert store.run(rows)[0] == ("alertmanager", "new")
                await house.work()
                frozen.tick(timedelta(seconds=70))
            assert store.run(rows)[0] == ("alertmanager", "failed")
            assert "gave up on delivery" in caplog.text
            house.fault = None
            await house.work()
    assert states(house) == ["operational"]
    error = store.run(lambda session: session.scalar(select(HookDelivery.error)))
    assert "a fault of ours" in (error or "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_is_away_counts_as_no_try_and_a_bad_value_does(store: Store) -> None:
    def tries(session: Session) -> list[tuple[str, int]]:
        return [(row.state, row.attempts) for row in session.scalars(select(HookDelivery))]

    async with hook_house(store, [hook("alertmanager")]) as house:
        await house.post("alertmanager", FIRING)
        house.fault = OperationalError("SELECT 1", {}, Exception("gone"))
        with pytest.raises(OperationalError):
            await house.work()
        assert store.run(tries) == [("new", 0)]
        house.fault = DataError("INSERT", {}, Exception("too long"))
        await house.work()
        assert store.run(tries) == [("new", 1)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_hook_that_is_configured_no_more_is_given_up_at_once(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        await house.post("alertmanager", FIRING)
    async with hook_house(store, [hook("pingdom")]) as house:
        await house.work()
    assert store.run(rows) == [("alertmanager", "failed")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_done_rows_are_forgotten_after_a_day_and_others_never(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        for _ in range(3):
            await house.post("alertmanager", FIRING)
        await house.work()
        store.run(
            lambda session: session.execute(
                update(HookDelivery).where(HookDelivery.id == 1).values(state="failed")
            )
        )
        store.run(inbox.prune, clock.now() - timedelta(hours=24))
        assert store.run(count) == 3
        store.run(inbox.prune, clock.now() + timedelta(seconds=1))
    assert store.run(rows) == [("alertmanager", "failed")]


# --- proof -----------------------------------------------------------------------------------


def signature(raw: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def paged(status: str = "triggered", **more: Any) -> bytes:
    page = pagerduty(status)
    page["event"] |= {"occurred_at": clock.iso(clock.now())} | more
    return json.dumps(page).encode()


async def test_pagerduty_signs_the_raw_bytes_and_repeats_have_no_effect(store: Store) -> None:
    raw = paged()
    spaced = raw.replace(b'": ', b'" :  ')
    async with hook_house(store, [hook("pagerduty")]) as house:
        signed = {"X_PagerDuty_Signature": f"v1={'0' * 64}, v1={signature(raw)}"}
        assert (await house.post("pagerduty", raw, **signed))[:2] == (202, {"accepted": 1})
        answer = await house.post("pagerduty", raw, **signed)
        assert answer[:2] == (202, {"accepted": 0, "duplicate": True})
        # The same event signed anew, as after a change of the secret, is the same event.
        again = {"X_PagerDuty_Signature": f"v1={signature(spaced)}"}
        assert (await house.post("pagerduty", spaced, **again))[1]["duplicate"] is True
        assert (await house.post("pagerduty", spaced, **signed))[0] == 401
        await house.work()
    assert states(house) == ["degraded"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_forged_and_stale_pages_are_refused(store: Store) -> None:
    raw = paged()
    right = signature(raw)
    async with hook_house(store, [hook("pagerduty")]) as house:
        for wrong in (
            f"v0={right}",
            right,
            f"v1={signature(raw, 'other')}",
            f"v1={right[:-1]}",
            "v1=" * 1000 + right,
            "",
        ):
            status, said, _ = await house.post("pagerduty", raw, X_PagerDuty_Signature=wrong)
            assert (status, said) == (401, {"error": "not authenticated"}), wrong
        for shift, expected in ((-25, 403), (-23, 202), (1, 403)):
            at = clock.iso(clock.now() + timedelta(hours=shift))
            raw = paged(occurred_at=at, id=f"e{shift}")
            signed = {"X_PagerDuty_Signature": f"v1={signature(raw)}"}
            assert (await house.post("pagerduty", raw, **signed))[0] == expected
    assert store.run(count) == 1


def stamped(raw: bytes, seconds: int = 0) -> dict[str, str]:
    stamp = str(int(clock.now().timestamp()) + seconds)
    return {"X_Stamp": stamp, "X_Sign": signature(stamp.encode() + b":" + raw)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_signed_time_ends_the_life_of_a_copy(store: Store) -> None:
    options = {"signature_header": "X-Sign", "timestamp_header": "X-Stamp"}
    async with hook_house(store, [hook("grafana", **options)]) as house:
        raw = PAIRS["grafana"].bodies()[0]
        first = stamped(raw)
        assert (await house.post("grafana", raw, **first))[:2] == (202, {"accepted": 1})
        assert (await house.post("grafana", raw, **first))[1]["duplicate"] is True
        # The same alert again at another time is news; under another time it is a forgery.
        assert (await house.post("grafana", raw, **stamped(raw, 2)))[:2] == (202, {"accepted": 1})
        later = first | {"X_Stamp": str(int(first["X_Stamp"]) + 1)}
        assert (await house.post("grafana", raw, **later))[0] == 401
        assert (await house.post("grafana", raw))[0] == 401  # the secret itself is not taken now
        for shift in (-301, 301):
            status, said, _ = await house.post("grafana", raw, **stamped(raw, shift))
            assert (status, "signed at" in said["error"]) == (403, True)
    assert store.run(count) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1"])
async def test_a_signature_alone_makes_a_repeat_a_repeat(store: Store, algorithm: str) -> None:
    options = {"signature_header": "X-Sign", "signature": algorithm}
    mac = hmac.new(SECRET.encode(), FIRING, algorithm).hexdigest()
    async with hook_house(store, [hook("alertmanager", **options)]) as house:
        for sign in (mac, f"{algorithm}={mac}", mac.upper()):
            assert (await house.post("alertmanager", FIRING, X_Sign=sign))[0] == 202
        assert (await house.post("alertmanager", FIRING + b" ", X_Sign=mac))[0] == 401
    assert store.run(count) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_a_shared_secret_the_same_words_later_are_news(store: Store) -> None:
    """Firing, resolved, firing again may be the same bytes; only a signature makes copies known."""
    async with hook_house(store, [hook("zabbix")]) as house:
        for raw in (*PAIRS["zabbix"].bodies(), PAIRS["zabbix"].bodies()[0]):
            assert (await house.post("zabbix", raw))[:2] == (202, {"accepted": 1})
        await house.work()
    assert states(house) == ["degraded", "operational", "degraded"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_secret_may_stand_in_the_address_of_a_sender_without_headers(
    store: Store,
) -> None:
    raw = PAIRS["statuspage"].bodies()[0]
    async with hook_house(store, [hook("statuspage")]) as house:
        assert (await house.post(f"statuspage?secret={SECRET}", raw))[0] == 202
        nothing = {"X_Incidentbot_Secret": ""}
        assert (await house.post(f"statuspage?secret={SECRET}", raw, **nothing))[0] == 202
        assert (await house.post("statuspage?secret=x", raw, **nothing))[0] == 401
    assert store.run(count) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_test_message_is_taken_and_has_no_effect(store: Store) -> None:
    async with hook_house(store, [hook("uptime_kuma")]) as house:
        said = {"heartbeat": None, "monitor": None, "msg": "Testing"}
        assert (await house.post("uptime_kuma", said))[1] == {"accepted": 0, "notes": ["Testing"]}
        await house.work()
    assert (house.took, store.run(rows)) == ([], [("uptime_kuma", "done")])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_only_post_is_a_way_in(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house, aiohttp.ClientSession() as http:
        for method in ("GET", "PUT", "DELETE"):
            async with http.request(method, f"{house.url}/hooks/alertmanager") as answer:
                assert answer.status == 405


# --- what an alert is about --------------------------------------------------------------------


def test_an_alert_finds_its_dependencies_by_its_labels() -> None:
    rules = (
        HookMatch(labels={"bucket": "pictures-*", "region": "eu-west-1"}, dependency="s3-eu"),
        HookMatch(labels={"team": "cdn"}, dependency="cdn"),
    )
    settings = hook("alertmanager").model_copy(update={"match": rules})

    def about(**labels: str) -> tuple[str, ...]:
        return dependencies_of(settings, Signal("f", "v", region="eu-west-1", labels=labels))

    assert about(bucket="pictures-1") == ("s3-eu",)
    assert about(bucket="pictures-1", team="cdn") == ("s3-eu", "cdn")
    assert about(bucket="pictures-1", region="us-east-1") == ("s3",)
    assert about(bucket="other") == about() == ("s3",)


def test_the_weight_is_that_of_the_kind_unless_said() -> None:
    assert [hook(kind).weighs for kind in ("pingdom", "statuspage")] == ["probe", "feed"]
    assert hook("pingdom").model_copy(update={"weight": "feed"}).weighs == "feed"


def test_a_secret_never_shows() -> None:
    settings = hook("pingdom", secret=Secret("PINGDOM", SecretStr("hidden-thing")))
    assert "hidden-thing" not in repr(settings) + settings.model_dump_json()


# --- what comes late ---------------------------------------------------------------------------


def pinged(state: str, at: int) -> dict[str, Any]:
    return {**PAIRS["pingdom"].firing, "current_state": state, "state_changed_timestamp": at}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_firing_that_its_resolved_overtook_is_old_news(store: Store) -> None:
    async with hook_house(store, [hook("pingdom")]) as house:
        for page in (pinged("UP", 1763632990), pinged("DOWN", 1763632930)):
            assert (await house.post("pingdom", page))[0] == 202
        await house.work()
        assert [s.state for _, s in house.took] == ["operational"]
        await house.post("pingdom", pinged("DOWN", 1763633000))
        await house.work()
    assert [s.state for _, s in house.took] == ["operational", "major_outage"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_sender_whose_clock_is_ahead_is_still_heard(store: Store) -> None:
    ahead = int(clock.now().timestamp()) + 86400
    async with hook_house(store, [hook("pingdom")]) as house:
        for page in (pinged("DOWN", ahead), pinged("UP", ahead + 5)):
            await house.post("pingdom", page)
        await house.work()
    assert [s.state for _, s in house.took] == ["major_outage", "operational"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_alertmanager_may_fire_again_what_it_called_resolved(store: Store) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        for word in ("firing", "resolved", "firing"):
            await house.post("alertmanager", prometheus(word))
        await house.work()
    assert [s.state for _, s in house.took] == ["major_outage", "operational", "major_outage"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_wrong_secrets_do_not_hide_a_wrong_body_from_the_log(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        for _ in range(3):
            await house.post("alertmanager", FIRING, X_Incidentbot_Secret="guess-1")
            await house.post("alertmanager", {"hello": 1})
    said = [r.getMessage() for r in caplog.records if "is refused" in r.getMessage()]
    assert len(said) == 2
    assert "no list of alerts" in said[1]
    assert "guess-1" not in caplog.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_hangs_up_within_a_body_is_no_error_of_ours(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with hook_house(store, [hook("alertmanager")]) as house:
        host, port = house.url.removeprefix("http://").split(":")
        head = "POST /hooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{{}}"
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.format(100).encode())
        await writer.drain()
        writer.close()
        reader, patient = await asyncio.open_connection(host, int(port))
        patient.write(head.format(99_999_999).encode())
        assert b" 413 " in await reader.readline()  # at once, and not when the body is through
        patient.close()
        assert (await house.post("alertmanager", FIRING))[0] == 202
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []
