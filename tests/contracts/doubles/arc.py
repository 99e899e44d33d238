"""A routing control cluster: five endpoints of their own, one state, and safety rules."""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from tests.contracts.doubles.faults import Asked, Double, Faults, Refusal, Reply

T = TypeVar("T")

REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "ap-southeast-2", "eu-west-1")
PANEL = "arn:aws:route53-recovery-control::123456789012:controlpanel/0123456789abcdef"
STATES = ("On", "Off")
TARGET = "ToggleCustomerAPI."
JSON = {"Content-Type": "application/x-amz-json-1.0"}


def control(name: str) -> str:
    return f"{PANEL}/routingcontrol/{name}"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """An assertion rule: that many of the controls are on after a change."""

    name: str
    controls: tuple[str, ...]
    threshold: int = 1

    @property
    def arn(self) -> str:
        return f"{PANEL}/safetyrule/{self.name}"

    def holds(self, states: Mapping[str, str]) -> bool:
        return sum(states[one] == "On" for one in self.controls) >= self.threshold


class Endpoint(Double):
    """One of the five. `unavailable`: operations for which it says that it is; `stop()`: nobody
    listens any more."""

    words: Mapping[str, tuple[int, str]] = {
        "503": (503, "ServiceUnavailable"),
        "throttled": (429, "ThrottlingException"),
        "denied": (403, "AccessDeniedException"),
        "stale": (409, "ConflictException"),
    }

    def __init__(self, cluster: "Cluster", region: str) -> None:
        super().__init__()
        self.region = region
        self.unavailable: tuple[str, ...] = ()
        self._cluster = cluster
        self._stopped = False

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            super().__exit__()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, operation: str, effect: Callable[[], T]) -> T:
        """What is planned for the cluster befalls whichever endpoint is asked next."""
        mine = super().run
        return self._cluster.run(operation, lambda: mine(operation, effect))

    def operation(self, asked: Asked) -> str:
        return asked.headers.get("x-amz-target", "").removeprefix(TARGET)

    def answer(self, operation: str, asked: Asked) -> Reply:
        if operation in self.unavailable:
            name = "EndpointTemporarilyUnavailableException"
            raise Refusal(503, name, "try another cluster endpoint")
        found = self._cluster.do(operation, json.loads(asked.body))
        headers = JSON | {"x-amzn-RequestId": str(uuid.uuid4())}
        return Reply(200, json.dumps(found).encode(), headers)

    def refused(self, refusal: Refusal) -> Reply:
        body = {"__type": refusal.code, "message": refusal.message}
        return Reply(refusal.status, json.dumps(body).encode(), JSON)


class Cluster(Faults):
    """Use it as a context manager. `overridden`: safety rules that somebody stepped over."""

    def __init__(self, states: Mapping[str, str], rules: tuple[AtLeast, ...] = ()) -> None:
        super().__init__()
        self.states = dict(states)
        self.rules = rules
        self.overridden: list[str] = []
        self.endpoints = {region: Endpoint(self, region) for region in REGIONS}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for one in self.endpoints.values():
            self._open.enter_context(one)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._open.close()

    def forget(self) -> None:
        super().forget()
        for one in self.endpoints.values():
            one.forget()
            one.asked.clear()
            one.unavailable = ()

    def asked(self, operation: str) -> list[str]:
        """Regions that were asked for it."""
        return [
            region
            for region, one in self.endpoints.items()
            if any(one.operation(asked) == operation for asked in one.asked)
        ]

    def do(self, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "GetRoutingControlState":
            return self._shown(str(params["RoutingControlArn"]))
        if operation == "ListRoutingControls":
            if params.get("ControlPanelArn", PANEL) != PANEL:
                raise Refusal(404, "ResourceNotFoundException", str(params["ControlPanelArn"]))
            return {"RoutingControls": [self._shown(one) for one in self.states]}
        if operation == "UpdateRoutingControlStates":
            return self._update(params)
        raise Refusal(400, "UnknownOperationException", operation)

    def _shown(self, arn: str) -> dict[str, str]:
        if arn not in self.states:
            raise Refusal(404, "ResourceNotFoundException", f"there is no {arn}")
        return {
            "ControlPanelArn": PANEL,
            "RoutingControlArn": arn,
            "RoutingControlName": arn.rpartition("/")[2],
            "RoutingControlState": self.states[arn],
        }

    def _update(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """All of the batch or nothing; the rules look at the whole of it."""
        entries = params["UpdateRoutingControlStateEntries"]
        wanted = {str(e["RoutingControlArn"]): str(e["RoutingControlState"]) for e in entries}
        if not entries or len(wanted) < len(entries):
            raise Refusal(400, "ValidationException", "no entry, or one control twice")
        for arn, state in wanted.items():
            self._shown(arn)
            if state not in STATES:
                raise Refusal(400, "ValidationException", f"{state!r} is no state")
        after = {**self.states, **wanted}
        over = list(params.get("SafetyRulesToOverride", []))
        broken = [
            rule.arn
            for rule in self.rules
            if wanted.keys() & set(rule.controls) and not rule.holds(after)
        ]
        kept = [arn for arn in broken if arn not in over]
        if kept:
            message = f"the change is not allowed by safety rules: {', '.join(kept)}"
            raise Refusal(409, "ConflictException", message)
        self.overridden += broken
        self.states = after
        return {}
