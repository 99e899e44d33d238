"""Route 53: a batch happens whole or not at all, and a delete must name what is there exactly."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.doubles.aws import AwsDouble
from tests.contracts.doubles.faults import Refusal

Record = dict[str, Any]
MOST = 300


@dataclass
class Zone:
    records: list[Record] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


class Route53(AwsDouble):
    """`zones` by id. `polls`: how often a change is PENDING when asked for. `page`: records a page
    at most. `busy`: so many changes are refused because another one is not complete.
    """

    service = "route53"
    operations = (
        "ListResourceRecordSets", "ChangeResourceRecordSets", "GetChange", "ListTagsForResource"
    )  # fmt: skip
    invalid = "InvalidInput"
    words: Mapping[str, tuple[int, str]] = {**AwsDouble.words, "stale": (400, "InvalidChangeBatch")}

    def __init__(self, polls: int = 1) -> None:
        super().__init__()
        self.polls, self.page, self.busy = polls, MOST, 0
        self.zones: dict[str, Zone] = {}
        self.pending: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def ListResourceRecordSets(self, params: Mapping[str, Any]) -> dict[str, Any]:
        zone = self._zone(params["HostedZoneId"])
        start = (
            _sorted_by(named(params.get("StartRecordName", ""))),
            params.get("StartRecordType", ""),
            params.get("StartRecordIdentifier", ""),
        )
        if start[1] and not params.get("StartRecordName"):
            raise Refusal(400, self.invalid, "A type without a name.")
        most = min(int(params.get("MaxItems", MOST)), MOST, self.page)
        rest = [one for one in sorted(zone.records, key=_place) if _place(one) >= start]
        more: dict[str, Any] = {}
        if len(rest) > most:
            following = rest[most]
            more = {"NextRecordName": following["Name"], "NextRecordType": following["Type"]}
            if "SetIdentifier" in following:
                more["NextRecordIdentifier"] = following["SetIdentifier"]
        shown = {"ResourceRecordSets": rest[:most], "IsTruncated": bool(more)}
        return {**shown, **more, "MaxItems": str(most)}

    def ChangeResourceRecordSets(self, params: Mapping[str, Any]) -> dict[str, Any]:
        zone = self._zone(params["HostedZoneId"])
        if self.busy:
            self.busy -= 1
            raise Refusal(400, "PriorRequestNotComplete", "A prior change is not complete.")
        records = list(zone.records)
        faults = [
            fault
            for change in params["ChangeBatch"]["Changes"]
            if (fault := self._apply(records, change["Action"], change["ResourceRecordSet"]))
        ]
        if faults:
            raise Refusal(400, "InvalidChangeBatch", f"[{', '.join(faults)}]")
        zone.records = records
        change_id = f"C{next(self._numbers):012}"
        self.pending[change_id] = self.polls
        return {"ChangeInfo": self._change(change_id, "PENDING")}

    def GetChange(self, params: Mapping[str, Any]) -> dict[str, Any]:
        change_id = params["Id"].removeprefix("/change/")
        if change_id not in self.pending:
            raise Refusal(404, "NoSuchChange", "There is no such change.")
        left = self.pending[change_id]
        self.pending[change_id] = max(0, left - 1)
        return {"ChangeInfo": self._change(change_id, "PENDING" if left else "INSYNC")}

    def ListTagsForResource(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if params["ResourceType"] != "hostedzone":
            raise Refusal(400, self.invalid, "Only zones are here.")
        tags = [{"Key": k, "Value": v} for k, v in self._zone(params["ResourceId"]).tags.items()]
        kind = {"ResourceType": "hostedzone", "ResourceId": params["ResourceId"]}
        return {"ResourceTagSet": {**kind, "Tags": tags}}

    def _zone(self, identity: str) -> Zone:
        if identity not in self.zones:
            raise Refusal(404, "NoSuchHostedZone", f"No hosted zone found with ID: {identity}")
        return self.zones[identity]

    def _change(self, change_id: str, status: str) -> dict[str, Any]:
        return {
            "Id": f"/change/{change_id}",
            "Status": status,
            "SubmittedAt": "2026-11-25T12:00:00Z",
        }

    def _apply(self, records: list[Record], action: str, record: Record) -> str:
        """Change `records`; what is wrong with the change, "" if nothing."""
        record = {**record, "Name": named(record["Name"])}
        what = f"resource record set [name='{record['Name']}', type='{record['Type']}'"
        if "SetIdentifier" in record:
            what += f", set identifier='{record['SetIdentifier']}'"
        there = [one for one in records if _key(one) == _key(record)]
        if action == "DELETE":
            if not there:
                return f"Tried to delete {what}] but it was not found"
            if _compared(there[0]) != _compared(record):
                return f"Tried to delete {what}] but the values provided do not match the current"
            records.remove(there[0])
            return ""
        if action not in ("CREATE", "UPSERT"):
            raise Refusal(400, self.invalid, f"{action} is no action.")
        if there and action == "CREATE":
            return f"Tried to create {what}] but it already exists"
        records[:] = [one for one in records if _key(one) != _key(record)]
        fault = self._fault(records, record)
        records.append(record)
        return f"{what}: {fault}" if fault else ""

    def _fault(self, records: list[Record], record: Record) -> str:
        if not 0 <= int(record.get("Weight", 0)) <= 255:
            raise Refusal(400, self.invalid, "Weight must be from 0 to 255.")
        if ("Weight" in record) != ("SetIdentifier" in record):
            return "a weight and a set identifier belong together"
        if ("AliasTarget" in record) == ("ResourceRecords" in record or "TTL" in record):
            return "either an alias, or records with a TTL"
        of_name = [one for one in records if _key(one)[:2] == _key(record)[:2]]
        if any(("Weight" in one) != ("Weight" in record) for one in of_name):
            return "a record of another routing policy exists with the same name and type"
        return ""


def named(name: str) -> str:
    """As Route 53 shows a name: lower case, a dot at the end, an asterisk by its code."""
    name = name.lower().replace("*", "\\052")
    return name if not name or name.endswith(".") else f"{name}."


def _sorted_by(name: str) -> list[str]:
    return list(reversed(name.rstrip(".").split(".")))


def _place(record: Record) -> tuple[list[str], str, str]:
    return _sorted_by(record["Name"]), record["Type"], record.get("SetIdentifier", "")


def _key(record: Record) -> tuple[str, str, str]:
    return record["Name"], record["Type"], record.get("SetIdentifier", "")


def _compared(record: Record) -> Record:
    """What a delete must name: all of it; the order of the values says nothing."""
    values = sorted(one["Value"] for one in record.get("ResourceRecords", []))
    return {**record, "ResourceRecords": values}


def weighted(name: str, identifier: str, weight: int, **more: Any) -> Record:
    """A weighted CNAME; `more` replaces what is in it."""
    target = {"TTL": 60, "ResourceRecords": [{"Value": f"{identifier}.assets.example"}]}
    kind = {"Name": named(name), "Type": "CNAME", "SetIdentifier": identifier, "Weight": weight}
    return {**kind, **(more or target)}
