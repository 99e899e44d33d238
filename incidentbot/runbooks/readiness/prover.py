"""Look at both origins of an asset, for ever, and keep what was found in our own database."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, plugins
from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Http
from incidentbot.runbooks import inventory
from incidentbot.runbooks.listing import Object, Opened, Outside, Page
from incidentbot.runbooks.readiness import drop
from incidentbot.runbooks.readiness.asking import Asker
from incidentbot.runbooks.readiness.fetching import changed_headers, from_origin, over_users_way
from incidentbot.runbooks.readiness.judge import beside_of, detail_of, judge
from incidentbot.runbooks.readiness.look import Fetched, Look, Through
from incidentbot.runbooks.readiness.parity import compare
from incidentbot.runbooks.readiness.tally import Item, Parity, Tally
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import AssetSettings, Settings
from incidentbot.store import Store, changed
from incidentbot.store.models import Readiness

log = logging.getLogger(__name__)

ORIGINS = "incidentbot.runbooks.origins"
ALONG = 20  # objects whose headers are compared, and that are fetched over the way users take
AWAY = (Temporary, Permanent)
TOPIC = "readiness"  # what Store.on_commit listeners ask for: an origin became ready, or is not


class _Nothing:
    """Stands in for the side that cannot be listed, so that the other one can be read alone."""

    splits = True
    lists = True

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        return Page([], False)

    async def fetch(self, key: str) -> Object:
        return Object(problem="is nowhere")


@dataclass(slots=True)
class _Side:
    """One origin during one look."""

    name: str
    origin: Opened
    listed: list[Item] | None = None  # a sample of it; None when it could not be listed
    critical: dict[str, Item] = field(default_factory=dict)
    parity: Parity | None = None
    why: str = ""
    fetched: Fetched | None = None
    objects: Mapping[str, Object] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        every = [*(self.listed or ()), *self.critical.values()]
        return {one.key: one.size for one in every}


class Prover:
    def __init__(self, store: Store, settings: Settings, http: Http, aws: Aws) -> None:
        self._store = store
        self._settings = settings
        self._http = http
        self._outside = Outside(http, aws.blocking)
        self._asker = Asker(settings, aws)
        self._opened: dict[str, Opened] = {}

    async def keep_proving(self, asset: AssetSettings) -> None:
        """For ever: a whole look at `every`, and one at the critical objects alone in between."""
        rule = asset.readiness
        every, glance = rule.every.total_seconds(), rule.glance.total_seconds()
        while True:
            begun = clock.monotonic()
            await self._carefully(self.prove(asset), asset)
            while (left := every - (clock.monotonic() - begun)) > 0:
                await asyncio.sleep(min(left, glance))
                if left > glance and rule.critical:
                    await self._carefully(self.glance(asset), asset)

    async def _carefully(self, look: Any, asset: AssetSettings) -> None:
        try:
            await look
        except Exception:
            # An asset that cannot be looked at must not end the looking at the others; its
            # proof grows old meanwhile, and an old proof stops every plan.
            log.exception("readiness of %s could not be proven", asset.name)

    async def prove(self, asset: AssetSettings) -> None:
        """Look at both origins of an asset, and keep what was found."""
        backup, primary = self._side(asset.backup), self._side(asset.primary)
        sampled = await self._compare(asset, primary, backup)
        for side, other in ((backup, primary), (primary, backup)):
            await self._fetch(asset, side, other)
        through = await self._through(asset, backup)
        drilled = await self._store.tx(_drilled, asset)
        headers = await _headers(primary, backup)
        replication, points = await self._asker.ask(
            asset,
            parity=backup.parity,
            fetched=backup.fetched,
            headers=headers,
            through=through,
            drilled=drilled,
            read={side.name: side.objects for side in (backup, primary)},
        )
        for side in (backup, primary):
            found = Look(side.parity, side.fetched, side.why, sampled)
            if side is backup:
                found = replace(found, through=through, replication=replication, points=points)
            await self._store.tx(keep, asset, side.name, found, clock.now(), side.critical)

    async def glance(self, asset: AssetSettings) -> None:
        """Fetch the critical objects of the backup: a fault is written down, or that they are still
        there; what was at fault is looked at whole again."""
        known = await self._store.tx(_critical_sizes, asset)
        if known is None:
            return
        sizes, was_bad = known
        try:
            found, _ = await from_origin(self._open(asset.backup), sizes, sizes)
            look = Look(None, found) if found.failed else None
        except AWAY as error:
            look = Look(None, None, f"{asset.backup} does not answer ({error.message})")
        if look is not None:
            await self._store.tx(keep, asset, asset.backup, look, clock.now())
        elif was_bad:
            await self.prove(asset)
        else:
            await self._store.tx(still_there, asset, clock.now())

    async def _compare(self, asset: AssetSettings, primary: _Side, backup: _Side) -> bool:
        """Fill in what both list; whether they were compared object by object."""
        if not (primary.origin.lists and backup.origin.lists):
            return await self._one_by_one(asset, primary, backup)
        try:
            tally = await self._tally(asset, primary.origin, backup.origin)
        except AWAY as error:
            why = f"they cannot be compared now: {error.message}"
            await asyncio.gather(*(self._alone(asset, side, why) for side in (primary, backup)))
            return False
        for side, number in ((primary, 0), (backup, 1)):
            side.listed = (tally.copy if number else tally.source).items()
            side.critical = tally.critical(number)
        backup.parity = tally.parity
        primary.parity = tally.parity.turned(tally.lost_in_source())
        return False

    async def _tally(self, asset: AssetSettings, source: Opened, copy: Opened) -> Tally:
        rule = asset.readiness
        first, second = (
            inventory.origin(self._settings, name).at_once for name in (asset.primary, asset.backup)
        )
        return await compare(
            source,
            copy,
            rule.critical,
            sample=rule.sample,
            etags=rule.compare == "size_and_etag",
            at_once=(first, second),
        )

    async def _alone(self, asset: AssetSettings, side: _Side, why: str) -> None:
        """The other side is away; what is here can still be read."""
        side.why = why
        try:
            tally = await self._tally(asset, side.origin, _Nothing())
        except AWAY as error:
            side.why = f"{side.name} does not answer ({error.message})"
            return
        side.listed, side.critical = tally.source.items(), tally.critical(0)

    async def _one_by_one(self, asset: AssetSettings, primary: _Side, backup: _Side) -> bool:
        """One of them cannot list: a sample of the other is looked for in it, by size."""
        lister, other = (primary, backup) if primary.origin.lists else (backup, primary)
        if not lister.origin.lists:
            for side in (primary, backup):
                side.why = "neither origin can list what it has; give one of them a manifest"
            return True
        await self._alone(asset, lister, "")
        if lister.listed is None:
            other.why = lister.why
            return True
        try:
            found, objects = await from_origin(other.origin, lister.sizes, asset.readiness.critical)
        except AWAY as error:
            other.why = f"{other.name} does not answer ({error.message})"
            return True
        absent = [key for key, one in objects.items() if one.problem]
        kept = [one for one in lister.listed if one.key not in found.failed]
        other.listed = kept
        other.critical = {k: v for k, v in lister.critical.items() if k not in found.failed}
        parity = _of_sample(lister.sizes, found.failed, absent, asset.readiness.critical)
        backup.parity = parity if lister is primary else parity.turned(parity.critical)
        primary.parity = parity if lister is backup else parity.turned(())
        return True

    async def _fetch(self, asset: AssetSettings, side: _Side, other: _Side) -> None:
        if side.listed is None:
            side.why = side.why or f"{side.name} could not be looked at"
            return
        try:
            side.fetched, side.objects = await from_origin(
                side.origin, side.sizes, asset.readiness.critical
            )
        except AWAY as error:
            side.why = f"{side.name} does not answer ({error.message})"

    async def _through(self, asset: AssetSettings, backup: _Side) -> Through | None:
        keys = [*backup.critical, *(one.key for one in (backup.listed or ())[:ALONG])]
        return await over_users_way(self._http, asset, asset.backup, list(dict.fromkeys(keys)))

    def _side(self, name: str) -> _Side:
        return _Side(name, self._open(name))

    def _open(self, name: str) -> Opened:
        if name not in self._opened:
            settings = inventory.origin(self._settings, name)
            self._opened[name] = plugins.get(ORIGINS, settings.kind).opened(
                settings.options, self._outside
            )
        return self._opened[name]


def _of_sample(
    sizes: Mapping[str, int], failed: Iterable[str], absent: Iterable[str], critical: Iterable[str]
) -> Parity:
    bad, gone = sorted(set(failed)), set(absent)
    missing = [key for key in bad if key in gone or key not in sizes]
    different = [key for key in bad if key not in missing]
    total = len(sizes.keys() | set(bad))
    return Parity(
        total=total,
        same=total - len(bad),
        missing=len(missing),
        different=len(different),
        names={"missing": missing[:20], "different": different[:20]},
        critical=sorted(set(bad) & set(critical)),
    )


async def _headers(primary: _Side, backup: _Side) -> tuple[int, list[str]] | None:
    """The critical objects and some of the sample, with their headers, on both sides."""
    if backup.fetched is None or primary.listed is None:
        return None
    keys = [*backup.critical, *(one.key for one in (backup.listed or ())[:ALONG])]
    try:
        return await changed_headers(primary.origin, backup.objects, dict.fromkeys(keys))
    except AWAY:
        return None


def _drilled(session: Session, asset: AssetSettings) -> datetime | None:
    """When a switch to the backup last took effect, in a drill or in earnest."""
    return next((at for to, at in inventory.written(session, asset) if to == asset.backup), None)


def _critical_sizes(session: Session, asset: AssetSettings) -> tuple[dict[str, int], bool] | None:
    """(sizes of the critical objects as last listed, whether it was at fault since)."""
    row = session.get(Readiness, (asset.name, asset.backup))
    sizes = (row.beside or {}).get("critical") if row is not None else None
    if row is None or not sizes:
        return None
    return {str(key): int(size) for key, size in sizes.items()}, row.state != "ready"


def still_there(session: Session, asset: AssetSettings, now: datetime) -> None:
    """What was proven ready has been looked at again, if not compared."""
    row = session.get(Readiness, (asset.name, asset.backup))
    if row is not None and row.state == "ready":
        row.checked_at = now


def keep(
    session: Session,
    asset: AssetSettings,
    to: str,
    look: Look,
    now: datetime,
    critical: Mapping[str, Item] | None = None,
) -> None:
    """Write down what a look found; the last comparison stays beside a look without one."""
    row = session.get(Readiness, (asset.name, to))
    if row is None:
        row = Readiness(asset=asset.name, origin=to, state="unknown", reason="", detail={},
                        points=[], beside={}, told="", failing=0)  # fmt: skip
        session.add(row)
    state, reason = judge(look, row.proven_at, row.detail)
    if look.parity is not None:
        row.detail = detail_of(look)
        if state == "ready":
            row.proven_at = now
    if look.points:
        row.points = [one.as_dict() for one in look.points]
    row.beside = {**(row.beside or {}), **beside_of(look)}
    if critical:
        row.beside = {**row.beside, "critical": {key: one.size for key, one in critical.items()}}
    if row.state != state or row.since is None:
        row.since = now
        changed(session, TOPIC)
    row.state, row.reason, row.checked_at = state, reason, now
    if to == asset.backup:
        drop.tell(session, asset, row, now)
