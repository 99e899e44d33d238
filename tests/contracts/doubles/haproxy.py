"""HAProxy's runtime socket on a TCP port: its commands, its answers, word for word (as of 2.6).

One command a connection, as the socket takes it without `prompt`. What takes effect says nothing
but an empty line.
"""

import re
import socket
import socketserver
import struct
import threading
from typing import Any, Self

from tests.contracts.doubles.faults import Cut, Faults, Refusal

HEAD = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight"
    " srv_time_since_last_change srv_check_status srv_check_result srv_check_health"
    " srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord"
    " srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port"
)
STATES = {"ready": 0, "drain": 8, "maint": 1}
FORCED = 1 | 8  # the bits that a command sets; others say where a state came from, and stay
MOST = 256


WORDS = {
    "503": (0, ""),
    "throttled": (0, ""),
    "denied": (0, "Permission denied\n\n"),
    "stale": (0, ""),
}


class Haproxy(Faults):
    """`servers`: backend -> name -> {"admin", "weight", "initial", "op"}. `level`: admin, or
    operator, who may only look. `static`: the backend's algorithm takes whole weights only."""

    def __init__(self, level: str = "admin") -> None:
        super().__init__()
        self.words = WORDS
        self.level, self.static, self.address = level, False, ""
        self.servers: dict[str, dict[str, dict[str, int]]] = {}
        self._server: Any = None

    def put(self, backend: str, name: str, state: str = "ready", weight: int = 10) -> None:
        """By somebody else, around the wire."""
        entry = {"admin": STATES[state], "weight": weight, "initial": weight, "op": 2}
        self.servers.setdefault(backend, {})[name] = entry

    def __enter__(self) -> Self:
        self._server = _Server(self)
        host, port = self._server.server_address[:2]
        self.address = f"{host}:{port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def say(self, line: str) -> str:
        """The answer to one line. Raises Cut."""
        words = line.split()
        operation = " ".join(words[:2])
        try:
            return self.run(operation, lambda: self._do(words, line))
        except Refusal as refusal:
            if not refusal.code:
                raise Cut from refusal  # too many connections, or on its way out: it hangs up
            return refusal.code

    def _do(self, words: list[str], line: str) -> str:
        match words:
            case ["show", "servers", "state", *rest] if len(rest) <= 1:
                return self._show(rest[0] if rest else "")
            case ["set", "server" | "weight", *_] if self.level != "admin":
                raise Refusal(0, "Permission denied\n\n")
            case ["set", "server", where, "state", *state]:
                server = self._find(where)
                if len(state) != 1 or state[0] not in STATES:
                    say = "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"
                    raise Refusal(0, say)
                server["admin"] = server["admin"] & ~FORCED | STATES[state[0]]
            case ["set", "server", where, *_]:
                self._find(where)
                raise Refusal(0, "usage: set server <backend>/<server> addr | agent | state\n\n")
            case ["set", "weight", where, *weight]:
                self._weigh(self._find(where), weight)
            case _:
                raise Refusal(0, "Unknown command. Please enter one of the following commands\n\n")
        return "\n"

    def _show(self, backend: str) -> str:
        if backend and backend not in self.servers:
            raise Refusal(0, "Can't find backend.\n\n")
        rows = [
            f"3 {be} {number} {name} 127.0.0.1 {s['op']} {s['admin']} {s['weight']} {s['initial']}"
            " 1 1 0 2 0 0 0 0 - 19981 - 0 0 - - 0"
            for be, servers in self.servers.items()
            if backend in ("", be)
            for number, (name, s) in enumerate(servers.items(), 1)
        ]
        return "\n".join(["1", HEAD, *rows]) + "\n\n"

    def _find(self, where: str) -> dict[str, int]:
        backend, slash, name = where.partition("/")
        if not slash or not name:
            raise Refusal(0, "Require 'backend/server'.\n\n")
        if backend not in self.servers:
            raise Refusal(0, "No such backend.\n\n")
        if name not in self.servers[backend]:
            raise Refusal(0, "No such server.\n\n")
        return self.servers[backend][name]

    def _weigh(self, server: dict[str, int], given: list[str]) -> None:
        if len(given) != 1:
            raise Refusal(0, "Require <weight> or <weight%>.\n\n")
        found = re.fullmatch(r"([0-9]+)(%?)", given[0])
        if found is None:
            raise Refusal(0, "Empty weight string empty or preceded by garbage")
        number, percent = int(found[1]), bool(found[2])
        if not percent and number > MOST:
            raise Refusal(0, "Absolute weight can only be between 0 and 256 inclusive.\n\n")
        if self.static and given[0] not in ("0%", "100%", "0", str(server["initial"])):
            say = "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'."
            raise Refusal(0, say + "\n\n")
        server["weight"] = server["initial"] * number // 100 if percent else number


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, haproxy: Haproxy) -> None:
        self.haproxy = haproxy
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            line = self.rfile.readline(20_000).decode().rstrip("\n")
            self.wfile.write(self.server.haproxy.say(line).encode())
        except Cut:
            # A reset, not a proper end: an empty answer would mean that it took effect.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        except ConnectionError:
            return
