"""Copy what the backup lacks from the primary, while the primary is up. It only ever adds.

The plan holds the exact list of objects. Each is copied only where there is none, with its type and
metadata, so that it may be sent again; what is there already is never written over or deleted.
"""

import shlex
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from incidentbot.errors import Permanent, Refused
from incidentbot.runbooks.contract import (
    Calls,
    Done,
    Goal,
    Live,
    Plane,
    Planned,
    Reads,
    Request,
    Right,
    Way,
    token_of,
)
from incidentbot.settings import AssetSettings, Name, Settings, SettingsModel

MAY_CHANGE = ("count", "missing", "missing.*")
REPEATABLE = True
HERE = Way()


class Arguments(SettingsModel):
    most: Literal[10, 100, 1000] = Field(100, description="Objects that one plan copies at most.")


class Options(SettingsModel):
    """What `bind` makes of an asset; nobody writes it."""

    asset: Name = Field(description="Asset whose backup is filled.")
    source: Name = Field(description="Its primary origin.")
    backup: Name = Field(description="Its backup origin.")
    source_bucket: str = Field(description="Bucket of the primary.")
    backup_bucket: str = Field(description="Bucket of the backup.")
    region: str = Field("", description="Region of the backup.")
    most: int = Field(100, ge=1, le=1000, description="Objects that one plan copies at most.")


def bind(
    settings: Settings, asset: AssetSettings | None, incident_id: str, arguments: Arguments
) -> Options:
    """The two origins of the asset; the direction is never a choice."""
    if asset is None:
        raise Refused("Copying is about an asset, and none was named.")
    origins = {one.name: one for one in settings.origins}
    source, backup = origins[asset.primary], origins[asset.backup]
    for one in (source, backup):
        if one.kind != "s3":
            raise Refused(
                f"{one.name} is of the kind {one.kind}: only S3 can be copied to and from."
            )
    return Options(
        asset=asset.name,
        source=source.name,
        backup=backup.name,
        source_bucket=source.place,
        backup_bucket=backup.place,
        region=backup.region,
        most=arguments.most,
    )


def plane(options: Options) -> Plane:
    where = f" in {options.region}" if options.region else ""
    return Plane("data", options.region, f"S3 data plane{where}, reading from {options.source}")


async def observe(options: Options, calls: Reads) -> Live:
    """What the backup lacks, by comparing both listings: the first `most` of it, and how many."""
    params = {"from": options.source, "to": options.backup, "most": options.most}
    answer = await calls.read(_request("copy_missing_look", params), HERE)
    count = int(answer["count"])
    document = {
        "count": count,
        "missing": [_line(one["key"], one["size"], one["etag"]) for one in answer["missing"]],
    }
    return Live(_value(count), token_of(document), document)


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One Copy for each object. Refused when nothing is missing."""
    missing = _missing(live)
    if not missing:
        raise Refused(f"{options.backup} lacks nothing that {options.source} has.")
    count = int(live.document["count"])
    rest = count - len(missing)
    size = sum(size for _, size, _ in missing)
    after = {"count": rest, "missing": []}
    left = f"; {rest:,} more are left for another plan" if rest else ""
    return Planned(
        target=f"copy:{options.backup_bucket}",
        requests=tuple(_copy(options, key, size, etag) for key, size, etag in missing),
        after=Live(_value(rest), "", after),
        what=f"{len(missing):,} of {count:,} objects that {options.backup} lacks "
        f"({size:,} bytes{left})",
        touches=(f"New objects in bucket {options.backup_bucket}: {_some(missing)}",),
        not_touched=(
            "Every object that is already there: nothing is overwritten or deleted",
            f"Bucket {options.source_bucket} is only read",
            "What users are served now",
        ),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """One after the other; the wire reads each back."""
    last = ""
    for request in requests:
        answer, id = await calls.write(request, HERE)
        if int(answer["size"]) != int(request.params["size"]):
            key = request.params["key"]
            raise Permanent(f"{key} is there already with {answer['size']:,} bytes: left alone")
        last = id or last
    return Done("", last)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Compare both listings anew; `copy_object` has read each object back already."""
    live = await observe(options, calls)
    fine = int(live.document["count"]) <= int(after.document["count"])
    said = f"{options.backup} has {live.value}"
    return fine, said if fine else f"{said}, not {after.value}: {_some(_missing(live))}"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """None: a copy too many harms nobody, and nothing here ever deletes."""
    return ()


def follows(before: str, after: str) -> bool:
    """Nobody can tell; what others add meanwhile does not matter."""
    return True


def by_hand(options: Options) -> str:
    """`incidentbot readiness ASSET --now`"""
    return shlex.join(["incidentbot", "readiness", options.asset, "--now"])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """List and read both buckets, add to the backup's."""
    source, backup = (
        f"arn:aws:s3:::{one}" for one in (options.source_bucket, options.backup_bucket)
    )
    return (
        Right(("s3:ListBucket",), (source, backup)),
        Right(("s3:GetObject",), (f"{source}/*", f"{backup}/*")),
        Right(("s3:PutObject",), (f"{backup}/*",), write=True),
    )


def _request(operation: str, params: dict[str, Any]) -> Request:
    return Request("house", operation, "", params)


def _copy(options: Options, key: str, size: int, etag: str) -> Request:
    sides = {"from": options.source, "to": options.backup}
    return _request("copy_object", {**sides, "key": key, "size": size, "etag": etag})


def _value(count: int) -> str:
    return f"{count} missing"


def _line(key: str, size: int, etag: str) -> str:
    """An object as the plan shows it. The key comes last, since only it may hold anything."""
    return f"{size} {etag or '-'} {key}"


def _parts(line: str) -> tuple[str, int, str]:
    size, etag, key = line.split(" ", 2)
    return key, int(size), "" if etag == "-" else etag


def _missing(live: Live) -> list[tuple[str, int, str]]:
    return [_parts(line) for line in live.document["missing"]]


def _some(found: Sequence[tuple[str, int, str]]) -> str:
    shown = ", ".join(key for key, _, _ in found[:5])
    return shown + (f" and {len(found) - 5:,} more" if len(found) > 5 else "")
