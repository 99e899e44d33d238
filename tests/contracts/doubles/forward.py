"""A server of moto behind our faults, for services that moto keeps strictly enough."""

import urllib.error
import urllib.request
from collections.abc import Mapping

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

DROPPED = ("connection", "content-length", "transfer-encoding", "date", "server")


class Forward(Double):
    """Hands every call on to `upstream`; operations are those of `X-Amz-Target`."""

    words: Mapping[str, tuple[int, str]] = {
        **Double.words,
        "denied": (400, "AccessDeniedException"),
    }

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = upstream
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def operation(self, asked: Asked) -> str:
        target = asked.headers.get("x-amz-target", "")
        return target.rpartition(".")[2] or super().operation(asked)

    def answer(self, operation: str, asked: Asked) -> Reply:
        headers = {n: v for n, v in asked.headers.items() if n not in ("host", *DROPPED)}
        request = urllib.request.Request(
            self._upstream + asked.path, asked.body or None, headers, method=asked.method
        )
        try:
            with self._opener.open(request) as got:
                kept = {n: v for n, v in got.headers.items() if n.lower() not in DROPPED}
                return Reply(got.status, got.read(), kept)
        except urllib.error.HTTPError as error:
            with error:
                raise Refusal(error.code, "Refused", error.read().decode()) from error
