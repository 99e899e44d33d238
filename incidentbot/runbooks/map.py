"""What hangs on what, and where that is thin. Pure: settings and what was proven in, facts out.

Built before an outage, from the configuration and the database alone: nothing is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from incidentbot.runbooks.contract import Plane
from incidentbot.settings import (
    AssetSettings,
    DependencySettings,
    OriginSettings,
    Settings,
    SwitchSettings,
)

VENDORS = {"s3": "aws", "gcs": "gcp", "azure_blob": "azure"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an origin is. `region` is empty where nobody said."""

    origin: str
    kind: str
    place: str
    vendor: str
    region: str
    host: str


@dataclass(frozen=True, slots=True)
class Switch:
    """One way to change the origin, where its write lands, and the runbooks that use it."""

    name: str
    kind: str
    plane: str  # data or control
    region: str
    words: str
    runbooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """What fails when the asset is at risk, and what that hangs on in turn."""

    name: str
    title: str
    vendor: str
    region: str
    checks: int
    hangs_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """How the backup stands: ready, not_ready, unknown or "" (never), and the words for it."""

    state: str = ""
    stale: bool = False
    words: str = "never proven"


@dataclass(frozen=True, slots=True)
class AssetMap:
    name: str
    title: str
    primary: Place
    backup: Place
    cause: Cause
    switches: tuple[Switch, ...]
    verify: str
    proven: Proven


@dataclass(frozen=True, slots=True)
class Weak:
    """A weak spot. `bad`: it can keep the asset down; else it is only worth knowing."""

    kind: str
    asset: str
    bad: bool
    text: str


@dataclass(frozen=True, slots=True)
class Map:
    assets: tuple[AssetMap, ...]
    weak: tuple[Weak, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def build(
    settings: Settings,
    plane_of: Callable[[SwitchSettings], Plane],
    proven: Mapping[str, Proven],
    runbooks: Callable[[AssetSettings, SwitchSettings], Sequence[str]] = lambda _asset, _way: (),
) -> Map:
    """`plane_of` asks an action where its write lands; `proven` is by asset."""
    origins = {one.name: place_of(one) for one in settings.origins}
    causes = {one.name: _cause(one, settings.dependencies) for one in settings.dependencies}
    assets = tuple(
        AssetMap(
            one.name,
            one.title,
            origins[one.primary],
            origins[one.backup],
            causes[one.dependency],
            tuple(_switch(way, plane_of(way), runbooks(one, way)) for way in one.ways),
            one.verify.url,
            proven.get(one.name, Proven()),
        )
        for one in settings.assets
    )
    weak = [spot for asset in assets for look in LOOKS for spot in look(asset)]
    return Map(assets, (*weak, *_shared(assets)))


def place_of(origin: OriginSettings) -> Place:
    address = str(getattr(origin.options, "address", "") or getattr(origin.options, "url", ""))
    host = (urlsplit(address).hostname or "").lower()
    foreign = origin.endpoint_url is not None or origin.kind not in VENDORS
    vendor = origin.vendor or (host if foreign else VENDORS[origin.kind])
    return Place(origin.name, origin.kind, origin.place, vendor, origin.region, host)


def _cause(one: DependencySettings, every: Sequence[DependencySettings]) -> Cause:
    by_name = {other.name: other for other in every}
    below: list[str] = []
    waiting = list(one.hangs_on)
    while waiting:
        name = waiting.pop(0)
        if name not in below and name in by_name:
            below.append(name)
            waiting += by_name[name].hangs_on
    return Cause(one.name, one.title, one.vendor, one.region or "", len(one.checks), tuple(below))


def _switch(way: SwitchSettings, plane: Plane, runbooks: Sequence[str]) -> Switch:
    return Switch(way.called, way.kind, plane.kind, plane.region, plane.words, tuple(runbooks))


# --- weak spots of one asset -----------------------------------------------------------------


def unproven(asset: AssetMap) -> Iterator[Weak]:
    state, origin = asset.proven.state, asset.backup.origin
    if state == "ready" and not asset.proven.stale:
        return
    why = {"": "was never looked at", "not_ready": "is not ready"}.get(
        state, "is not known to be ready"
    )
    if state == "ready":
        why = "was proven ready, but too long ago"
    yield Weak("unproven", asset.name, True, f"{origin} {why}, so nothing can be switched to it")


def one_place(asset: AssetMap) -> Iterator[Weak]:
    """Both origins fail together."""
    one, two = asset.primary, asset.backup
    if one.vendor != two.vendor:
        return
    if one.region and one.region == two.region:
        yield Weak(
            "one_region",
            asset.name,
            True,
            f"both origins are at {one.vendor} in {one.region}: they fail together",
        )
    elif one.host and one.host == two.host and one.region == two.region:
        yield Weak(
            "one_host", asset.name, True, f"both origins are at {one.host}: they fail together"
        )
    else:
        yield Weak(
            "one_vendor",
            asset.name,
            False,
            f"both origins are at {one.vendor}: one account, or one outage of it all, takes both",
        )


def same_region(asset: AssetMap) -> Iterator[Weak]:
    """A switch that goes through what it should save from."""
    failing = {region for region in (asset.cause.region, asset.primary.region) if region}
    caught = [one for one in asset.switches if one.region in failing]
    for one in caught:
        used = f" (runbook {', '.join(one.runbooks)})" if one.runbooks else ""
        alone = len(caught) == len(asset.switches)
        end = "and there is no other switch" if alone else "use another one first"
        yield Weak(
            "own_region",
            asset.name,
            alone,
            f"the switch {one.name}{used} goes through {one.region}, the very region it should "
            f"save you from; {end}",
        )


def control_only(asset: AssetMap) -> Iterator[Weak]:
    if asset.switches and all(one.plane == "control" for one in asset.switches):
        names = ", ".join(one.name for one in asset.switches)
        yield Weak(
            "control_plane",
            asset.name,
            True,
            f"every switch goes through a control plane ({names}), which is what fails first",
        )


def one_switch(asset: AssetMap) -> Iterator[Weak]:
    if len(asset.switches) == 1:
        only = asset.switches[0]
        yield Weak(
            "one_switch", asset.name, False, f"{only.name} is the only switch ({only.words})"
        )


def blind_proof(asset: AssetMap) -> Iterator[Weak]:
    """The look from outside hangs on what failed."""
    host = (urlsplit(asset.verify).hostname or "").lower()
    failing = asset.cause.region or asset.primary.region
    labels = host.replace("-website", "").split(".")
    if host and host == asset.primary.host:
        yield Weak(
            "verify",
            asset.name,
            True,
            f"a switch is verified at {host}, which is the primary itself",
        )
    elif failing and any(label in (failing, f"s3-{failing}") for label in labels):
        yield Weak(
            "verify", asset.name, True, f"a switch is verified at {host}, which is in {failing}"
        )


def unwatched(asset: AssetMap) -> Iterator[Weak]:
    if asset.cause.checks == 0:
        yield Weak(
            "unwatched",
            asset.name,
            True,
            f"{asset.cause.name} has no check of ours, so its failure is not seen",
        )


LOOKS = (unproven, one_place, same_region, control_only, blind_proof, unwatched, one_switch)


def _shared(assets: Sequence[AssetMap]) -> Iterator[Weak]:
    """Single points of failure: what takes several assets at once, or takes one and its way out."""
    users: dict[tuple[str, str], list[str]] = {}
    for asset in assets:
        for kind, name in _hangs_on(asset):
            users.setdefault((kind, name), []).append(asset.name)
    for (kind, name), named in sorted(users.items()):
        if len(named) > 1:
            yield Weak(
                "shared",
                "",
                False,
                f"{len(named)} assets hang on {kind} {name}: {', '.join(named)}",
            )


def _hangs_on(asset: AssetMap) -> Iterator[tuple[str, str]]:
    yield "the dependency", asset.cause.name
    yield from (("the dependency", name) for name in asset.cause.hangs_on)
    if len(asset.switches) == 1:
        yield "the one switch plane", asset.switches[0].words
    yield "the backup origin", asset.backup.origin


# --- for a terminal --------------------------------------------------------------------------


def render(found: Map) -> str:
    """A tree for each asset, then what is weak, the worst first."""
    if not found.assets:
        return "The configuration names no assets, so there is nothing to map."
    titles = {one.name: one.title for one in found.assets}
    parts = ["\n".join(_tree(asset)) for asset in found.assets]
    weak = sorted(found.weak, key=lambda spot: not spot.bad)
    lines = []
    for spot in weak:
        about = f"{titles[spot.asset]}: " if spot.asset else ""
        lines.append(f"  {'!!' if spot.bad else ' .'} {about}{spot.text}")
    parts.append(
        "\n".join(
            ["Weak spots (!! can keep it down)", *(lines or ["  none that can be seen from here"])]
        )
    )
    return "\n\n".join(parts)


def _tree(asset: AssetMap) -> list[str]:
    cause = asset.cause
    rows: list[tuple[str, str]] = [
        ("primary", _place(asset.primary)),
        (
            "  at risk with",
            f"{cause.title} ({_where(cause.vendor, cause.region)}), {_checks(cause.checks)}",
        ),
    ]
    rows += [("    hangs on", name) for name in cause.hangs_on]
    rows += [
        ("backup", _place(asset.backup)),
        ("  " + (asset.proven.state or "unproven").replace("_", " "), asset.proven.words),
    ]
    for one in asset.switches:
        used = f"; runbooks {', '.join(one.runbooks)}" if one.runbooks else ""
        rows.append(("switch", f"{one.name}: {one.words} ({one.plane} plane){used}"))
    rows.append(("seen at", asset.verify))
    lines = [f"{asset.title} ({asset.name})"]
    for number, (what, value) in enumerate(rows):
        branch = "└─" if number == len(rows) - 1 else "├─"
        nested = what.startswith(" ")
        head = f"{'│ ' if nested else branch} {what}"
        lines.append(f"{head:<20} {value}")
    return lines


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"


def _place(place: Place) -> str:
    where = _where(place.vendor, place.region)
    return f"{place.origin} ({place.kind} {place.place}, {where})"


def _where(vendor: str, region: str) -> str:
    return f"{vendor} {region}" if region else vendor
