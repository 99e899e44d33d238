"""Move the weights of a weighted record set in Route 53; the origins are its set identifiers.

Control plane in us-east-1, so it may fail with the very storage it should save from. One batch
deletes the records exactly as they were read and creates them with their new weights: when anything
in them has changed meanwhile, Route 53 refuses the whole batch.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from incidentbot.errors import Permanent, Refused
from incidentbot.runbooks.contract import (
    WHOLE,
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
from incidentbot.settings import HttpUrl, SettingsModel
from incidentbot.settings.values import Matching

MAY_CHANGE = ("*.Weight",)
PARTS = True
REGION = "us-east-1"

Zone = Annotated[
    str, Matching(r"Z[A-Z0-9]{5,31}", "a hosted zone", "a zone's id such as Z0123456789ABC")
]
Record = Annotated[
    str,
    Matching(
        r"(\*\.)?([A-Za-z0-9_-]{1,63}\.)+[A-Za-z0-9-]{1,63}\.?",
        "a record's name",
        "a full name such as img.shop.example",
    ),
]


class Options(SettingsModel):
    zone: Zone = Field(description="Id of the hosted zone.")
    record: Record = Field(description="Name of the weighted records.")
    type: Literal["A", "AAAA", "CNAME"] = Field(description="Type of the weighted records.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of a Route 53-compatible service; left out for AWS."
    )


def plane(options: Options) -> Plane:
    return Plane("control", REGION, f"Route 53 control plane in {REGION}")


async def observe(options: Options, calls: Reads) -> Live:
    """The records of the set by their identifiers, and who serves by their weights."""
    document = await _records(options, calls)
    return Live(_value(document), token_of(document), document, _shares(document))


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """One batch: delete both records exactly as they are, create them with their new weights."""
    old: Mapping[str, Any] = live.document
    other = goal.other or _the_other(old, goal.to)
    for name in (goal.to, other):
        if name not in old:
            raise Refused(f"{_named(options)} has no {name!r} (it has {', '.join(sorted(old))})")
    heavy = sorted(n for n, one in old.items() if one["Weight"] and n not in (goal.to, other))
    if heavy:
        raise Refused(f"{_named(options)}: {', '.join(heavy)} has weight and is no origin here")
    if goal.to == other or not 0 <= goal.share <= WHOLE:
        raise Refused("a share is from 0 to 100 percent, of two origins")
    weights = {goal.to: goal.share, other: WHOLE - goal.share}
    new = {name: one | {"Weight": weights.get(name, one["Weight"])} for name, one in old.items()}
    return Planned(
        target=_target(options),
        requests=(_batch(options, old, new, sorted(weights)),),
        after=Live(_value(new), "", new, _shares(new)),
        what=f"Weights of {_named(options)} in zone {options.zone} (state {live.token})",
        touches=(f"Weights of {' and '.join(sorted(weights))} of {_named(options)}",),
        not_touched=("Values and TTLs", "Other records", "Buckets and CDN configuration"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """Send the batch once. What Route 53 calls the change is kept behind the request id."""
    (request,) = requests
    answer, request_id = await calls.write(request, _way(options))
    after = dict(before.document)
    for change in request.params["ChangeBatch"]["Changes"]:
        if change["Action"] == "CREATE":
            record = change["ResourceRecordSet"]
            after[record["SetIdentifier"]] = record
    return Done(token_of(after), f"{request_id} {answer['ChangeInfo']['Id']}")


async def settled(options: Options, request_id: str, calls: Reads) -> tuple[bool, str]:
    """Whether every name server of Route 53 has the change of that `Done.request_id`."""
    change = request_id.rpartition(" ")[2].removeprefix("/change/")
    answer = await calls.read(_request("GetChange", {"Id": change}), _way(options))
    status = str(answer["ChangeInfo"]["Status"])
    return status == "INSYNC", f"change {change} is {status}"


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read the records back."""
    document = await _records(options, calls)
    fine = dict(document) == dict(after.document)
    words = f"{_named(options)}: {_weights(document)}"
    return fine, words if fine else f"{words}, not {_weights(after.document)}"


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """The batch the other way round."""
    old, new = before.document, after.document
    moved = sorted(name for name in old if old[name] != new.get(name))
    return (_batch(options, new, old, moved or sorted(old)),)


def follows(before: str, after: str) -> bool:
    """The batch itself names what was there before."""
    return True


def by_hand(options: Options) -> str:
    """`aws route53 list-resource-record-sets ...`"""
    words = ["aws", "route53", "list-resource-record-sets", "--hosted-zone-id", options.zone]
    words += ["--start-record-name", options.record, "--start-record-type", options.type]
    return shlex.join([*words, "--max-items", "10"])


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Read one zone; delete and create records of one name and type in it."""
    zone = (f"arn:aws:route53:::hostedzone/{options.zone}",)
    key = "route53:ChangeResourceRecordSets"
    conditions = {
        f"{key}NormalizedRecordNames": [_normal(options.record).rstrip(".")],
        f"{key}RecordTypes": [options.type],
        f"{key}Actions": ["CREATE", "DELETE"],
    }
    return (
        Right(("route53:ListResourceRecordSets", "route53:ListTagsForResource"), zone),
        Right(("route53:GetChange",), ("arn:aws:route53:::change/*",)),
        Right((key,), zone, True, {"ForAllValues:StringEquals": conditions}),
    )


async def tags(options: Options, calls: Reads) -> Mapping[str, str]:
    """The tags of the zone."""
    params = {"ResourceType": "hostedzone", "ResourceId": options.zone}
    answer = await calls.read(_request("ListTagsForResource", params), _way(options))
    return {tag["Key"]: tag.get("Value", "") for tag in answer["ResourceTagSet"]["Tags"]}


async def _records(options: Options, calls: Reads) -> dict[str, Any]:
    """The records of the name and type, by set identifier."""
    name, found = _normal(options.record), []
    params = {
        "HostedZoneId": options.zone,
        "StartRecordName": name,
        "StartRecordType": options.type,
    }
    while True:
        answer = await calls.read(_request("ListResourceRecordSets", params), _way(options))
        ours = [one for one in answer["ResourceRecordSets"] if _is(one, name, options.type)]
        found += ours
        _understood(options, answer, name)
        if not answer["IsTruncated"] or len(ours) < len(answer["ResourceRecordSets"]):
            break
        params = {
            "HostedZoneId": options.zone,
            "StartRecordName": answer["NextRecordName"],
            "StartRecordType": answer["NextRecordType"],
        }
        if "NextRecordIdentifier" in answer:
            params["StartRecordIdentifier"] = answer["NextRecordIdentifier"]
    if not found or any("Weight" not in one for one in found):
        raise Permanent(f"{_named(options)} has no weighted records in zone {options.zone}")
    return {one["SetIdentifier"]: one for one in found}


def _understood(options: Options, answer: Mapping[str, Any], name: str) -> None:
    """Raise when one of our records holds what this version would lose in writing it anew."""
    ours = {
        f"ResourceRecordSets.{number}."
        for number, one in enumerate(answer["ResourceRecordSets"])
        if _is(one, name, options.type)
    }
    lost = [p for p in answer.get("UnknownFields", ()) if any(p.startswith(one) for one in ours)]
    if lost:
        raise Permanent(
            f"{_named(options)} has fields that this version does not know and would lose:"
            f" {', '.join(path.split('.', 2)[2] for path in lost)}"
        )


def _is(record: Mapping[str, Any], name: str, kind: str) -> bool:
    return (record["Name"].lower(), record["Type"]) == (name, kind)


def _normal(name: str) -> str:
    """As Route 53 lists it."""
    return name.lower().rstrip(".").replace("*", "\\052") + "."


def _the_other(records: Iterable[str], to: str) -> str:
    others = [name for name in records if name != to]
    if len(others) != 1:
        raise Refused(f"it takes two records to switch, and {to!r} has {len(others)} beside it")
    return others[0]


def _batch(
    options: Options, old: Mapping[str, Any], new: Mapping[str, Any], names: Sequence[str]
) -> Request:
    changes = [{"Action": "DELETE", "ResourceRecordSet": old[name]} for name in names]
    changes += [{"Action": "CREATE", "ResourceRecordSet": new[name]} for name in names]
    batch = {"Comment": f"incidentbot {_target(options)}"[:256], "Changes": changes}
    params = {"HostedZoneId": options.zone, "ChangeBatch": batch}
    return _request("ChangeResourceRecordSets", params)


def _value(document: Mapping[str, Any]) -> str:
    """The identifier that has all the weight, or the weights in words."""
    heavy = [name for name, one in document.items() if one["Weight"]]
    return heavy[0] if len(heavy) == 1 else _weights(document)


def _weights(document: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} at {document[name]['Weight']}" for name in sorted(document))


def _shares(document: Mapping[str, Any]) -> dict[str, int]:
    """Percent by identifier, 100 in all. Records that all weigh nothing are answered alike."""
    weights = {name: int(document[name]["Weight"]) for name in sorted(document)}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    total = sum(weights.values())
    parts = {name: weight * WHOLE // total for name, weight in weights.items()}
    by_rest = sorted(parts, key=lambda name: (-(weights[name] * WHOLE % total), name))
    for name in by_rest[: WHOLE - sum(parts.values())]:
        parts[name] += 1
    return {name: part for name, part in parts.items() if part}


def _named(options: Options) -> str:
    return f"{options.record} {options.type}"


def _target(options: Options) -> str:
    return f"route53:{options.zone}:{_normal(options.record)}:{options.type}"


def _request(operation: str, params: Mapping[str, Any]) -> Request:
    return Request("route53", operation, REGION, params)


def _way(options: Options) -> Way:
    return Way(options.endpoint_url)
