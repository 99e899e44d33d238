"""How fast recordings are played: polls and looks a second of CPU, and whether memory stays flat.

    python -m benchmarks.replay [--polls 20000] [--looks 200000]

Each recording is made here, played by a process of its own, and played again at a tenth of its
length: the difference in memory is what length costs.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
EPISODE = 200  # polls or looks between two changes


def page(down: bool) -> str:
    """A Statuspage summary of about a kilobyte."""
    component = {"id": "c", "name": "Object Storage", "status": "operational"}
    incidents = []
    if down:
        component["status"] = "partial_outage"
        update = {"status": "investigating", "body": "We are looking. " * 20}
        incidents = [
            {
                "id": "i",
                "name": "Elevated errors",
                "status": "investigating",
                "impact": "major",
                "created_at": "2026-01-01T00:00:00Z",
                "components": [component],
                "incident_updates": [update],
            }
        ]
    others = [{"id": f"o{n}", "name": f"Service {n}", "status": "operational"} for n in range(10)]
    light = {"indicator": "minor", "description": "Some trouble"}
    return json.dumps(
        {
            "page": {"id": "p", "name": "Vendor"},
            "status": light,
            "components": [component, *others],
            "incidents": incidents,
            "scheduled_maintenances": [],
        }
    )


def polls(folder: Path, many: int) -> Path:
    bodies = (page(False), page(True))
    vendor = folder / "vendor"
    vendor.mkdir()
    for number in range(many):
        at = START + timedelta(minutes=number)
        (vendor / f"{at:%Y-%m-%dT%H%MZ}.json").write_text(bodies[number // EPISODE % 2])
    return vendor


def looks(folder: Path, many: int) -> Path:
    path = folder / "checks.jsonl"
    with path.open("w") as file:
        for number in range(many):
            ok = number // EPISODE % 20 != 0
            row = {
                "at": (START + timedelta(seconds=2 * number)).isoformat(),
                "dependency": f"d{number % 5}",
                "check": "canary",
                "ok": ok,
                "reason": "ok" if ok else "http_5xx",
            }
            file.write(json.dumps(row) + "\n")
    return path


def played(path: Path) -> tuple[float, float, int]:
    """Seconds of CPU, MiB resident at most, incidents; measured from outside."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", _CHILD, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, int(said[0]) / 1024, int(said[1])


_CHILD = """
import resource, sys
from pathlib import Path
from incidentbot.replay.play import play
result = play([Path(sys.argv[1])])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(result.incidents))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=20_000)
    parser.add_argument("--looks", type=int, default=200_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        start, _, _ = played(polls(Path(empty), 1))
    for make, many in ((polls, wanted.polls), (looks, wanted.looks)):
        memory = []
        for length in (many // 10, many):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                path = make(Path(folder), length)
                made = time.perf_counter() - began
                cpu, most, incidents = played(path)
            memory.append(most)
            rate = length / max(cpu - start, 0.01)
            print(
                f"{length:>8} {make.__name__}: {rate:8,.0f} a second of CPU, {most:5.0f} MiB, "
                f"{incidents} incidents (made in {made:.1f} s)"
            )
        print(f"         ten times as long costs {memory[1] - memory[0]:.1f} MiB")


if __name__ == "__main__":
    main()
