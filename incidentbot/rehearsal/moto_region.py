"""One AWS region's stand-in as a process: moto on a free loopback port, printed on one line."""

from __future__ import annotations

import logging
import signal

from moto.server import ThreadedMotoServer


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line per request helps nobody
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
