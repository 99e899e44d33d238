"""What an answer of Slack means for the call that got it."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from incidentbot.slack.outbound.classify import Kind, Outcome, classify


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


KINDS = {
    Kind.LATER: """ratelimited rate_limited message_limit_exceeded too_many_requests
        service_unavailable team_added_to_org org_login_required external_channel_migrating
        streaming_state_conflict""",
    Kind.IN_DOUBT: "fatal_error internal_error request_timeout update_failed",
    Kind.DONE: """already_in_channel already_archived not_archived already_pinned no_pin not_pinned
        already_reacted no_reaction channel_canvas_already_exists""",
    Kind.INSTEAD: """name_taken not_in_channel channel_not_found is_archived expired_trigger_id
        hash_conflict cant_update_message edit_window_closed thread_not_found message_not_found
        user_not_in_channel""",
    Kind.FORBIDDEN: """missing_scope not_allowed_token_type restricted_action
        restricted_action_read_only_channel restricted_action_thread_only_channel no_permission
        paid_teams_only plan_upgrade_required posting_to_channel_denied messages_tab_disabled
        canvas_disabled_user_team file_uploads_disabled file_uploads_except_images_disabled""",
    Kind.DEAD: """invalid_auth not_authed account_inactive token_revoked token_expired access_denied
        team_access_not_granted""",
    Kind.OURS: """invalid_blocks invalid_blocks_format invalid_arguments msg_too_long
        msg_blocks_too_long no_text too_long invalid_name invalid_name_specials view_too_large
        metadata_too_large invalid_metadata_format""",
    Kind.FINAL: "something_slack_invents_next_year cant_invite user_is_restricted too_many_pins",
}


@pytest.mark.parametrize("kind, codes", KINDS.items(), ids=lambda it: getattr(it, "name", ""))
def test_each_code_has_its_kind(kind: Kind, codes: str) -> None:
    assert {code: answered(code) for code in codes.split()} == dict.fromkeys(codes.split(), kind)


def test_what_is_gone_need_not_be_deleted_but_cannot_be_edited() -> None:
    response = SimpleNamespace(status_code=200, data={"error": "message_not_found"}, headers={})
    gone = SlackApiError("no", response)  # type: ignore[no-untyped-call]
    assert classify(gone, "chat.delete").kind is Kind.DONE
    assert classify(gone, "chat.update").kind is Kind.INSTEAD


def test_a_migrating_workspace_is_left_in_peace_for_minutes() -> None:
    assert outcome("team_added_to_org").wait >= 60 > outcome("service_unavailable").wait


WORDS = st.text("abcdefghij_ ", max_size=30)


@given(
    status=st.sampled_from([200, 302, 400, 403, 404, 408, 413, 429, 500, 502, 503]),
    code=WORDS | st.sampled_from(" ".join(KINDS.values()).split()),
    after=st.text(max_size=6) | st.floats().map(str) | st.just("7"),
    more=st.dictionaries(
        st.sampled_from(["needed", "errors", "response_metadata"]),
        st.none() | st.just("x:y") | st.lists(st.none() | st.just({"user": "U1"}), max_size=2),
    ),
)
def test_whatever_comes_it_has_a_meaning_and_a_wait_that_ends(
    status: int, code: str, after: str, more: dict[str, Any]
) -> None:
    found = outcome(code, status, {"Retry-After": after}, **more)
    if found.kind in (Kind.LATER, Kind.IN_DOUBT):
        assert 1 <= found.wait <= 3600
    if status == 429:
        assert (found.kind, found.code) == (Kind.LATER, "ratelimited")
    if status >= 500 and (not code or " " in code):
        assert found.kind is Kind.IN_DOUBT


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
