"""The door for pushed alerts as an HTTP server on loopback, and a stand-in for Amazon over TLS."""

import asyncio
import base64
import io
import json
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from incidentbot import clock, plugins
from incidentbot.console.web import make_app
from incidentbot.errors import Permanent, Temporary
from incidentbot.settings import HookSettings
from incidentbot.settings.secrets import Secret
from incidentbot.signals import Signal
from incidentbot.signals.hooks.fetching import Fetch
from incidentbot.signals.hooks.reading import RECEIVERS
from incidentbot.signals.hooks.service import Hooks
from incidentbot.store import Store

SECRET = "open-sesame"
Answer = tuple[int, dict[str, Any], dict[str, str]]


def hook(kind: str, name: str = "", **options: Any) -> HookSettings:
    """A configured sender; its secret is SECRET."""
    model = plugins.get(RECEIVERS, kind).Options
    if "secret" in model.model_fields:
        options = {"secret": Secret("SOME_SECRET", SecretStr(SECRET)), **options}
    return HookSettings(
        name=name or kind, kind=kind, dependencies=("s3",), options=model(**options)
    )


async def no_fetch(url: str) -> bytes:
    raise AssertionError(f"nothing should be fetched, and {url} was")


@dataclass
class HookHouse:
    """A door that is open; `took` is what was handed on, and `fault` breaks the handing on."""

    url: str
    store: Store
    hooks: Hooks
    took: list[tuple[str, Signal]] = field(default_factory=list)
    fault: Exception | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    sizes: list[int] = field(default_factory=list)  # of what was handed on at once
    bad: str = ""  # the key of an alert that cannot be taken

    async def taken(self, name: str, signals: Sequence[Signal], at: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        assert at.tzinfo is not None
        if self.bad in {signal.vendor_id for signal in signals}:
            raise ValueError("one of these cannot be taken")
        self.sizes.append(len(signals))
        self.took += [(name, signal) for signal in signals]
        self.came.set()

    async def post(self, name: str, raw: bytes | Any, **headers: str) -> Answer:
        """Status, body and headers of the answer. The right secret goes along unless told."""
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        given = {"X-Incidentbot-Secret": SECRET, "Content-Type": "text/plain", **given}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/hooks/{name}", data=io.BytesIO(raw), headers=given) as answer,
        ):
            return answer.status, await answer.json(), dict(answer.headers)

    async def work(self) -> None:
        """Let the worker do what it does, until it has looked at everything that waits."""
        while await self.hooks.worker.round():
            pass


@asynccontextmanager
async def hook_house(
    store: Store, settings: Sequence[HookSettings], fetch: Fetch = no_fetch
) -> AsyncIterator[HookHouse]:
    made: HookHouse

    async def taken(name: str, signals: Sequence[Signal], at: datetime) -> None:
        await made.taken(name, signals, at)

    async def unused(*_: Any) -> Any:
        raise AssertionError("not for this test")

    hooks = Hooks(store, settings, fetch, taken)
    runner = web.AppRunner(make_app(Path(), unused, {"/hooks/{hook}": hooks.door}), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made = HookHouse(f"http://{host}:{port}", store, hooks)
    try:
        yield made
    finally:
        await runner.cleanup()


# --- Amazon ----------------------------------------------------------------------------------

PEM = "/SimpleNotificationService-0123abcd.pem"
HOST = "sns.eu-west-1.amazonaws.com"


@cache
def _key(_of: int) -> rsa.RSAPrivateKey:
    """Making one takes long, and the tests need no more than a few."""
    return rsa.generate_private_key(65537, 2048)


class Signer:
    """A key and its certificate, as Amazon has one."""

    def __init__(self, host: str = HOST, days: int = 30) -> None:
        self.key = _key(days)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        began = clock.now() - timedelta(days=60)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + timedelta(days=60 + days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def signed(self, page: dict[str, Any], version: str = "2", **more: Any) -> dict[str, Any]:
        """The message with a signature over it as it stands."""
        url = f"https://{HOST}{PEM}"
        page = {"SigningCertURL": url, **page, "SignatureVersion": version, **more}
        names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token"]
        names = [n for n in (*names, "TopicArn", "Type") if n in page]
        text = "".join(f"{name}\n{page[name]}\n" for name in names).encode()
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
        signature = self.key.sign(text, padding.PKCS1v15(), algorithm)
        return {**page, "Signature": base64.b64encode(signature).decode()}


class Everywhere(AbstractResolver):
    """Every name is this machine; the names asked for are written down."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Amazon:
    """What it was asked for, how often it fails first, and a fetch that leads to it over TLS."""

    signer: Signer
    asked: list[str] = field(default_factory=list)
    failures: int = 0
    port: int = 0
    session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        assert self.session is not None
        host, _, rest = url.removeprefix("https://").partition("/")
        asked = f"https://{host}:{self.port}/{rest}"
        async with self.session.get(asked, allow_redirects=False) as answer:
            if answer.status >= 500:
                raise Temporary(f"the address answered {answer.status}")
            if answer.status != 200:
                raise Permanent(f"the address answered {answer.status}")
            return await answer.read()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.failures > 0:
            self.failures -= 1
            return web.Response(status=503)
        if request.path == PEM:
            return web.Response(body=self.signer.pem)
        found = request.path == "/" and request.query.get("Action") == "ConfirmSubscription"
        return web.Response(status=200 if found else 404)


@asynccontextmanager
async def amazon(folder: Path) -> AsyncIterator[Amazon]:
    """https://sns.eu-west-1.amazonaws.com on loopback, with a certificate for that name."""
    made = Amazon(Signer())
    file = folder / "amazon.pem"
    private = made.signer.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.signer.pem)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(file)
    trusting = ssl.create_default_context(cadata=made.signer.pem.decode())
    app = web.Application()
    app.router.add_get("/{tail:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving).start()
    made.port = runner.addresses[0][1]
    connector = aiohttp.TCPConnector(resolver=Everywhere(), ssl=trusting)
    async with aiohttp.ClientSession(connector=connector) as made.session:
        yield made
    await asyncio.sleep(0)
    await runner.cleanup()


def confirmation(topic: str, **more: Any) -> dict[str, Any]:
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic, "Token": "t0"})
    return {
        "Type": "SubscriptionConfirmation",
        "MessageId": "0d5e0d5e-0000-4000-8000-00000000000c",
        "Token": "t0",
        "TopicArn": topic,
        "Message": "You have chosen to subscribe.",
        "SubscribeURL": f"https://{HOST}/?{query}",
        "Timestamp": clock.iso(clock.now()),
        **more,
    }
