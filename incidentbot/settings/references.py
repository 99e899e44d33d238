"""Names that point at each other, and what may not stand in a file at all.

Both work on the raw data, so they are found beside the faults of single values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from incidentbot.settings.document import Document, NodePath
from incidentbot.settings.faults import TOKEN, Fault, suggest
from incidentbot.settings.options import unknown_name
from incidentbot.settings.telling import host_of, own_hosts
from incidentbot.settings.validate import secret_home

_TEMPLATE = re.compile(r"\$\{[^}]*\}")


NAMED = (
    "feeds",
    "vendors",
    "origins",
    "dependencies",
    "assets",
    "maintenance",
    "hooks",
    "webhooks",
    "people",
    "statuspages",
)


def reference_faults(document: Document) -> Iterator[Fault]:
    """Names used twice, and names that nothing bears."""
    for section in NAMED:
        yield from _twice(document, document.entries((section,)))
    feeds, origins = _names(document, "feeds"), _names(document, "origins")
    for dependency in document.entries(("dependencies",)):
        for path in document.entries((*dependency, "feeds")):
            yield from _missing(document, path, feeds, "feed")
        checks = document.entries((*dependency, "checks"))
        yield from _twice(document, checks)
        for check in checks:
            for path in ((*check, "origin"), *document.entries((*check, "origins"))):
                yield from _missing(document, path, origins, "origin")
                yield from _of_kind(document, path, "s3")
    dependencies = _names(document, "dependencies")
    for dependency in document.entries(("dependencies",)):
        for path in document.entries((*dependency, "hangs_on")):
            yield from _missing(document, path, dependencies, "dependency")
    yield from _circles(document)
    yield from _paging(document)
    freezes = document.entries(("policy", "freezes"))
    yield from _twice(document, freezes)
    for window in (*document.entries(("maintenance",)), *freezes):
        for path in document.entries((*window, "dependencies")):
            yield from _missing(document, path, dependencies, "dependency")
    yield from _told(document, dependencies)
    yield from _echoes(document)
    for asset in document.entries(("assets",)):
        yield from _missing(document, (*asset, "primary"), origins, "origin")
        yield from _missing(document, (*asset, "backup"), origins, "origin")
        yield from _missing(document, (*asset, "dependency"), dependencies, "dependency")
        yield from _pair(document, asset, origins)
    for hook in document.entries(("hooks",)):
        for path in document.entries((*hook, "dependencies")):
            yield from _missing(document, path, dependencies, "dependency")
        for match in document.entries((*hook, "match")):
            yield from _missing(document, (*match, "dependency"), dependencies, "dependency")


def _of_kind(document: Document, path: NodePath, kind: str) -> Iterator[Fault]:
    """Checks that look into an origin look with the API of S3."""
    for origin in document.entries(("origins",)):
        theirs = document.get((*origin, "kind"))
        if document.get((*origin, "name")) == document.get(path) and theirs != kind:
            yield document.fault(path, f"is of the kind {theirs!r}; this check asks S3", kind)


def _paging(document: Document) -> Iterator[Fault]:
    """Policies that are named, and people whom a system could not tell apart."""
    named = document.entries(("paging", "policies"))
    yield from _twice(document, named)
    policies = [name for path in named if isinstance(name := document.get((*path, "name")), str)]
    for dependency in document.entries(("dependencies",)):
        yield from _missing(document, (*dependency, "paging"), policies, "paging policy")
    for key in ("slack", "email", "os_user", "pagerduty", "opsgenie"):
        yield from _twice(document, document.entries(("people",)), key)


def _told(document: Document, dependencies: list[str]) -> Iterator[Fault]:
    """Dependencies that channels are told of, or that a status page has a component for."""
    for also in document.entries(("slack", "also_announce")):
        for path in document.entries((*also, "dependencies")):
            yield from _missing(document, path, dependencies, "dependency")
    for page in document.entries(("statuspages",)):
        at = (*page, "components")
        for name in document.keys_at(at):
            if name not in dependencies:
                yield unknown_name(document, (*at, name), name, dependencies, "dependency")


def _echoes(document: Document) -> Iterator[Fault]:
    """Feeds of a page that we write to ourselves: our own words would open incidents."""
    pages = {
        host: str(document.get((*page, "name")))
        for page in document.entries(("statuspages",))
        for host in own_hosts(document.get((*page, "page_id")), document.get((*page, "url")))
    }
    of_vendors = [
        feed
        for vendor in document.entries(("vendors",))
        for feed in document.entries((*vendor, "feeds"))
    ]
    for feed in (*document.entries(("feeds",)), *of_vendors):
        url = document.get((*feed, "url"))
        if isinstance(url, str) and (page := pages.get(host_of(url))):
            message = f"is the status page {page!r} that we write to: we would hear ourselves"
            yield document.fault((*feed, "url"), message, "the page of a vendor")


def _circles(document: Document) -> Iterator[Fault]:
    """Dependencies that hang on themselves, by however many steps: none of them is the cause."""
    hangs_on = {
        document.get((*entry, "name")): [
            document.get(path) for path in document.entries((*entry, "hangs_on"))
        ]
        for entry in document.entries(("dependencies",))
        if isinstance(document.get((*entry, "name")), str)
    }
    for entry in document.entries(("dependencies",)):
        for path in document.entries((*entry, "hangs_on")):
            if document.get((*entry, "name")) in _below(document.get(path), hangs_on):
                yield document.fault(path, "hangs on this dependency itself: a circle")


def _below(name: object, hangs_on: Mapping[object, list[object]]) -> set[object]:
    """What a dependency hangs on, directly or not, with itself."""
    found: set[object] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str) and here not in found:
            found.add(here)
            waiting += hangs_on.get(here, [])
    return found


def _pair(document: Document, asset: NodePath, origins: list[str]) -> Iterator[Fault]:
    """Primary and backup differ, and the switch has a value for both and for nothing else."""
    primary, backup = (document.get((*asset, key)) for key in ("primary", "backup"))
    if primary not in origins or backup not in origins:
        return  # already told, and the values cannot be judged by it
    if primary == backup:
        yield document.fault((*asset, "backup"), "is the same origin as the primary")
        return
    for switch in ((*asset, "switch"), *document.entries((*asset, "switches"))):
        yield from _values(document, (*switch, "values"), primary, backup)


def _values(document: Document, at: NodePath, primary: str, backup: str) -> Iterator[Fault]:
    values = document.get(at)
    if not isinstance(values, dict):
        return
    for name in values:
        if name not in (primary, backup):
            message = f"is neither the primary nor the backup{suggest(name, (primary, backup))}"
            yield document.fault((*at, name), message, f"{primary}, {backup}", key=True)
    for name in (primary, backup):
        if name not in values:
            yield document.fault((*at, name), "is missing: what to write to serve from there")
    if primary in values and values[primary] == values.get(backup):
        yield document.fault((*at, backup), "is the same value as the primary's")


def _names(document: Document, section: str) -> list[str]:
    names = (document.get((*entry, "name")) for entry in document.entries((section,)))
    return [name for name in names if isinstance(name, str)]


def _twice(document: Document, entries: list[NodePath], key: str = "name") -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for entry in entries:
        path = (*entry, key)
        name = document.get(path)
        if not isinstance(name, str):
            continue
        line = document.mark(path).line
        if name in seen:
            what = "a name" if key == "name" else "of somebody else and"
            yield document.fault(path, f"is {what} used before, in line {seen[name]}")
        seen.setdefault(name, line)


def _missing(document: Document, path: NodePath, known: list[str], what: str) -> Iterator[Fault]:
    name = document.get(path)
    if isinstance(name, str) and name not in known:
        yield unknown_name(document, path, name, known, what)


def forbidden_faults(document: Document) -> Iterator[Fault]:
    """Tokens, which belong in the environment, and templates, which are not filled in."""
    for path, value in document.scalars():
        if not isinstance(value, str):
            continue
        if TOKEN.search(value):
            yield document.fault(path, f"holds a token or key; {secret_home((*path, value[:4]))}")
        elif _TEMPLATE.search(value):
            yield document.fault(
                path,
                "holds a ${...}, which is not filled in; write the value itself",
                "a key that takes a secret names its variable: API_TOKEN, without ${}",
            )
