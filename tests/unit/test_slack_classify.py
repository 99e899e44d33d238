"""What an answer of Slack means for the call that got it."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from incidentbot.slack.classify import Kind, Outcome, classify


def answered(
    code: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any
) -> Kind:
    return outcome(code, status, headers, **more).kind


def outcome(
    code: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any
) -> Outcome:
    data = {"ok": False, "error": code, **more}
    response = SimpleNamespace(status_code=status, data=data, headers=headers or {})
    return classify(SlackApiError("no", response))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "code, kind",
    [
        ("ratelimited", Kind.LATER),
        ("rate_limited", Kind.LATER),
        ("message_limit_exceeded", Kind.LATER),
        ("too_many_requests", Kind.LATER),
        ("service_unavailable", Kind.LATER),
        ("fatal_error", Kind.IN_DOUBT),
        ("internal_error", Kind.IN_DOUBT),
        ("request_timeout", Kind.IN_DOUBT),
        ("already_pinned", Kind.DONE),
        ("already_in_channel", Kind.DONE),
        ("token_revoked", Kind.DEAD),
        ("invalid_auth", Kind.DEAD),
        ("channel_not_found", Kind.FINAL),
        ("name_taken", Kind.FINAL),
        ("something_slack_invents_next_year", Kind.FINAL),
    ],
)
def test_each_code_has_its_kind(code: str, kind: Kind) -> None:
    assert answered(code) is kind


def test_429_waits_as_long_as_slack_asks_and_half_a_minute_when_it_does_not_say() -> None:
    assert outcome("", 429, {"Retry-After": "7"}).wait == 7
    assert outcome("", 429, {"retry-after": "soon"}).wait == 30
    assert outcome("ratelimited").wait == 30


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_page_instead_of_an_answer_is_doubt_because_slack_may_have_acted(status: int) -> None:
    response = SimpleNamespace(status_code=status, data={}, headers={})
    assert classify(SlackApiError("html", response)).kind is Kind.IN_DOUBT  # type: ignore[no-untyped-call]


def test_text_that_is_no_code_is_doubt() -> None:
    assert answered("Received a response in a non-JSON format: <html>") is Kind.IN_DOUBT


def test_a_response_object_without_data_is_doubt() -> None:
    response = SimpleNamespace(status=200)
    assert classify(SlackApiError("cut", response)).kind is Kind.IN_DOUBT  # type: ignore[no-untyped-call]


def test_no_answer_is_doubt_but_no_connection_is_certain() -> None:
    assert classify(TimeoutError()).kind is Kind.IN_DOUBT
    assert classify(ConnectionResetError()).kind is Kind.IN_DOUBT
    key: Any = SimpleNamespace(host="h", port=1, ssl=None, is_ssl=False)
    refused = aiohttp.ClientConnectorError(key, OSError(111, "refused"))
    assert classify(refused).kind is Kind.LATER


def test_a_missing_scope_is_named() -> None:
    assert "pins:write" in outcome("missing_scope", needed="pins:write").detail


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_an_answer_address_that_is_over_is_final(status: int) -> None:
    response = SimpleNamespace(status_code=status, body="expired_url", headers={})
    refused = SlackApiError("refused", response)  # type: ignore[no-untyped-call]
    assert classify(refused).kind is Kind.FINAL
