"""The vendors that are known without being told: one YAML file each, read and checked once.

A file has the shape of an entry of `vendors` in a configuration, which adds vendors or changes
some keys of one. `complete` puts the feeds of a vendor where a dependency leaves `feeds` out.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from incidentbot.errors import ConfigError
from incidentbot.settings import (
    DependencySettings,
    Fault,
    FeedSettings,
    Settings,
    VendorFeed,
    VendorSettings,
    render,
    validate,
)
from incidentbot.settings.document import Document, NodePath
from incidentbot.settings.yaml_lines import parse
from incidentbot.signals.feeds.match import NO_ALIASES, Aliases


class Catalogue:
    """The vendors built in, with what a configuration says of them on top."""

    def __init__(self, own: Sequence[VendorSettings] = ()) -> None:
        vendors = dict(built_in())
        for vendor in own:
            known = vendors.get(vendor.name)
            vendors[vendor.name] = merged(known, vendor) if known else vendor
        self.vendors: Mapping[str, VendorSettings] = dict(sorted(vendors.items()))
        # Their own names first, then what a configuration calls them, then the built-in aliases.
        by_name = {alias: v.name for v in vendors.values() for alias in v.aliases}
        by_name |= {alias: vendor.name for vendor in own for alias in vendor.aliases}
        self._by_name = by_name | {name: name for name in vendors}

    def find(self, word: str) -> VendorSettings | None:
        """The vendor of that name or alias."""
        name = self._by_name.get(word.lower())
        return self.vendors[name] if name else None

    def near(self, word: str) -> list[str]:
        """Up to three known names that look like `word`, the nearest first."""
        return difflib.get_close_matches(word.lower(), list(self._by_name), n=3, cutoff=0.6)

    def feeds(self, dependency: DependencySettings) -> list[FeedSettings]:
        """The feeds to follow for this dependency; none when its vendor is not known."""
        vendor = self.find(dependency.vendor)
        if vendor is None:
            return []
        service = _canonical(dependency.service, vendor.services)
        region = _canonical(dependency.region or "", vendor.regions)
        fitting = (_feed(f, vendor, service, region) for f in vendor.feeds)
        found: dict[str, FeedSettings] = {}
        for feed in fitting:
            if feed is not None:
                found.setdefault(feed.name, feed)
        return list(found.values())

    def aliases(self, dependency: DependencySettings) -> Aliases:
        """How the vendor's pages call the dependency's service and region."""
        vendor = self.find(dependency.vendor)
        if vendor is None:
            return NO_ALIASES
        service = _canonical(dependency.service, vendor.services)
        region = _canonical(dependency.region or "", vendor.regions)
        others = [(name, *words) for name, words in vendor.regions.items() if name != region]
        return Aliases(
            service=(service, *vendor.services.get(service, ())),
            region=(region, *vendor.regions.get(region, ())) if region else (),
            elsewhere=tuple(word for words in others for word in words if _telling(word)),
            several=vendor.several,
            any_service=vendor.one_service,
        )


def complete(settings: Settings) -> Settings:
    """The settings with the catalogue's feeds for every dependency that leaves `feeds` out.

    A feed that is in the file already under that name is used instead. Twice is as good as once.
    """
    catalogue = Catalogue(settings.vendors)
    feeds = {feed.name: feed for feed in settings.feeds}
    dependencies = []
    for dependency in settings.dependencies:
        if dependency.follows_catalogue:
            wanted = catalogue.feeds(dependency)
            feeds = {feed.name: feed for feed in wanted} | feeds
            names = tuple(feed.name for feed in wanted)
            if names != dependency.feeds:  # ten thousand copies would only cost memory
                dependency = dependency.model_copy(update={"feeds": names})
        dependencies.append(dependency)
    changes = {"feeds": tuple(feeds.values()), "dependencies": tuple(dependencies)}
    return settings.model_copy(update=changes)


def notes(settings: Settings, document: Document) -> Iterator[Fault]:
    """What is no fault, and yet may not be what was meant: nothing watches, or nobody knows it."""
    if not settings.dependencies:
        yield document.fault((), "nothing is watched: there is no entry in `dependencies`")
    catalogue = Catalogue(settings.vendors)
    for at, dependency in enumerate(settings.dependencies):
        if not dependency.follows_catalogue:
            continue
        path, vendor = ("dependencies", at), catalogue.find(dependency.vendor)
        if vendor is None:
            words = f"'{dependency.vendor}' is not in the catalogue, so no feed is followed"
            near = catalogue.near(dependency.vendor)
            yield document.fault((*path, "vendor"), words + _near(near))
        elif not catalogue.feeds(dependency):
            words = f"no feed of {vendor.title or vendor.name} is known"
            note = f"; {vendor.note}" if vendor.note else ""
            yield document.fault((*path, "vendor"), words + note)
        else:
            yield from _unknown_words(document, path, dependency, vendor)


def _unknown_words(
    document: Document, path: NodePath, dependency: DependencySettings, vendor: VendorSettings
) -> Iterator[Fault]:
    """A service or region that the catalogue does not have: a typing error, or a new one."""
    asked: list[tuple[str, str, Mapping[str, Sequence[str]]]] = [
        ("region", dependency.region or "", vendor.regions)
    ]
    if not vendor.one_service:
        asked.append(("service", dependency.service, vendor.services))
    for key, word, known in asked:
        if word and known and _canonical(word, known) not in known:
            words = f"no {key} '{word}' of {vendor.title or vendor.name} is known"
            rest = "; its feeds are searched for that word as it is"
            near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)
            yield document.fault((*path, key), words + rest + _near(near))


def _near(names: Sequence[str]) -> str:
    return f"; near to it: {', '.join(names)}" if names else ""


@cache
def built_in() -> Mapping[str, VendorSettings]:
    """Name -> vendor. Raises ConfigError with every fault, were there one."""
    found: dict[str, VendorSettings] = {}
    faults: list[Fault] = []
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        document, wrong = parse(file.read_bytes(), file.name)
        faults += wrong
        if document is not None and not wrong:
            vendor, wrong = validate(document, VendorSettings)
            faults += wrong
            if vendor is not None:
                found[vendor.name] = vendor
    if faults:
        raise ConfigError(render(faults))
    return found


def merged(known: VendorSettings, own: VendorSettings) -> VendorSettings:
    """What the configuration gives, over what is known; services and regions one by one."""
    changes = {key: getattr(own, key) for key in own.model_fields_set}
    for key in ("services", "regions"):
        changes[key] = getattr(known, key) | changes.get(key, {})
    return known.model_copy(update=changes)


def _canonical(word: str, known: Mapping[str, Sequence[str]]) -> str:
    """The catalogue's own name for a service or region; the word itself when there is none."""
    if word in known:
        return word
    said = word.lower().replace("-", " ")
    return next((name for name, words in known.items() if said in {w.lower() for w in words}), word)


def _telling(word: str) -> bool:
    """Whether a word can only mean a place: not "us", "sea" or "par" in a sentence."""
    return len(word) > 3 or not word.isalpha()


def _feed(
    feed: VendorFeed, vendor: VendorSettings, service: str, region: str
) -> FeedSettings | None:
    """The feed for a service and region; None when it is not for them."""
    if feed.services and service not in feed.services:
        return None
    if feed.regions and region not in feed.regions:
        return None
    if "region" in feed.places and not region:
        return None
    values = {"service": service, "region": region}
    return FeedSettings(
        name=feed.name.format_map(values),
        vendor=vendor.name,
        url=feed.url.format_map(values),
        format=feed.format,
        every=feed.every,
        allow_private=feed.allow_private,
    )
