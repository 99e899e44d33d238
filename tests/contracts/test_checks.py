"""Every kind of check, found by its plug-in's name, tells every failure by its reason."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from incidentbot import plugins
from incidentbot.http import Http
from incidentbot.settings import OriginSettings
from incidentbot.signals import REASONS
from incidentbot.signals.probes.contract import CheckOptions, Context, Result
from incidentbot.signals.probes.engine import CHECKS
from tests.contracts.wire import GARBAGE, answering, refusing, rude

Place = Callable[[], AbstractAsyncContextManager[str]]
Ask = Callable[[str, str, dict[str, Any]], Awaitable[Result]]

SHORT = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Case:
    """Ask `what` of the server at `place`, with these options; the result to expect."""

    ok: bool | None
    reason: str
    what: str = "fine"
    place: Place = answering
    options: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    says: str = ""

    def __str__(self) -> str:
        more = "-".join(str(value) for value in self.options.values())
        return "-".join(part for part in (self.reason, self.what, more, self.url) if part)


def tls(url: str) -> str:
    return url.replace("http://", "https://")


def nowhere(_url: str) -> str:
    return "http://nowhere.invalid"


def in_disguise(url: str) -> str:
    """A loopback address wrapped in one that looks public."""
    return url.replace("127.0.0.1", "[64:ff9b::7f00:1]")


CHANGES: dict[str, Callable[[str], str]] = {
    "": str,
    "tls": tls,
    "nowhere": nowhere,
    "in disguise": in_disguise,
}
EVERYWHERE = [
    Case(True, "ok"),
    Case(True, "slow", "slow", options={"slow": timedelta(milliseconds=10)}, says="more than"),
    Case(True, "ok", "slow", options={"slow": timedelta(seconds=9)}),
    Case(False, "http_5xx", "500", says="answered 500"),
    Case(False, "http_5xx", "503"),
    Case(False, "throttled", "429"),
    Case(False, "http_4xx", "400"),
    Case(False, "timeout", "hang", options={"timeout": SHORT}, says="0.25 s"),
    Case(False, "refused", place=refusing),
    Case(False, "reset", place=partial(rude, None)),
    Case(False, "dns", url="nowhere", options={"timeout": timedelta(seconds=5)}),
    Case(False, "tls", url="tls"),
]
CASES = {
    "http": [
        *EVERYWHERE,
        Case(False, "http_4xx", "403"),
        Case(False, "http_4xx", "404"),
        Case(True, "ok", "404", options={"expect_status": 404}),
        Case(True, "ok", options={"method": "HEAD"}),
        Case(True, "ok", options={"expect_text": "needle"}),
        Case(False, "wrong_body", options={"expect_text": "pin"}, says="'pin' is not in the body"),
        Case(False, "wrong_body", "large", options={"expect_text": "needle"}, says="first 2 MB"),
        Case(True, "ok", "large"),
        Case(True, "ok", options={"expect_headers": {"x-asset-origin": "us-east-1"}}),
        Case(False, "wrong_body", options={"expect_headers": {"x-asset-origin": "us-west-2"}}),
        Case(False, "wrong_body", options={"expect_headers": {"x-other": "1"}}, says="is missing"),
        Case(False, "wrong_body", "204", says="answered 204 instead of 200"),
        Case(True, "ok", "moved"),
        Case(False, "wrong_body", "moved", options={"follow_redirects": False}, says="302"),
        Case(False, "wrong_body", "loop", says="too many redirects"),
        Case(False, "wrong_body", place=partial(rude, GARBAGE)),
        Case(False, "reset", place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
        Case(
            False,
            "reset",
            place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"),
        ),
        Case(None, "internal", url="in disguise", options={"allow_private": False}, says="rule"),
    ],
    "s3": [
        *EVERYWHERE,
        Case(False, "throttled", "slow-down", says="503 Slow Down"),
        Case(None, "access_denied", "403", says="our own credentials"),
        Case(None, "access_denied", "401"),
        Case(False, "missing_key", "404", says="there is no '404'"),
        Case(None, "internal", "301", says="another region"),
        Case(False, "wrong_body", "portal", says="without an ETag"),
        Case(False, "wrong_body", place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
    ],
}
CANNOT_GIVE = {
    "http": {"access_denied", "missing_key", "wrong_checksum"},
    "s3": {"wrong_checksum"},
}


@pytest.fixture
async def ask(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[str], Ask]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # must not be used
    http = Http()
    contexts: list[Context] = []

    async def look(kind: str, url: str, what: str, more: dict[str, Any]) -> Result:
        module = plugins.get(CHECKS, kind)
        origins = [] if kind == "http" else [origin(url)]
        contexts.append(Context(http, origins))
        options = module.Options(**OPTIONS[kind](url, what) | more)
        result: Result = await module.check(options, contexts[-1])
        return result

    yield lambda kind: partial(look, kind)
    for context in contexts:
        context.close()
    await http.close()


def origin(url: str) -> OriginSettings:
    return OriginSettings(
        name="us-east-1", kind="s3", region="us-east-1", bucket="assets", endpoint_url=url
    )


OPTIONS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "http": lambda url, what: {
        "url": f"{url}/assets/{what}",
        "allow_private": True,
        "timeout": timedelta(seconds=5),
    },
    "s3": lambda _url, what: {
        "origin": "us-east-1",
        "key": what,
        "timeout": timedelta(seconds=5),
    },
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [(kind, case) for kind, cases in CASES.items() for case in cases],
    ids=str,
)
async def test_a_check_tells_what_happened(
    kind: str, case: Case, ask: Callable[[str], Ask]
) -> None:
    async with case.place() as url:
        result = await ask(kind)(CHANGES[case.url](url), case.what, case.options)
    assert (result.ok, result.reason) == (case.ok, case.reason), result.detail
    assert case.says in result.detail
    assert bool(result.detail) == (result.reason != "ok")
    assert result.latency_ms is not None
    assert result.latency_ms < 3000


@pytest.mark.parametrize("kind", sorted(plugins.found(CHECKS)))
def test_every_kind_has_a_contract_for_every_reason_it_gives(kind: str) -> None:
    told = {case.reason for case in CASES[kind]}
    assert told | CANNOT_GIVE[kind] == set(REASONS)
    assert not told & CANNOT_GIVE[kind]


@pytest.mark.parametrize("kind", sorted(plugins.found(CHECKS)))
def test_every_kind_has_strict_options_that_explain_themselves(kind: str) -> None:
    options = plugins.get(CHECKS, kind).Options
    assert issubclass(options, CheckOptions)
    assert options.model_config["extra"] == "forbid"
    assert options.model_config["frozen"] is True
    assert all(field.description for field in options.model_fields.values())


async def test_no_credentials_of_our_own_say_nothing_about_s3(
    ask: Callable[[str], Ask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with answering() as url:
        result = await ask("s3")(url, "fine", {})
    assert (result.ok, result.reason) == (None, "access_denied")
