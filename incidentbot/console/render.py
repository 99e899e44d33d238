"""The pages as HTML and JSON. Everything is escaped, nothing loaded from elsewhere, no script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from incidentbot import clock
from incidentbot.console.fresh import ago
from incidentbot.console.strip import pieces, ticks
from incidentbot.console.view import GROUPS
from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.postmortem import words

FEED_SHADES = {
    "operational": "up",
    "maintenance": "degraded",
    "degraded": "degraded",
    "partial_outage": "degraded",
    "major_outage": "down",
}
_BOT = {  # what /healthz calls it, and what people do
    "slack_connected": "Connected to Slack",
    "messages_waiting": "Messages waiting for Slack",
    "probe_lag_s": "Looks begin late by at most",
}


_UNIT = re.compile(r"(\d) (?=(?:ms|s|min|h|d|%)(?!\w))")


def html(template: str, **values: Any) -> str:
    """A whole page."""
    return _TEMPLATES.get_template(template).render(values)


def as_json(view: object) -> str:
    """The same for scripts: times as ISO 8601 in UTC, objects by their fields."""
    return json.dumps(_plain(view), ensure_ascii=False)


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def when(at: datetime, now: datetime) -> str:
    """09:14:05 today; 24 Nov 09:14, with the year where it is another one."""
    if at.year != now.year:
        return f"{at.day} {at:%b %Y}"
    return words.when(at, now)


def facts(health: dict[str, object]) -> list[tuple[str, str]]:
    """What the bot says of itself, whatever that is, as (name, words)."""
    return [
        (_BOT.get(key, key.removesuffix("_s").replace("_", " ").capitalize()), _fact(key, value))
        for key, value in health.items()
        if key not in ("ok", "dependencies")
    ]


def _fact(key: str, value: object) -> str:
    if isinstance(value, dict):
        pairs = (
            f"{str(name).removesuffix('_s').replace('_', ' ')} {_fact(str(name), one)}"
            for name, one in value.items()
            if one != ""  # nothing to say, such as the last error of what never failed
        )
        return ", ".join(pairs) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_fact(key, one) for one in value) or "none"
    return f"{value} s" if key.endswith("_s") else str(value)


def _latency(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 9999.5 else f"{milliseconds / 1000:.1f} s"


def _finalize(value: object) -> object:
    # A number stays with its unit when the line breaks.
    return _UNIT.sub("\\1\u00a0", words.clean(value)) if type(value) is str else value


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("incidentbot.console"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=lambda at, now: ago(now, at), when=when, iso=clock.iso, latency=_latency, facts=facts
    )
    made.filters.update(moment=words.moment, duration=words.duration, count=words.count)
    made.globals.update(
        pieces=pieces, ticks=ticks, GROUPS=GROUPS, SEVERITIES=SEVERITIES, FEED_SHADES=FEED_SHADES
    )
    return made


_TEMPLATES = _environment()
_STYLE = _TEMPLATES.get_template("console.css.j2").render()
_TEMPLATES.globals["STYLE"] = Markup(_STYLE)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    # The one style sheet is known by its hash; nothing else may load, run, frame or be sent.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
