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
    "throttled",
    "timeout",
    "refused",
    "reset",
    "dns",
    "tls",
    "access_denied",  # our own credentials or policy: says nothing about the vendor
    "missing_key",
    "wrong_body",
    "wrong_checksum",
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
class Signal:
    """One thing a vendor says. Empty `service` speaks of the whole page.

    `storage`: whether a storage service is touched; `why` says what makes us think so, or, for
    the state unknown, why nothing could be learned.
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
