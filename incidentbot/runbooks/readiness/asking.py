"""Ask AWS what the fifteen points are judged by, and let them be judged."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from incidentbot import clock, plugins
from incidentbot.runbooks import inventory
from incidentbot.runbooks.listing import Object
from incidentbot.runbooks.readiness import replication as replicating
from incidentbot.runbooks.readiness.look import Fetched, Point, Replication, Through
from incidentbot.runbooks.readiness.points import copied, kept, practised, served
from incidentbot.runbooks.readiness.points.facts import NEVER, Bucket, Fact, Facts, ask, read_bucket
from incidentbot.runbooks.readiness.tally import Parity
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, OriginSettings, Settings

ACTIONS = "incidentbot.runbooks.actions"
SECONDS, ATTEMPTS = 5.0, 2
JUDGES = (*kept.POINTS, *copied.POINTS, *served.POINTS, *practised.POINTS)


def judged(facts: Facts) -> tuple[Point, ...]:
    """All fifteen, in order. Pure but for what a judge that breaks would hide: it is unknown."""
    return tuple(sorted((judge(facts) for judge in JUDGES), key=lambda point: point.number))


class Asker:
    def __init__(self, settings: Settings, aws: Aws) -> None:
        self._settings = settings
        self._aws = aws

    async def ask(
        self,
        asset: AssetSettings,
        *,
        parity: Parity | None,
        fetched: Fetched | None,
        headers: tuple[int, list[str]] | None,
        through: Through | None,
        drilled: datetime | None,
        read: Mapping[str, Mapping[str, Object]],
    ) -> tuple[Replication, tuple[Point, ...]]:
        """What could not be asked is unknown, never an exception."""
        now = clock.now()
        origins = [inventory.origin(self._settings, n) for n in (asset.backup, asset.primary)]
        found = await asyncio.gather(*(self._aws.blocking(self._bucket, o) for o in origins))
        backup, primary = (
            Bucket(one.place, one.kind, one.region, one.endpoint_url is None, facts,
                   tuple(got.headers for got in read.get(one.name, {}).values()))
            for one, facts in zip(origins, found, strict=True)
        )  # fmt: skip
        copying = Replication(why="the primary does not answer")
        if not any(fact.away for fact in primary.facts.values()):
            copying = await self._aws.blocking(self._replication, origins[1], origins[0], now)
        copying = Replication(
            copying.rule, copying.lag, copying.pending,
            replicating.statuses(read.get(asset.primary, {})), copying.why,
        )  # fmt: skip
        distribution = _distribution(asset)
        facts = Facts(
            now=now,
            backup=backup,
            primary=primary,
            parity=parity,
            fetched=fetched,
            headers=headers,
            through=through,
            replication=copying,
            distribution=distribution,
            cdn=await self._aws.blocking(self._cdn, distribution),
            drilled=drilled,
            drill_within=asset.readiness.drill_within.total_seconds(),
            late_planes=late_planes(self._settings, asset),
        )
        return copying, judged(facts)

    def _client(self, service: str, origin: OriginSettings) -> Any:
        options: Any = origin.options
        pair = options.pair
        key = (SecretStr(pair[0]), SecretStr(pair[1])) if pair else None
        return self._aws.client(service, origin.region, origin.endpoint_url, SECONDS, ATTEMPTS, key)

    def _bucket(self, origin: OriginSettings) -> dict[str, Fact]:
        if origin.kind != "s3":
            return {}
        s3 = self._client("s3", origin)
        return read_bucket(s3, lambda _: self._client("kms", origin), origin.place)

    def _replication(
        self, source: OriginSettings, copy: OriginSettings, now: datetime
    ) -> Replication:
        if source.kind != "s3" or copy.kind != "s3":
            return Replication(why="only S3 is asked about replication")
        cloudwatch = self._client("cloudwatch", source) if source.endpoint_url is None else None
        s3 = self._client("s3", source)
        return replicating.read(s3, cloudwatch, source.place, copy.place, now)

    def _cdn(self, distribution: str) -> Fact:
        if not distribution:
            return NEVER
        client = self._aws.client("cloudfront", "us-east-1", None, SECONDS, ATTEMPTS)
        return ask(client.get_distribution_config, "DistributionConfig", Id=distribution)


def _distribution(asset: AssetSettings) -> str:
    names = ("distribution", "distribution_id")
    found = (getattr(way.options, name, "") for way in asset.ways for name in names)
    return next((str(one) for one in found if one), "")


def late_planes(settings: Settings, asset: AssetSettings) -> tuple[str, ...]:
    """The switches of an asset that go through the region they should save it from."""
    at_risk = next((d.region for d in settings.dependencies if d.name == asset.dependency), None)
    planes = [plugins.get(ACTIONS, way.kind).plane(way.options) for way in asset.ways]
    return tuple(one.words for one in planes if at_risk and one.region == at_risk)
