"""What the contract tests of all checks share: a case, and a way to make one look."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import SecretStr

from incidentbot import plugins
from incidentbot.http import Http
from incidentbot.runbooks.origins import s3
from incidentbot.settings import OriginSettings
from incidentbot.settings.secrets import Secret
from incidentbot.signals.probes.contract import Context, Result
from incidentbot.signals.probes.engine import CHECKS
from tests.contracts.certificates import authority
from tests.contracts.wire import answering

Place = Callable[[], AbstractAsyncContextManager[str]]

SHORT = timedelta(milliseconds=250)
TINY = timedelta(milliseconds=10)
LONG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Case:
    """Ask `what` of the server at `place`, with these options; the result to expect."""

    ok: bool | None
    reason: str
    what: str = "fine"
    place: Place = answering
    options: dict[str, Any] = field(default_factory=dict)
    url: Callable[[str], str] = str
    says: str = ""

    def __str__(self) -> str:
        more = "-".join(str(value)[:40] for value in self.options.values())
        return "-".join(part for part in (self.reason, self.what, more, self.says) if part)


async def look(kind: str, context: Context, options: dict[str, Any]) -> Result:
    """One look of the check of that kind, with a time-out of five seconds unless given."""
    module = plugins.get(CHECKS, kind)
    made = module.Options(**{"timeout": LONG, **options})
    result: Result = await module.check(made, context)
    return result


def expect(case: Case, result: Result) -> None:
    assert (result.ok, result.reason) == (case.ok, case.reason), result.detail
    assert case.says in result.detail
    assert bool(result.detail) == (result.reason != "ok")
    assert result.latency_ms is not None
    assert result.latency_ms < 4000


def secret(value: str) -> Secret:
    return Secret("A_SECRET", SecretStr(value))


@asynccontextmanager
async def outside(
    origins: Sequence[OriginSettings] = (), servers: Sequence[str] = (), beats: Any = None
) -> AsyncIterator[Context]:
    """The outside as a check sees it, trusting the tests' own authority."""
    http = Http(servers)
    context = Context(http, origins, beats)
    with NamedTemporaryFile(suffix=".pem") as file, trusted(Path(file.name)):
        try:
            yield context
        finally:
            context.close()
            await http.close()


@contextmanager
def trusted(path: Path) -> Iterator[None]:
    """OpenSSL reads SSL_CERT_FILE when a context is made."""
    before = os.environ.get("SSL_CERT_FILE")
    path.write_bytes(authority().pem())
    os.environ["SSL_CERT_FILE"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before


def origin(url: str, name: str = "us-east-1") -> OriginSettings:
    return OriginSettings(
        name=name,
        kind="s3",
        options=s3.Options(
            region="us-east-1",
            bucket="assets",
            endpoint_url=url,
            access_key_id=secret("testing"),
            secret_access_key=secret("testing"),
        ),
    )
