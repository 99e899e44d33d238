"""Every call that an action sends to AWS keeps what AWS itself says about its parameters.

boto3 looks at names, types and least lengths only; the model of each service says more: patterns,
choices, most lengths. A stand-in may be as lenient as its author, the model is not.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator

from incidentbot.http import Http
from incidentbot.runbooks.contract import Request, Way
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.wires import Wires, Writer
from tests.contracts.doubles import ways
from tests.contracts.stages.stage import Stage
from tests.contracts.test_actions import STAGES

AWS = botocore.session.get_session()
OTHERS = {"http", "haproxy", "house"}
# Where the model contradicts AWS's own examples: an ARN of an access point has a slash.
WRONG = {"Mrap"}


class Noting(Writer):
    """Keeps what goes out."""

    def __init__(self, wires: Wires) -> None:
        super().__init__(wires, "P-1")
        self.sent: list[Request] = []

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        self.sent.append(request)
        return await super().read(request, way)

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        self.sent.append(request)
        return await super().write(request, way)


def faults(shape: Shape, value: Any, at: str = "") -> Iterator[str]:
    """What the model says against a value, and boto3 does not look at."""
    if isinstance(shape, StructureShape):
        for name, one in value.items():
            yield from faults(shape.members[name], one, f"{at}.{name}")
    elif isinstance(shape, ListShape):
        for number, one in enumerate(value):
            yield from faults(shape.member, one, f"{at}.{number}")
    said = shape.metadata
    name = at.rpartition(".")[2]
    if isinstance(value, str) and name not in WRONG:
        if "enum" in said and value not in said["enum"]:
            yield f"{at}: {value!r} is none of {said['enum']}"
        if "pattern" in said and not re.search(said["pattern"], value):
            yield f"{at}: {value!r} does not match {said['pattern']}"
    size = value if isinstance(value, int) else len(value) if hasattr(value, "__len__") else 0
    if "max" in said and size > said["max"]:
        yield f"{at}: {size} is more than {said['max']}"


def wrong(request: Request) -> list[str]:
    shape = AWS.get_service_model(request.service).operation_model(request.operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(dict(request.params), shape)
    found = [report.generate_report()] if report.has_errors() else []
    return [f"{request.operation}{one}" for one in (*found, *faults(shape, request.params))]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with ways.aws(write=1.0) as made:
        yield made


@pytest.mark.parametrize("name", STAGES)
async def test_what_goes_out_is_what_aws_takes(name: str, aws: Aws) -> None:
    http = Http()
    with importlib.import_module(f"tests.contracts.stages.{name}").stage() as stage:
        calls = Noting(Wires(http, aws, stage.doors))
        stage.reset()
        await there_and_back(stage, calls)
    await http.close()
    sent = [request for request in calls.sent if request.service not in OTHERS]
    assert calls.sent and [line for request in sent for line in wrong(request)] == []


async def there_and_back(stage: Stage, calls: Writer) -> None:
    """All that an action ever calls."""
    before = await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, before, stage.goal)
    undo = stage.action.undo(stage.options, before, planned.after)
    first = [request.filled(before.token) for request in planned.requests]
    await stage.action.apply(stage.options, first, before, calls)
    await stage.action.verify(stage.options, planned.after, calls)
    now = await stage.action.observe(stage.options, calls)
    back = [request.filled(now.token) for request in undo]
    if not back:
        return  # what was said to people is not taken back
    await stage.action.apply(stage.options, back, now, calls)
    if hasattr(stage.action, "tags"):
        await stage.action.tags(stage.options, calls)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"RoutingControlArn": "a b", "RoutingControlState": "On"}, "does not match"),
        ({"RoutingControlArn": "a", "RoutingControlState": "on"}, "is none of"),
        ({"RoutingControlArn": "a" * 256, "RoutingControlState": "Off"}, "more than 255"),
        ({"RoutingControlArn": "a"}, "Missing required"),
    ],
)
def test_what_aws_would_not_take_is_found(params: dict[str, str], said: str) -> None:
    entries = {"UpdateRoutingControlStateEntries": [params]}
    request = Request("route53-recovery-cluster", "UpdateRoutingControlStates", "", entries)
    assert any(said in line for line in wrong(request))
