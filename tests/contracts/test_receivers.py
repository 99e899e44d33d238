"""Every receiver, found by its file, keeps the contract: what fires is found again when it ends."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from multidict import CIMultiDict
from pydantic import SecretStr

from incidentbot import plugins
from incidentbot.settings import HookOptions
from incidentbot.settings.secrets import Secret
from incidentbot.signals import STATES, Signal, body
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.reading import recognised
from incidentbot.signals.hooks.contract import Request, Unproven
from incidentbot.signals.hooks.proof import SecretOptions
from incidentbot.signals.hooks.reading import RECEIVERS, signals_of, understand
from tests.contracts.pushed import (
    GENERIC,
    PAIRS,
    TOPIC,
    health_event,
    kuma,
    notification,
    opsgenie,
    pagerduty,
    prometheus,
    updown,
)

KINDS = sorted(plugins.found(RECEIVERS))
NOW = datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
FEED = Feed("hook", "", NOW)
SECRET = Secret("SOME_SECRET", SecretStr("open-sesame"))


def options_of(kind: str, **more: Any) -> Any:
    model = plugins.get(RECEIVERS, kind).Options
    needed: dict[str, Any] = {"topics": (TOPIC,)} if kind == "sns" else {"secret": SECRET}
    return model(**needed, **(GENERIC if kind == "generic" else {}), **more)


def read(kind: str, raw: bytes) -> list[Signal]:
    return signals_of(plugins.get(RECEIVERS, kind), body.read(raw), FEED, options_of(kind))


def request(raw: bytes = b"{}", query: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(CIMultiDict(named), {"secret": query} if query else {}, raw, NOW)


def signals(page: Any, kind: str) -> list[Signal]:
    return read(kind, json.dumps(page).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_what_fires_is_resolved_under_the_same_id(kind: str) -> None:
    pair = PAIRS[kind]
    (fired,), (resolved,) = (read(kind, raw) for raw in pair.bodies())
    assert (fired.state, resolved.state) == (pair.state, "operational")
    assert fired.vendor_id
    assert fired.vendor_id == resolved.vendor_id
    assert fired.feed == "hook"
    assert fired.title
    assert all(isinstance(v, str) and len(v) <= 200 for v in fired.labels.values())
    for at in (fired.started_at, fired.updated_at):
        assert at is None or (at.year in (2025, 2026) and at.tzinfo == UTC)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "generic"])
def test_its_bodies_are_recognised_by_it_and_by_no_other(kind: str) -> None:
    found = plugins.found(RECEIVERS)
    for raw in PAIRS[kind].bodies():
        assert [k for k in KINDS if found[k].recognises(body.read(raw))] == [kind]
        assert recognised(body.read(raw), (RECEIVERS,)) == [kind]
        assert understand(raw, FEED).format == kind


@pytest.mark.parametrize("kind", KINDS)
def test_its_options_are_strict_and_explain_themselves(kind: str) -> None:
    options = plugins.get(RECEIVERS, kind).Options
    assert issubclass(options, HookOptions)
    assert options.model_config["extra"] == "forbid"
    assert all(field.description for field in options.model_fields.values())
    assert {"secret", "topics"} & set(options.model_fields), "anybody could send"
    assert options.WEIGHT in ("probe", "feed")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("secret", ["", "wrong", "open-sesam", "open-sesame2", "\udcff"])
def test_nobody_comes_in_without_proof(kind: str, secret: str) -> None:
    receiver, options = plugins.get(RECEIVERS, kind), options_of(kind)
    raw = PAIRS[kind].bodies()[0]
    headers = {
        "Authorization": f"Bearer {secret}",
        "X_Incidentbot_Secret": secret,
        "X_PagerDuty_Signature": f"v1={secret},v1=",
    }
    for asked in (request(raw), request(raw, secret, **headers)):
        with pytest.raises(Unproven):
            receiver.authenticate(asked, options)


BY_SECRET = [k for k in KINDS if issubclass(plugins.get(RECEIVERS, k).Options, SecretOptions)]


@pytest.mark.parametrize("kind", BY_SECRET)
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer open-sesame"},
        {"Authorization": "bearer  open-sesame"},
        {"Authorization": "Basic Ym90Om9wZW4tc2VzYW1l"},
        {"X_Incidentbot_Secret": "open-sesame"},
    ],
)
def test_a_shared_secret_opens(kind: str, headers: dict[str, str]) -> None:
    receiver = plugins.get(RECEIVERS, kind)
    assert receiver.authenticate(request(b"{}", "", **headers), options_of(kind)) == ""


def test_a_header_of_ones_own_is_the_only_one_then() -> None:
    receiver = plugins.get(RECEIVERS, "eventbridge")
    options = options_of("eventbridge", header="X-Api-Key")
    assert receiver.authenticate(request(X_API_Key="open-sesame"), options) == ""
    with pytest.raises(Unproven):
        receiver.authenticate(request(Authorization="Bearer open-sesame"), options)


def test_the_address_holds_the_secret_only_where_the_sender_has_no_other_place() -> None:
    statuspage, alertmanager = (plugins.get(RECEIVERS, k) for k in ("statuspage", "alertmanager"))
    asked = request(query="open-sesame")
    assert statuspage.authenticate(asked, options_of("statuspage")) == ""
    for receiver, options in (
        (alertmanager, options_of("alertmanager")),
        (statuspage, options_of("statuspage", secret_in_url=False)),
    ):
        with pytest.raises(Unproven):
            receiver.authenticate(asked, options)


def test_one_body_brings_several_alerts_of_mixed_status() -> None:
    page = prometheus("firing")
    second = {**page["alerts"][0], "status": "resolved", "fingerprint": "ffff"}
    third = {**page["alerts"][0], "labels": {"alertname": "Slow"}, "fingerprint": "eeee"}
    page["alerts"] += [second, third]
    found = signals(page, "alertmanager")
    assert [s.state for s in found] == ["major_outage", "operational", "degraded"]
    assert len({s.vendor_id for s in found}) == 3
    assert [s.storage for s in found] == ["yes", "yes", "yes"]
    assert (found[0].region, found[0].service) == ("eu-west-1", "s3")


def test_an_alert_without_fingerprint_is_known_by_its_labels() -> None:
    def keys(status: str) -> list[str]:
        page = prometheus(status, groupKey=17, version="3")
        del page["alerts"][0]["fingerprint"]
        return [s.vendor_id for s in signals(page, "alertmanager")]

    assert keys("firing") == keys("resolved")


def test_no_end_is_no_time_and_cut_off_alerts_are_said() -> None:
    (fired,) = signals(prometheus("firing", truncatedAlerts=3), "alertmanager")
    assert fired.updated_at is None
    assert "3 more alerts were cut off" in fired.why


@pytest.mark.parametrize("name", ["DatasourceNoData", "DatasourceError"])
def test_grafana_that_saw_nothing_says_nothing(name: str) -> None:
    page = prometheus("firing", orgId=1)
    page["alerts"][0]["labels"]["alertname"] = name
    assert [s.state for s in signals(page, "grafana")] == ["unknown"]


def test_an_alert_that_is_always_on_is_no_fault() -> None:
    page = prometheus("firing")
    page["alerts"][0]["labels"]["severity"] = "none"
    assert [s.state for s in signals(page, "alertmanager")] == ["unknown"]


@pytest.mark.parametrize("metric", ["BucketSizeBytes", "NumberOfObjects"])
def test_an_alarm_on_how_much_is_stored_does_not_touch_storage(metric: str) -> None:
    alarm = json.loads(PAIRS["sns"].firing["Message"])
    assert [s.storage for s in signals(notification(alarm), "sns")] == ["yes"]
    alarm["Trigger"]["MetricName"] = metric
    assert [s.storage for s in signals(notification(alarm), "sns")] == ["no"]


def test_insufficient_data_is_not_ok() -> None:
    alarm = json.loads(PAIRS["sns"].firing["Message"]) | {"NewStateValue": "INSUFFICIENT_DATA"}
    (seen,) = signals(notification(alarm), "sns")
    assert seen.state == "unknown"
    assert seen.vendor_id == read("sns", PAIRS["sns"].bodies()[0])[0].vendor_id


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (health_event("open"), "degraded"),
        (health_event("open", endTime="Fri, 20 Nov 2026 10:09:00 GMT"), "degraded"),
        (health_event("closed"), "operational"),
        (health_event("", endTime="Fri, 20 Nov 2026 10:09:00 GMT"), "operational"),
        (health_event("open", eventTypeCategory="scheduledChange"), "maintenance"),
    ],
)
def test_amazon_speaks_of_its_own_health(event: dict[str, Any], state: str) -> None:
    (direct,) = signals(event, "eventbridge")
    (through_sns,) = signals(notification(event), "sns")
    assert direct == through_sns
    assert (direct.state, direct.region, direct.storage) == (state, "eu-west-1", "yes")
    assert direct.started_at == datetime(2026, 11, 20, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "page", "phase"),
    [
        ("uptime_kuma", kuma(0) | {"heartbeat": None, "monitor": None}, "test"),
        ("pagerduty", {"event": {"event_type": "pagey.ping", "id": "x"}}, "test"),
        ("opsgenie", opsgenie("AddNote"), "note"),
        ("updown", updown("check.performance_drop"), "note"),
        ("sns", notification("") | {"Type": "SubscriptionConfirmation"}, "handshake"),
        ("sns", notification("hello"), "note"),
        ("eventbridge", health_event("open", eventTypeCategory="accountNotification"), "note"),
    ],
)
def test_what_says_nothing_of_a_state_has_no_effect(kind: str, page: Any, phase: str) -> None:
    (said,) = signals(page, kind)
    assert (said.vendor_id, said.state, said.phase) == ("", "unknown", phase)
    assert said.why


def test_pagerdutys_older_messages_are_understood() -> None:
    incident = pagerduty("resolved")["event"]["data"]
    page = {"messages": [{"event": "incident.resolve", "incident": incident}]}
    (new,) = signals(pagerduty("triggered"), "pagerduty")
    (old,) = signals(page, "pagerduty")
    assert (old.vendor_id, old.state) == (new.vendor_id, "operational")


PIECES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["firing", "resolved", "1e999", "2026-11-20", "0001-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [path] + [
        place
        for key, value in inner
        for place in (
            places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
        )
    ]


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


def parsed(kind: str, page: Any) -> list[Signal]:
    """Straight from the receiver: one that raises is not caught on the way."""
    form = PAIRS[kind].form and isinstance(page, dict)
    read = body.read((urlencode(page) if form else json.dumps(page)).encode("utf-8", "replace"))
    module = plugins.get(RECEIVERS, kind)
    module.recognises(read)
    if hasattr(module, "parse_as"):
        return list(module.parse_as(read, FEED, options_of(kind)))
    return list(module.parse(read, FEED))


@pytest.mark.parametrize("kind", KINDS)
@effort(max_examples=25)
@given(st.data())
def test_an_odd_value_anywhere_breaks_nothing(kind: str, data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(places(PAIRS[kind].firing)))
    found = parsed(kind, replaced(PAIRS[kind].firing, where, data.draw(PIECES)))
    assert found
    assert all(isinstance(s, Signal) and s.state in STATES for s in found)
    assert all(len(s.vendor_id) <= 200 for s in found)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_or_strange_never_means_that_all_is_well(kind: str) -> None:
    for where in places(PAIRS[kind].firing):
        odd: Any
        for odd in (None, "", "strange", {}, [], -1):
            found = parsed(kind, replaced(PAIRS[kind].firing, where, odd))
            assert not [s for s in found if s.state == "operational"], (where, odd)
