"""What is seen and heard, in one normal form: our own observations and the vendors' signals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Reason = Literal[
    "ok",
    "slow",
    "http_5xx",
    "http_4xx",
    "wrong_status",  # neither expected nor an error of the classes above
    "throttled",
    "timeout",
    "refused",
    "unreachable",  # no way there: no route, network down
    "reset",
    "cut",  # the answer ended before it was complete
    "too_large",  # more came than we are willing to read
    "redirects",  # too many, or one that is not allowed
    "dns",
    "tls",
    "cert_expired",
    "cert_expiring",  # sooner than allowed: counts as degraded
    "access_denied",  # our own credentials or policy: says nothing about the vendor
    "missing_key",
    "wrong_header",
    "wrong_body",
    "wrong_checksum",
    "missed",  # a heartbeat did not come in time
    "differs",  # compared places do not serve the same object
    "alert",  # another monitor says so
    "internal",  # the check itself could not be made
]
REASONS: tuple[str, ...] = get_args(Reason)

State = Literal[
    "operational", "degraded", "partial_outage", "major_outage", "maintenance", "unknown"
]
STATES: tuple[str, ...] = get_args(State)
# From harmless to worst; `unknown` has no place in the order.
ORDER = ("operational", "maintenance", "degraded", "partial_outage", "major_outage")
TROUBLE = ("degraded", "partial_outage", "major_outage")

Storage = Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One look of one check. `ok` is None when it could not see: neither good nor bad.

    `at` is when the answer was known; phases are in milliseconds.
    """

    check: str
    dependency: str
    at: datetime
    ok: bool | None
    reason: Reason
    detail: str = ""
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """One thing said about an incident, in one line of at most 2,000 characters."""

    at: datetime | None
    phase: str
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a vendor, or another monitor, says. Empty `service` speaks of the whole page.

    `storage`: whether a storage service is touched; `why` says what makes us think so, or, for
    the state unknown, why nothing could be learned. `vendor_id` is the vendor's own id; what a
    monitor fires and resolves bears the same one. Times are the vendor's; `first_seen` and
    `last_seen` are ours and set by whoever reads again and again. `updates` are newest first.
    """

    feed: str
    vendor: str
    service: str = ""
    region: str = ""
    state: State = "unknown"
    phase: str = ""
    title: str = ""
    vendor_id: str = ""
    started_at: datetime | None = None
    updated_at: datetime | None = None
    storage: Storage = "unclear"
    why: str = ""
    updates: tuple[Update, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)  # of a pushed alert
    link: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
