"""How strict and how fast the workspace is. The defaults are Slack's documented numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Options:
    """All times in seconds. `rate_scale` multiplies every limit; `post_burst` is our guess."""

    rate_limits: bool = True
    rate_scale: float = 1.0
    post_burst: int = 5
    trigger_seconds: float = 3.0
    ack_seconds: float = 3.0
    redelivery_pause: float = 1.0
    redeliveries: int = 3
    http_retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    queue_seconds: float = 300.0
    too_late_seconds: float = 7200.0  # older events are not delivered at all
    events_per_hour: int = 30_000
    events_before_switch_off: int = 1000
    failures_to_switch_off: float = 0.95
    response_uses: int = 5
    response_seconds: float = 1800.0
    ping_seconds: float = 10.0
    ticket_seconds: float = 30.0
    max_connections: int = 10
    connection_seconds: int = 3600
    latency_ms: float = 0.0
