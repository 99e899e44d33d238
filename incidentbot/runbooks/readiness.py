"""Is the other origin proven ready? Listings compared, critical objects and a sample fetched.

The result is kept in our own database, so that in an outage the plan says "proven 40 s before it
began" instead of asking a region that is gone. Unknown is never ready.
"""

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks import inventory
from incidentbot.runbooks.aws import Aws
from incidentbot.runbooks.parity import Item, Parity, compare
from incidentbot.settings import AssetSettings, OriginSettings, Settings
from incidentbot.store import Store
from incidentbot.store.models import Readiness

log = logging.getLogger(__name__)

SECONDS = 5
ATTEMPTS = 2
TOLERATED = 0.001  # share of objects that may be missing or different
AWAY = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`sample` objects and the critical ones, read from the origin itself."""

    tried: int
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an origin found; None for what could not be seen."""

    parity: Parity | None
    fetched: Fetched | None
    why: str = ""


class Prover:
    def __init__(self, store: Store, settings: Settings, aws: Aws) -> None:
        self._store = store
        self._settings = settings
        self._aws = aws

    async def prove(self, asset: AssetSettings) -> None:
        """Look at both origins of an asset, and keep what was found."""
        for to, other in ((asset.backup, asset.primary), (asset.primary, asset.backup)):
            look = await self._aws.blocking(self._look, asset, to, other)
            await self._store.tx(_keep, asset, to, look, clock.now())

    def _look(self, asset: AssetSettings, to: str, other: str) -> Look:
        keys: list[str] = []
        try:
            parity = compare(self._list(other), _tee(self._list(to), keys))
        except AWAY as error:
            parity, why = None, f"the listings could not be compared ({_short(error)})"
            keys = []
        else:
            why = ""
        try:
            keys = keys or [item.key for item in self._list(to)]
            fetched = self._fetch(asset, to, keys)
        except AWAY as error:
            return Look(parity, None, f"{to} does not answer ({_short(error)})")
        return Look(parity, fetched, why)

    def _fetch(self, asset: AssetSettings, to: str, keys: list[str]) -> Fetched:
        origin = inventory.origin(self._settings, to)
        rule = asset.readiness
        drawn = random.sample(keys, min(rule.sample, len(keys)))
        wanted = list(dict.fromkeys([*rule.critical, *drawn]))
        failed = tuple(key for key in wanted if not self._readable(origin, key))
        return Fetched(len(wanted), failed)

    def _readable(self, origin: OriginSettings, key: str) -> bool:
        try:
            answer = self._client(origin).get_object(Bucket=origin.bucket, Key=key)
            body = answer["Body"].read()
            return len(body) == answer["ContentLength"] and len(body) > 0
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return False
            raise

    def _list(self, name: str) -> Iterator[Item]:
        origin = inventory.origin(self._settings, name)
        pages = self._client(origin).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=origin.bucket):
            for row in page.get("Contents", []):
                yield Item(row["Key"], row["Size"], row["ETag"])

    def _client(self, origin: OriginSettings) -> Any:
        return self._aws.client("s3", origin.region, origin.endpoint_url, SECONDS, ATTEMPTS)


def _keep(session: Session, asset: AssetSettings, to: str, look: Look, now: datetime) -> None:
    row = session.get(Readiness, (asset.name, to))
    if row is None:
        row = Readiness(asset=asset.name, origin=to, state="unknown", reason="", detail={})
        session.add(row)
    state, reason = judge(look, row.proven_at, row.detail, now)
    if state == "ready" and look.parity is not None:
        row.proven_at = now
        row.detail = _detail(look.parity)
    elif look.parity is not None:
        row.detail = _detail(look.parity)
    row.state, row.reason, row.checked_at = state, reason, now


def judge(
    look: Look, proven_at: datetime | None, detail: dict[str, Any], now: datetime
) -> tuple[str, str]:
    """(ready | not_ready | unknown, why). Pure.

    When the other side is down its listing cannot be read: then the last comparison still counts
    (how old it may be is the plan's rule), if what can be fetched now is fetched.
    """
    if look.fetched is None:
        return "unknown", look.why
    if look.fetched.failed:
        missing = ", ".join(look.fetched.failed[:5])
        return "not_ready", f"{len(look.fetched.failed)} objects cannot be fetched: {missing}"
    fetched = f"{look.fetched.tried} fetched just now"
    if look.parity is None:
        if proven_at is None:
            return "unknown", f"{look.why}, and they never were"
        age = words((now - proven_at).total_seconds())
        return "ready", f"{_counted(detail)} when last compared {age} ago; {fetched}"
    bad = look.parity.missing + look.parity.different
    if look.parity.total == 0:
        return "not_ready", "the other origin is empty, so nothing is proven"
    if bad > look.parity.total * TOLERATED:
        names = ", ".join((look.parity.names.get("missing") or look.parity.names["different"])[:5])
        return "not_ready", f"{bad} of {look.parity.total} objects missing or different: {names}"
    return "ready", f"{_counted(_detail(look.parity))}; {fetched}"


def _detail(parity: Parity) -> dict[str, Any]:
    return {
        "total": parity.total,
        "same": parity.same,
        "missing": parity.missing,
        "different": parity.different,
        "extra": parity.extra,
        "names": parity.names,
    }


def _counted(detail: dict[str, Any]) -> str:
    return f"{detail.get('same', 0):,} of {detail.get('total', 0):,} objects the same"


def _tee(items: Iterator[Item], keys: list[str]) -> Iterator[Item]:
    for item in items:
        keys.append(item.key)
        yield item


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
