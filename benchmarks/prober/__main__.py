"""The adapter: writes a configuration from its arguments and becomes `incidentbot watch`.

    python -m benchmarks.prober --targets FILE --interval S --timeout S --fails N --webhook URL \
        --workdir DIR

FILE has one address a line. After N failed looks in a row URL gets a POST of
`{"url": "...", "status": "down", "reason": "..."}`, and of `"status": "up"` when all is well again.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.prober.config import Order, written


def main() -> None:
    parser = argparse.ArgumentParser(description="incidentbot watch, as a prober to be measured.")
    parser.add_argument("--targets", type=Path, required=True)
    parser.add_argument("--interval", type=float, default=10)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--fails", type=int, default=3)
    parser.add_argument("--webhook", required=True)
    parser.add_argument("--workdir", type=Path, required=True)
    given = parser.parse_args()
    urls = [line.strip() for line in given.targets.read_text().splitlines() if line.strip()]
    order = Order(urls, given.interval, given.timeout, given.fails, given.webhook)
    path = written(order, given.workdir)
    os.execv(sys.executable, [sys.executable, "-m", "incidentbot", "watch", "-c", str(path)])


if __name__ == "__main__":
    main()
