"""An environment with one flag, whose three versions are ready."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import appconfig as action
from tests.contracts.doubles.appconfig import (
    APPLICATION,
    ENVIRONMENT,
    PROFILE,
    STRATEGY,
    AppConfig,
)
from tests.contracts.stages.stage import Stage


@contextmanager
def stage() -> Iterator[Stage]:
    with AppConfig() as service:
        service.versions[PROFILE] = {1: b"one", 2: b"two", 3: b"three"}
        options = action.Options(
            account="123456789012",
            application=APPLICATION,
            environment=ENVIRONMENT,
            profile=PROFILE,
            strategy=STRATEGY,
            region="us-west-2",
            endpoint_url=service.url,
        )

        def deploy(version: str) -> None:
            service.deploy(int(version))

        yield Stage(
            action,
            options,
            service,
            writes=("StartDeployment", "StopDeployment"),
            reads=("ListDeployments",),
            live=lambda: str(service.served),
            by_others=deploy,
            reset=lambda: deploy("1"),
            values=("1", "2"),
            third="3",
            has_token=True,
            hostile="environment",
        )
