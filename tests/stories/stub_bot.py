"""The smallest process that connects to the workspace by Socket Mode, and then waits."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient


def main() -> None:
    print("stub bot:", Path(sys.argv[1]).read_text().splitlines()[1], flush=True)
    if sys.argv[2:] == ["--die"]:
        sys.exit("stub bot: dying as told")
    client = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = App(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
    handler = SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    handler.connect()  # type: ignore[no-untyped-call]
    ended.wait(0.5 if sys.argv[2:] == ["--die-later"] else None)
    handler.close()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
