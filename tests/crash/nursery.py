"""Bots as real processes that start quickly: forked from a server that has imported everything.

What runs is `incidentbot run --config FILE` with its own environment, output and process id.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["incidentbot.cli.running", "incidentbot.app", "slack_bolt", "boto3", "tests.crash.warm"]
)


def start(config: Path, env: Mapping[str, str], log: Path) -> ForkServerProcess:
    """Start a bot; its output goes to `log`."""
    process = context.Process(target=_run, args=(str(config), dict(env), str(log)), daemon=True)
    process.start()
    return process


def _run(config: str, env: dict[str, str], log: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["incidentbot", "run", "--config", config]
    from incidentbot.cli import main  # noqa: PLC0415  imported in the server, not in the tests

    main()
