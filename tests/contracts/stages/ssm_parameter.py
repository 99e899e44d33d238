"""A parameter at moto."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import ssm_parameter
from tests.contracts.aws_wire import client, moto
from tests.contracts.doubles.forward import Forward
from tests.contracts.stages.stage import Stage

PARAMETER, REGION = "/shop/asset-origin", "us-west-2"


@contextmanager
def stage() -> Iterator[Stage]:
    with moto() as url, Forward(url) as double:
        ssm = client("ssm", url, REGION)

        def put(value: str) -> None:
            ssm.put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)

        yield Stage(
            ssm_parameter,
            ssm_parameter.Options(parameter=PARAMETER, region=REGION, endpoint_url=double.url),
            double,
            writes=("PutParameter",),
            reads=("GetParameter",),
            live=lambda: str(ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]),
            by_others=put,
            reset=lambda: put("one"),
            hostile="parameter",
        )
