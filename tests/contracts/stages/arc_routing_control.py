"""A cluster of five endpoints with two routing controls and the rule that one stays on."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import arc_routing_control as action
from tests.contracts.doubles.arc import AtLeast, Cluster, control
from tests.contracts.stages.stage import NOWHERE, Stage

ONE, TWO = control("aaaa1111"), control("bbbb2222")
BOTH = "both On"


@contextmanager
def stage() -> Iterator[Stage]:
    with Cluster({ONE: "On", TWO: "Off"}, (AtLeast("one-stays-on", (ONE, TWO)),)) as cluster:
        endpoints = tuple(
            action.Endpoint(region=region, url=one.url) for region, one in cluster.endpoints.items()
        )

        def put(value: str) -> None:
            for one in (ONE, TWO):
                cluster.states[one] = "On" if value in (one, BOTH) else "Off"

        def live() -> str:
            on = [one for one, state in cluster.states.items() if state == "On"]
            return on[0] if len(on) == 1 else BOTH

        yield Stage(
            action,
            action.Options(endpoints=endpoints, controls=(ONE, TWO)),
            cluster,
            writes=("UpdateRoutingControlStates",),
            reads=("GetRoutingControlState",),
            live=live,
            by_others=put,
            reset=lambda: put(ONE),
            values=(ONE, TWO),
            third=BOTH,
            tells=False,
            # One endpoint that is throttled is no end: the next one takes it.
            faults=("lost", "dropped", "503", "503 but done", "hang", "denied"),
            nowhere={
                "endpoints": tuple(one.model_copy(update={"url": NOWHERE}) for one in endpoints)
            },
        )
