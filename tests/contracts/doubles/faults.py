"""What a stand-in for a service can be told, per operation, and what it remembers of each call.

A `Double` is a real HTTP server in threads of its own: it starts in a millisecond, and another
process reaches it by its `url`. What speaks no HTTP takes `Faults` alone and sends every call
through `run`.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

T = TypeVar("T")

Fault = Literal[
    "lost",  # takes effect, and the answer is lost
    "dropped",  # does not take effect, and the connection breaks
    "503",  # does not take effect
    "503 but done",  # takes effect
    "hang",  # never answers, does not take effect
    "throttled",
    "denied",
    "stale",  # refused as if somebody had written in between
]
When = Literal["before", "after"]
LONG = 30.0  # seconds; "never", for what waits a second


class Cut(Exception):
    """The connection breaks now, without an answer."""


class Refusal(Exception):
    """The service says no, with a status and a code of its own; nothing was changed."""

    def __init__(self, status: int, code: str, message: str = "in words") -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass
class Kill:
    """SIGKILL `pid` at the nth call of `operation` ("*": any) from now, before or after it takes
    effect; its connection breaks then."""

    pid: int
    operation: str
    nth: int
    when: When


class Faults:
    """`plan`: a queue of faults per operation, each for one call (None: none). `away`: all calls
    get 503. `before`, `after`: run once around the effect of a call: the hand of somebody else.
    `calls`: all that came. `done`: those that were not refused, answered or not.
    """

    # The service's own words for a fault: (status, code).
    words: Mapping[str, tuple[int, str]] = {
        "503": (503, "ServiceUnavailable"),
        "throttled": (400, "ThrottlingException"),
        "denied": (403, "AccessDeniedException"),
        "stale": (412, "PreconditionFailed"),
    }

    def __init__(self) -> None:
        self.away = False
        self.plan: dict[str, list[Fault | None]] = {}
        self.calls: list[str] = []
        self.done: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}
        self.lock = threading.RLock()
        self._kills: list[Kill] = []
        self._closing = threading.Event()

    def count(self, *operations: str) -> int:
        """How many calls of these came."""
        return sum(one in operations for one in self.calls)

    def effects(self, *operations: str) -> int:
        """How many calls of these took effect."""
        return sum(one in operations for one in self.done)

    def kill(self, pid: int, operation: str = "*", nth: int = 1, when: When = "after") -> None:
        self._kills.append(Kill(pid, operation, nth, when))

    def forget(self) -> None:
        """Nothing planned, nothing remembered; the state stays as it is."""
        self.away = False
        for kept in (self.plan, self.before, self.after):
            kept.clear()
        for lists in (self.calls, self.done, self._kills):
            lists.clear()

    def run(self, operation: str, effect: Callable[[], T]) -> T:
        """One call: `effect` changes the state and gives the answer. Raises Refusal and Cut."""
        with self.lock:
            self.calls.append(operation)
            queue = self.plan.get(operation, [])
            fault = queue.pop(0) if queue else None
            kill = self._due(operation)
        if fault == "hang":
            self._closing.wait(LONG)
            raise Cut
        if kill is not None and kill.when == "before":
            self._shoot(kill)
        if self.away:
            fault = "503"
        if fault in ("503", "throttled", "denied", "stale"):
            raise self.refusal(fault)
        if fault == "dropped":
            raise Cut
        if operation in self.before:
            self.before.pop(operation)()
        with self.lock:
            answer = effect()
            self.done.append(operation)
        if operation in self.after:
            self.after.pop(operation)()
        if kill is not None:
            self._shoot(kill)
        if fault == "lost":
            raise Cut
        if fault == "503 but done":
            raise self.refusal("503")
        return answer

    def refusal(self, fault: str) -> Refusal:
        return Refusal(*self.words[fault])

    def _due(self, operation: str) -> Kill | None:
        for rule in self._kills:
            if rule.operation in ("*", operation):
                rule.nth -= 1
                if rule.nth == 0:
                    self._kills.remove(rule)
                    return rule
        return None

    def _shoot(self, kill: Kill) -> None:
        os.kill(kill.pid, signal.SIGKILL)
        raise Cut


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request. `path` is as it came on the wire; `parts` are its decoded parts. Names of
    `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def parts(self) -> list[str]:
        return [unquote(part) for part in self.path.strip("/").split("/")]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Double(Faults):
    """An HTTP service: a subclass says what an operation is called, and what it does.

    Use it as a context manager, for a module or a session; `url` is its address.
    """

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.asked: list[Asked] = []  # beside `calls`, in the same order
        self._server: _Server | None = None

    # what a service fills in

    def operation(self, asked: Asked) -> str:
        """The operation's name, for `plan`, `calls` and `count`."""
        return f"{asked.method} {asked.path}"

    def answer(self, operation: str, asked: Asked) -> Reply:
        """Do it. Raises Refusal; nothing has changed then."""
        raise NotImplementedError

    def refused(self, refusal: Refusal) -> Reply:
        """A refusal in the words of the service."""
        text = f'{{"__type": "{refusal.code}", "message": "{refusal.message}"}}'
        return Reply(refusal.status, text.encode(), {"Content-Type": "application/json"})

    # life

    def __enter__(self) -> Self:
        self._server = _Server(self)
        host, port = self._server.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def respond(self, asked: Asked) -> Reply:
        """Raises Cut."""
        operation = self.operation(asked)
        self.asked.append(asked)
        try:
            return self.run(operation, lambda: self.answer(operation, asked))
        except Refusal as refusal:
            return self.refused(refusal)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, double: Double) -> None:
        self.double = double
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def hang_up(self) -> None:
        """Close what clients keep open, and wait until its threads are gone."""
        for one in list(self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other side was quicker
        end = time.monotonic() + 2
        while self.open and time.monotonic() < end:
            time.sleep(0.001)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours; the rest is printed."""
        hung_up = isinstance(sys.exception(), ConnectionError)
        if not hung_up and not self.double._closing.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, headers, body)
        try:
            self._send(self.server.double.respond(asked))
        except (Cut, ConnectionError):
            self.close_connection = True
            # A reset, not a proper end: nobody may take it for an empty answer.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Every call is in `calls`."""
