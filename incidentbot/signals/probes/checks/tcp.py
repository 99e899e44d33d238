"""A port takes connections, and on request says what it should."""

from pydantic import Field

from incidentbot import clock
from incidentbot.http import Line
from incidentbot.settings.values import Flag
from incidentbot.signals.probes.checks._ports import Place, Port
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Result,
    Text,
    failed,
    in_time,
    milliseconds,
)

MOST = 65536  # bytes read while waiting for the expected text


class Options(Place, CheckOptions):
    """Options of a check of the kind `tcp`."""

    port: Port = Field(description="Port to connect to.")
    tls: Flag = Field(False, description="Speak TLS, and verify the certificate.")
    send: Text | None = Field(None, description="A line to send once connected.")
    expect: Text | None = Field(None, description="A text that must come, such as a banner.")


async def check(options: Options, context: Context) -> Result:
    """Connect once. The latency lasts until the expected text has come."""
    start = clock.monotonic()
    heard = b""
    try:
        async with context.http.line(
            options.host,
            options.port,
            timeout=options.timeout.total_seconds(),
            tls=options.tls,
            allow_private=options.allow_private,
        ) as line:
            heard = await _talk(options, line)
            phases, note = line.watch.phases, line.watch.note
    except Failed as error:
        return failed(error, milliseconds(start))
    latency = milliseconds(start)
    if options.expect is not None and options.expect.encode() not in heard:
        return _unexpected(options.expect, heard, Result(False, "ok", "", latency, phases))
    return in_time(options, latency, phases, note)


async def _talk(options: Options, line: Line) -> bytes:
    """What came until the expected text, the end, or the cap."""
    if options.send is not None:
        line.writer.write(f"{options.send}\r\n".encode())
        await line.writer.drain()
    if options.expect is None:
        return b""
    heard, wanted = bytearray(), options.expect.encode()
    while wanted not in heard and len(heard) < MOST:
        chunk = await line.reader.read(4096)
        if not chunk:
            break
        heard += chunk
    line.watch.passed("answer", "body")
    return bytes(heard)


def _unexpected(wanted: str, heard: bytes, base: Result) -> Result:
    if not heard:
        words = "the connection ended without a word"
        return Result(False, "cut", words, base.latency_ms, base.phases)
    if len(heard) >= MOST:
        words = f"{wanted!r} is not in the first {MOST} bytes"
        return Result(False, "too_large", words, base.latency_ms, base.phases)
    said = heard[:80].decode("utf-8", errors="replace").strip()
    words = f"it said {said!r} and not {wanted!r}"
    return Result(False, "wrong_body", words, base.latency_ms, base.phases)
