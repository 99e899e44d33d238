"""A backend with three servers, one of them in maintenance, at a stand-in for HAProxy."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import haproxy
from tests.contracts.doubles.haproxy import Haproxy
from tests.contracts.stages.stage import Stage

HALF = "one 50 %, two 50 %"


@contextmanager
def stage() -> Iterator[Stage]:
    with Haproxy() as double:

        def put(value: str) -> None:
            for name in ("one", "two"):
                double.put("assets", name, "ready" if name in value else "drain")
            double.put("assets", "old", "maint")

        def live() -> str:
            serving = [n for n, s in double.servers["assets"].items() if not s["admin"]]
            return serving[0] if len(serving) == 1 else HALF

        yield Stage(
            haproxy,
            haproxy.Options(
                addresses=(double.address,), backend="assets", values={"eu": "one", "us": "two"}
            ),
            double,
            writes=("set server", "set weight"),
            reads=("show servers",),
            live=live,
            by_others=put,
            reset=lambda: put("one"),
            third=HALF,
            tells=False,
            # Its socket answers or hangs up; it has no way to say "not now".
            faults=("lost", "dropped", "hang", "denied"),
            nowhere={"addresses": ("127.0.0.1:9",)},
            hostile="backend",
        )
