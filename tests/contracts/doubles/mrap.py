"""S3 Control as far as the routes of Multi-Region Access Points go, strict as AWS documents it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

REGIONS = ("us-east-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "eu-west-1")
SPACE = "{http://awss3control.amazonaws.com/doc/2018-08-20/}"
DIALS = (0, 100)
XML = {"Content-Type": "application/xml"}
OPERATIONS = {
    "GET": "GetMultiRegionAccessPointRoutes",
    "PATCH": "SubmitMultiRegionAccessPointRoutes",
}


@dataclass
class Route:
    bucket: str
    region: str
    dial: int


class AccessPoint(Double):
    """One access point. `lag`: reads that still show what was there before a submit. `busy`: an
    update of somebody else is under way."""

    words: Mapping[str, tuple[int, str]] = {
        "503": (503, "ServiceUnavailable"),
        "throttled": (503, "SlowDown"),
        "denied": (403, "AccessDenied"),
        "stale": (409, "OperationAborted"),
    }

    def __init__(self, arn: str, routes: Iterable[Route]) -> None:
        super().__init__()
        self.arn = arn
        self.routes = list(routes)
        self.lag = 0
        self.busy = False
        self._coming: list[tuple[int, dict[str, int]]] = []  # (reads to go, dial by region)

    @property
    def open(self) -> set[str]:
        """Buckets that get traffic now."""
        return {route.bucket for route in self.routes if route.dial}

    def put(self, **dials: int) -> None:
        """Somebody else's hand: dials by bucket, at once (- in a name is _ here)."""
        wanted = {name.replace("_", "-"): dial for name, dial in dials.items()}
        for route in self.routes:
            route.dial = wanted.get(route.bucket, route.dial)

    def operation(self, asked: Asked) -> str:
        parts = asked.parts
        routes = parts[:3] == ["v20180820", "mrap", "instances"] and parts[-1] == "routes"
        return OPERATIONS.get(asked.method, asked.method) if routes else asked.path

    def answer(self, operation: str, asked: Asked) -> Reply:
        if operation not in OPERATIONS.values():
            raise Refusal(404, "NoSuchResource", f"there is no {asked.path}")
        region = asked.headers.get("authorization", "").partition("Credential=")[2].split("/")
        if len(region) < 3 or region[2] not in REGIONS:
            raise Refusal(400, "InvalidRequest", f"failover control is not in {region[2:3]}")
        if "/".join(asked.parts[3:-1]) != self.arn:
            raise Refusal(400, "InvalidRequest", "invalid Multi-Region Access Point ARN")
        if asked.headers.get("x-amz-account-id") != self.arn.split(":")[4]:
            raise Refusal(403, "AccessDenied", "not the account of the access point")
        body = self._shown() if asked.method == "GET" else self._submit(asked.body)
        return Reply(200, body.encode(), XML | {"x-amz-request-id": uuid.uuid4().hex})

    def refused(self, refusal: Refusal) -> Reply:
        error = f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
        text = f"<ErrorResponse><Error>{error}</Error><RequestId>x</RequestId></ErrorResponse>"
        return Reply(refusal.status, text.encode(), XML)

    def _shown(self) -> str:
        self._land()
        routes = "".join(
            f"<Route><Bucket>{route.bucket}</Bucket><Region>{route.region}</Region>"
            f"<TrafficDialPercentage>{route.dial}</TrafficDialPercentage></Route>"
            for route in self.routes
        )
        name = "GetMultiRegionAccessPointRoutesResult"
        return f"<{name}><Mrap>{self.arn}</Mrap><Routes>{routes}</Routes></{name}>"

    def _submit(self, body: bytes) -> str:
        if len(self.routes) < 2:
            raise Refusal(405, "MethodNotAllowed", "the access point has one region only")
        if self.busy:
            raise Refusal(409, "OperationAborted", "another update of the routes is under way")
        wanted = self._read(body)
        dials = {route.region: wanted.get(route.region, route.dial) for route in self.routes}
        if not any(dials.values()):
            raise Refusal(400, "InvalidRequest", "at least one region must be active")
        self._coming.append((self.lag, wanted))
        if not self.lag:
            self._land()
        return "<SubmitMultiRegionAccessPointRoutesResult/>"

    def _read(self, body: bytes) -> dict[str, int]:
        """Dial by region. A route names its bucket, its region, or both."""
        root = ElementTree.fromstring(body)
        if root.tag != f"{SPACE}SubmitMultiRegionAccessPointRoutesRequest":
            raise Refusal(400, "MalformedXML", root.tag)
        wanted: dict[str, int] = {}
        for one in root.iterfind(f"{SPACE}RouteUpdates/{SPACE}Route"):
            bucket, region = one.findtext(f"{SPACE}Bucket"), one.findtext(f"{SPACE}Region")
            found = [
                route
                for route in self.routes
                if (bucket or region)
                and bucket in (None, route.bucket)
                and region in (None, route.region)
            ]
            if len(found) != 1:
                raise Refusal(400, "InvalidRequest", f"no route to {bucket} in {region}")
            dial = int(one.findtext(f"{SPACE}TrafficDialPercentage") or -1)
            if dial not in DIALS:
                raise Refusal(400, "InvalidRequest", f"a dial is 0 or 100, not {dial}")
            if found[0].region in wanted:
                raise Refusal(400, "InvalidRequest", f"{found[0].region} is named twice")
            wanted[found[0].region] = dial
        if not wanted:
            raise Refusal(400, "InvalidRequest", "there is no route update")
        return wanted

    def _land(self) -> None:
        """One read nearer: what was submitted takes effect when its reads are over."""
        waiting = []
        for left, dials in self._coming:
            if left > 0:
                waiting.append((left - 1, dials))
                continue
            for route in self.routes:
                route.dial = dials.get(route.region, route.dial)
        self._coming = waiting
