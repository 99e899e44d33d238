"""A configuration for `incidentbot watch` from the few things that a prober is told."""

import json
from dataclasses import dataclass
from pathlib import Path

# Quick re-checks one second apart. The product's default is two: gentler where a fault is one of
# a busy moment. One is what a site wants that has to know within ten seconds, and what compares
# with a monitor that is told to retry quickly.
APART = "1s"
# One good look ends an alarm, as with the probers we are compared with; the default is three.
SUCCESSES = 1


@dataclass(frozen=True)
class Order:
    """What to probe: urls, seconds between two looks, and so on."""

    urls: list[str]
    interval: float
    timeout: float
    fails: int
    webhook: str


def written(order: Order, folder: Path) -> Path:
    """Write `incidentbot.yaml` into `folder`: one dependency with one check for each address."""
    every, timeout = (f"{round(seconds * 1000)}ms" for seconds in (order.interval, order.timeout))
    lines = [
        "name: Benchmark",
        'storage: {database: "sqlite:///incidentbot.db", documents: documents}',
        'web: {listen: "127.0.0.1:0"}',
        "webhooks:",
        f"  - {{name: hook, url: {json.dumps(order.webhook)}, allow_private: true, on: [check]}}",
        "dependencies:",
    ]
    for number, url in enumerate(order.urls):
        check = f"name: get, kind: http, url: {json.dumps(url)}, timeout: {timeout}"
        lines += [
            f"  - name: t{number}",
            f"    title: Target {number}",
            "    vendor: none",
            "    service: web",
            f"    every: {every}",
            f"    confirm: {{failures: {order.fails}, apart: {APART}}}",
            f"    recover: {{successes: {SUCCESSES}}}",
            f"    checks: [{{{check}, allow_private: true}}]",
        ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / "incidentbot.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
