"""An access point with three routes, one of them open."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import s3_multi_region_access_point as action
from tests.contracts.doubles.mrap import AccessPoint, Route
from tests.contracts.stages.stage import Stage

ARN = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
ONE, TWO, THREE = "shop-one", "shop-two", "shop-three"


@contextmanager
def stage() -> Iterator[Stage]:
    routes = [
        Route(ONE, "us-east-1", 100),
        Route(TWO, "us-west-2", 0),
        Route(THREE, "eu-west-1", 0),
    ]
    with AccessPoint(ARN, routes) as point:

        def only(bucket: str) -> None:
            for route in point.routes:
                route.dial = 100 if route.bucket == bucket else 0

        yield Stage(
            action,
            action.Options(access_point=ARN, region="us-west-2", endpoint_url=point.url),
            point,
            writes=("SubmitMultiRegionAccessPointRoutes",),
            reads=("GetMultiRegionAccessPointRoutes",),
            live=lambda: " + ".join(sorted(point.open)),
            by_others=only,
            reset=lambda: only(ONE),
            values=(ONE, TWO),
            third=THREE,
            tells=False,
            hostile="region",
        )
