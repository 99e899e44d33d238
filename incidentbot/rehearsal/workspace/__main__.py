"""Run the workspace alone: python -m incidentbot.rehearsal.workspace --port N.

The first line on stdout is JSON: where it listens and the secrets of its app.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal

from .acting import connection
from .options import Options
from .server import running
from .state import Workspace


async def serve(port: int, options: Options, workspace: Workspace) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(port, workspace, options) as server:
        print(json.dumps(connection(server.workspace)), flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m incidentbot.rehearsal.workspace")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--no-rate-limits", action="store_true")
    parser.add_argument("--guests", action="store_true", help="two guests and an external person")
    parser.add_argument("--grid", action="store_true", help="two workspaces of one organisation")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every API call")
    args = parser.parse_args()
    options = Options(rate_limits=not args.no_rate_limits, latency_ms=args.latency_ms)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(args.port, options, Workspace(grid=args.grid, guests=args.guests)))


if __name__ == "__main__":
    main()
