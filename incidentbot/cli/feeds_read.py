"""`feeds read`: what a status feed, or a pushed alert, says, without the bot running."""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from incidentbot import clock
from incidentbot.errors import IncidentbotError
from incidentbot.http import Http
from incidentbot.signals import Signal
from incidentbot.signals import body as bodies
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import FORMATS, Reading, candidates
from incidentbot.signals.feeds.vendors import vendor_of
from incidentbot.signals.hooks.reading import RECEIVERS, understand

PACKAGES = (FORMATS, RECEIVERS)  # pushed alerts are read by receivers in the same way
TIMEOUT = 20.0


def read(
    source: Annotated[
        str, typer.Argument(metavar="FILE_OR_URL", help="A file, - for the standard input, a URL.")
    ],
    format_name: Annotated[
        str, typer.Option("--format", "-f", help="Its format, where it should not be recognised.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch from addresses that are not public.")
    ] = False,
) -> None:
    """Print what a body says: its format, its overall state, and each signal in it."""
    allowed = sorted({name for name, _ in candidates(*PACKAGES)})
    if format_name and format_name not in allowed:
        raise IncidentbotError(
            f"no format is called {format_name!r} (allowed: {', '.join(allowed)})"
        )
    raw = asyncio.run(_fetched(source, allow_private)) if _is_url(source) else _contents(source)
    body, url = bodies.read(raw), source if _is_url(source) else ""
    guessed = Feed(_name(source), vendor_of(body, format_name, url), clock.now())
    reading = understand(raw, guessed, format_name, PACKAGES)
    vendor = vendor_of(body, reading.format, url)
    signals = [
        replace(s, vendor=vendor if s.vendor in ("", guessed.vendor) else s.vendor)
        for s in reading.signals
    ]
    reading = Reading(reading.format, signals)
    typer.echo(json.dumps(_as_json(reading), indent=2) if as_json else _as_text(reading))


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _name(source: str) -> str:
    return "stdin" if source == "-" else source


def _contents(source: str) -> bytes:
    """The file; a little more than is ever read, so that one that is too long is seen to be."""
    most = bodies.MOST_BYTES + 1
    if source == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(source).open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise IncidentbotError(f"{source} cannot be read: {why}") from error


async def _fetched(url: str, allow_private: bool) -> bytes:
    http = Http()
    try:
        answer = await http.get(
            url, timeout=TIMEOUT, allow_private=allow_private, max_bytes=bodies.MOST_BYTES + 1
        )
    except IncidentbotError as error:
        hint = "" if allow_private else _hint(error.message)
        raise IncidentbotError(f"{url} cannot be read: {error.message}{hint}") from error
    finally:
        await http.close()
    if answer.status != 200:
        raise IncidentbotError(f"{url} cannot be read: it answered {answer.status}")
    return answer.body


def _hint(message: str) -> str:
    return " (here: --allow-private)" if "allow_private" in message else ""


def _as_json(reading: Reading) -> dict[str, Any]:
    state, storage = overall(reading.signals)
    return {
        "format": reading.format or None,
        "overall": {"state": state, "storage_affected": storage},
        "signals": [_signal(signal) for signal in reading.signals],
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "vendor": signal.vendor,
        "service": signal.service,
        "region": signal.region,
        "state": signal.state,
        "phase": signal.phase,
        "title": signal.title,
        "id": signal.vendor_id,
        "started_at": _iso(signal.started_at),
        "updated_at": _iso(signal.updated_at),
        "storage": signal.storage,
        "why": signal.why,
        "link": signal.link,
        "updates": [
            {"at": _iso(update.at), "phase": update.phase, "text": update.text}
            for update in signal.updates
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return clock.iso(at) if at else None


def _as_text(reading: Reading) -> str:
    state, storage = overall(reading.signals)
    lines = [
        f"Format   {reading.format or 'not recognised'}",
        f"Overall  {_words(state)}; storage affected: {storage}",
    ]
    vendors = sorted({signal.vendor for signal in reading.signals if signal.vendor})
    if vendors:
        lines.insert(1, f"Vendor   {', '.join(vendors)}")
    width = max(len(_words(signal.state)) for signal in reading.signals)
    for signal in reading.signals:
        lines += ["", *_told(signal, width)]
    return "\n".join(lines)


def _told(signal: Signal, width: int) -> list[str]:
    what = " in ".join(filter(None, (signal.service or "the whole page", signal.region)))
    first = [f"{_words(signal.state):<{width}}  {what}"]
    if signal.title:
        first.append(f"title    {signal.title}")
    if signal.phase:
        first.append(f"phase    {_words(signal.phase)}")
    times = ((signal.started_at, "since"), (signal.updated_at, "updated"))
    first += [f"{word:<7}  {at:%Y-%m-%d %H:%M:%S} UTC" for at, word in times if at]
    first.append(f"storage  {signal.storage}" + (f": {signal.why}" if signal.why else ""))
    return [first[0], *(f"{'':<{width}}  {line}" for line in first[1:])]


def _words(state: str) -> str:
    return state.replace("_", " ")
