"""A distribution whose default and images move; its API does not."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import cloudfront_origin
from tests.contracts.doubles.cloudfront import CloudFront, distribution
from tests.contracts.stages.stage import Stage

ID = "E1SHOPIMAGES"


@contextmanager
def stage() -> Iterator[Stage]:
    with CloudFront() as double:

        def put(value: str) -> None:
            double.put(ID, distribution(default=value, img=value))

        def live() -> str:
            config = double.distributions[ID].config
            image = config["CacheBehaviors"]["Items"][1]["TargetOriginId"]
            assert config["DefaultCacheBehavior"]["TargetOriginId"] == image
            return str(image)

        yield Stage(
            cloudfront_origin,
            cloudfront_origin.Options(
                distribution=ID, behaviors=("default", "/img/*"), endpoint_url=double.url
            ),
            double,
            writes=("UpdateDistribution",),
            reads=("GetDistributionConfig",),
            live=live,
            by_others=put,
            reset=lambda: put("one"),
            has_token=True,
            hostile="distribution",
        )
