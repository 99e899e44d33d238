"""CloudFront KeyValueStore: every write needs the store's current version, and makes a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.doubles.aws import AwsDouble, token
from tests.contracts.doubles.faults import Refusal

KEY, VALUE, ALL, MANY, PAGE = 512, 1024, 5 * 2**20, 50, 50  # bytes, bytes, bytes, keys, keys


@dataclass
class Data:
    values: dict[str, str]
    etag: str = field(default_factory=lambda: token("KV"))


class KeyValueStore(AwsDouble):
    """`stores` by ARN."""

    service = "cloudfront-keyvaluestore"
    operations = ("DescribeKeyValueStore", "GetKey", "ListKeys", "PutKey", "UpdateKeys")
    algorithm = "AWS4-ECDSA-P256-SHA256"  # one signature for all regions
    invalid = "ValidationException"
    words: Mapping[str, tuple[int, str]] = {
        **AwsDouble.words,
        "throttled": (429, "ThrottlingException"),
        "denied": (403, "AccessDeniedException"),
        "stale": (409, "ConflictException"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.stores: dict[str, Data] = {}

    def put(self, arn: str, **values: str) -> None:
        """The hand of somebody else; a new version."""
        with self.lock:
            self.stores[arn] = Data(
                (self.stores[arn].values if arn in self.stores else {}) | values
            )

    def DescribeKeyValueStore(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._found(params)
        more = {"KvsARN": params["KvsARN"], "Created": 1700000000, "Status": "READY"}
        return _sizes(found) | more | {"ETag": found.etag}

    def GetKey(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found, key = self._found(params), params["Key"]
        if key not in found.values:
            raise Refusal(404, "ResourceNotFoundException", f"Key {key} was not found.")
        return _sizes(found) | {"Key": key, "Value": found.values[key]}

    def ListKeys(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._found(params)
        most = int(params.get("MaxResults", 10))
        if not 1 <= most <= PAGE:
            raise Refusal(400, self.invalid, "MaxResults is out of range.")
        rest = [key for key in sorted(found.values) if key > params.get("NextToken", "")]
        items = [{"Key": key, "Value": found.values[key]} for key in rest[:most]]
        more = {"NextToken": rest[most - 1]} if len(rest) > most else {}
        return {"Items": items, **more}

    def PutKey(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._write(params, {params["Key"]: params["Value"]}, [])

    def UpdateKeys(self, params: Mapping[str, Any]) -> dict[str, Any]:
        puts = {one["Key"]: one["Value"] for one in params.get("Puts", [])}
        gone = [one["Key"] for one in params.get("Deletes", [])]
        asked = len(params.get("Puts", [])) + len(gone)
        if not 0 < asked <= MANY or len({*puts, *gone}) != asked:
            raise Refusal(400, self.invalid, "None, too many, or one key twice.")
        return self._write(params, puts, gone)

    def _write(
        self, params: Mapping[str, Any], puts: Mapping[str, str], gone: list[str]
    ) -> dict[str, Any]:
        found = self._found(params)
        if params["IfMatch"] != found.etag:
            raise Refusal(409, "ConflictException", "The If-Match version is not current.")
        if any(key not in found.values for key in gone):
            raise Refusal(404, "ResourceNotFoundException", "A key was not found.")
        for key, value in puts.items():
            if len(key.encode()) > KEY or len(value.encode()) > VALUE:
                raise Refusal(400, self.invalid, "A key or a value is too long.")
        values = {k: v for k, v in {**found.values, **puts}.items() if k not in gone}
        made = Data(values)
        if _sizes(made)["TotalSizeInBytes"] > ALL:
            raise Refusal(402, "ServiceQuotaExceededException", "The store is full.")
        self.stores[params["KvsARN"]] = made
        return _sizes(made) | {"ETag": made.etag}

    def _found(self, params: Mapping[str, Any]) -> Data:
        if params["KvsARN"] not in self.stores:
            raise Refusal(404, "ResourceNotFoundException", "The store was not found.")
        return self.stores[params["KvsARN"]]


def _sizes(data: Data) -> dict[str, Any]:
    size = sum(len(key.encode()) + len(value.encode()) for key, value in data.values.items())
    return {"ItemCount": len(data.values), "TotalSizeInBytes": size}
