"""A weighted CNAME among other records of its zone."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import route53_weights
from tests.contracts.doubles.route53 import Route53, Zone, weighted
from tests.contracts.stages.stage import Stage

ZONE, NAME = "Z0SHOPEXAMPLE", "img.shop.example"


@contextmanager
def stage() -> Iterator[Stage]:
    with Route53() as double:

        def put(value: str) -> None:
            """All the weight on one, and half of it when it is neither."""
            weights = {"one": 100, "two": 0} if value == "one" else {"one": 0, "two": 100}
            if value not in weights:
                weights = {"one": 50, "two": 50}
            others = [weighted("a.shop.example", "one", 10), weighted("z.shop.example", "two", 10)]
            records = [weighted(NAME, name, weight) for name, weight in weights.items()]
            double.zones[ZONE] = Zone([*others, *records], {"incidentbot": "yes"})

        def live() -> str:
            ours = [r for r in double.zones[ZONE].records if r["Name"] == f"{NAME}."]
            heavy = [r["SetIdentifier"] for r in ours if r["Weight"]]
            words = (f"{r['SetIdentifier']} at {r['Weight']}" for r in ours)
            return str(heavy[0]) if len(heavy) == 1 else ", ".join(sorted(words))

        yield Stage(
            route53_weights,
            route53_weights.Options(zone=ZONE, record=NAME, type="CNAME", endpoint_url=double.url),
            double,
            writes=("ChangeResourceRecordSets",),
            reads=("ListResourceRecordSets",),
            live=live,
            by_others=put,
            reset=lambda: put("one"),
            third="one at 50, two at 50",
            has_token=True,
            hostile="record",
        )
