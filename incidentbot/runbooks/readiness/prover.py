"""Is the other origin proven ready? Listings compared, critical objects and a sample fetched.

The result is kept in our own database, so that in an outage the plan says "proven 40 s before it
began" instead of asking a region that is gone. Unknown is never ready.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.runbooks import inventory
from incidentbot.runbooks.parity import Item, Parity, compare
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, OriginSettings, Settings
from incidentbot.store import Store
from incidentbot.store.models import Readiness

SECONDS = 5
ATTEMPTS = 2
TOLERATED = 0.001  # share of objects that may be missing or different; of critical ones none
NAMED = 5
AWAY = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`sample` objects and the critical ones, read from the origin itself."""

    tried: int
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an origin found; None for what could not be seen, and `why`."""

    parity: Parity | None
    fetched: Fetched | None
    why: str = ""


@dataclass(slots=True)
class Drawn:
    """A sample of a stream, drawn evenly in one pass, and the sizes of the wanted keys in it."""

    most: int
    wanted: frozenset[str]
    sizes: dict[str, int] = field(default_factory=dict)
    sample: list[Item] = field(default_factory=list)
    seen: int = 0

    def through(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            self.seen += 1
            if item.key in self.wanted:
                self.sizes[item.key] = item.size
            if len(self.sample) < self.most:
                self.sample.append(item)
            elif (place := random.randrange(self.seen)) < self.most:
                self.sample[place] = item
            yield item


class Prover:
    def __init__(self, store: Store, settings: Settings, aws: Aws) -> None:
        self._store = store
        self._settings = settings
        self._aws = aws

    async def prove(self, asset: AssetSettings) -> None:
        """Look at both origins of an asset, and keep what was found."""
        for to, other in ((asset.backup, asset.primary), (asset.primary, asset.backup)):
            look = await self._aws.blocking(self._look, asset, to, other)
            await self._store.tx(keep, asset, to, look, clock.now())

    def _look(self, asset: AssetSettings, to: str, other: str) -> Look:
        critical = frozenset(asset.readiness.critical)
        drawn = Drawn(asset.readiness.sample, critical)
        parity, why = None, ""
        try:
            parity = compare(self._list(other), drawn.through(self._list(to)), critical)
        except AWAY as error:
            why = f"they cannot be compared now: {_short(error)}"
        try:
            if parity is None:  # the other side is away; what is here can still be read
                drawn = Drawn(asset.readiness.sample, critical)
                for _ in drawn.through(self._list(to)):
                    pass
            return Look(parity, self._fetch(to, drawn), why)
        except AWAY as error:
            return Look(parity, None, f"{to} does not answer ({_short(error)})")

    def _fetch(self, to: str, drawn: Drawn) -> Fetched:
        origin = inventory.origin(self._settings, to)
        sizes = {item.key: item.size for item in drawn.sample} | drawn.sizes
        lost = tuple(sorted(drawn.wanted - drawn.sizes.keys()))
        failed = tuple(key for key, size in sizes.items() if not self._whole(origin, key, size))
        return Fetched(len(sizes) + len(lost), lost + failed)

    def _whole(self, origin: OriginSettings, key: str, size: int) -> bool:
        """Whether the object can be read, all of it."""
        try:
            answer = self._client(origin).get_object(Bucket=origin.bucket, Key=key)
            return len(answer["Body"].read()) == size
        except ClientError as error:
            if _answered(error):
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


def keep(session: Session, asset: AssetSettings, to: str, look: Look, now: datetime) -> None:
    """Write down what a look found; the last comparison stays beside a look without one."""
    row = session.get(Readiness, (asset.name, to))
    if row is None:
        row = Readiness(asset=asset.name, origin=to, state="unknown", reason="", detail={})
        session.add(row)
    state, reason = judge(look, row.proven_at, row.detail)
    if look.parity is not None:
        row.detail = _detail(look.parity)
        if state == "ready":
            row.proven_at = now
    row.state, row.reason, row.checked_at = state, reason, now


def judge(look: Look, proven_at: datetime | None, detail: dict[str, Any]) -> tuple[str, str]:
    """(ready | not_ready | unknown, why). Pure. `proven_at` and `detail` are of the looks before.

    When the other side is down its listing cannot be read: then the last comparison still counts
    (how old it may be is the plan's rule), if it was a good one and what can be fetched now is.
    """
    if look.fetched is None:
        return "unknown", look.why
    if look.fetched.failed:
        return "not_ready", _named(look.fetched.failed, "cannot be fetched whole")
    if look.parity is None:
        if proven_at is None or not detail:
            return "unknown", f"{look.why}, and they never were"
        if detail.get("fault"):
            return "not_ready", f"when last compared: {detail['fault']}"
        return "ready", (
            f"{_counted(detail)} when last compared at {proven_at:%H:%M:%S} UTC ({look.why}); "
            f"{look.fetched.tried} fetched"
        )
    fault = fault_of(look.parity)
    if fault:
        return "not_ready", fault
    return "ready", f"{_counted(_detail(look.parity))}; {look.fetched.tried} fetched"


def fault_of(parity: Parity) -> str:
    """What keeps a comparison from being a proof, in words; empty when nothing does. Pure."""
    if parity.total == 0:
        return "the other origin is empty, so nothing is proven"
    if parity.critical:
        return _named(parity.critical, "of the critical ones missing or different")
    bad = parity.missing + parity.different
    if bad > parity.total * TOLERATED:
        return f"{bad:,} of {parity.total:,} objects missing or different: {_some(_bad(parity))}"
    return ""


def _detail(parity: Parity) -> dict[str, Any]:
    return {
        "total": parity.total,
        "same": parity.same,
        "missing": parity.missing,
        "different": parity.different,
        "extra": parity.extra,
        "names": parity.names,
        "fault": fault_of(parity),
    }


def _counted(detail: dict[str, Any]) -> str:
    said = f"{detail['same']:,} of {detail['total']:,} objects the same"
    if detail["same"] == detail["total"]:
        return said
    names = [*detail["names"].get("missing", []), *detail["names"].get("different", [])]
    return f"{said} (not: {_some(names)})"


def _bad(parity: Parity) -> list[str]:
    return [*parity.names.get("missing", []), *parity.names.get("different", [])]


def _named(keys: Iterable[str], what: str) -> str:
    found = list(keys)
    return f"{len(found):,} {what}: {_some(found)}"


def _some(keys: Iterable[str]) -> str:
    found = list(keys)
    return ", ".join(found[:NAMED]) + (", ..." if len(found) > NAMED else "")


def _answered(error: ClientError) -> bool:
    """The origin is there and has a word about this object: not found, not allowed."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 400 <= status < 500 and status != 429


def _short(error: Exception) -> str:
    """For people: what came back, not what the library said about it."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        return f"answered {status} {error.response.get('Error', {}).get('Code', '')}".strip()
    return f"no answer: {str(error).splitlines()[0][:120]}"
