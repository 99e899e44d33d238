"""Plans for routes and routing controls, whatever stands there: one side serves afterwards, nothing
else moves, and the undo puts back exactly what was there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.errors import Refused
from incidentbot.runbooks import diff
from incidentbot.runbooks.actions import arc_routing_control as arc
from incidentbot.runbooks.actions import s3_multi_region_access_point as mrap
from incidentbot.runbooks.contract import Goal, Live, Request

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1")
POINT = mrap.Options(
    access_point="arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", region="us-west-2"
)
PANEL = "arn:aws:route53-recovery-control::123456789012:controlpanel/abc/routingcontrol"
CONTROLS = (f"{PANEL}/one", f"{PANEL}/two")
CLUSTER = arc.Options.model_validate(
    {
        "endpoints": [{"region": region, "url": "https://x.example"} for region in REGIONS],
        "controls": CONTROLS,
    }
)
dials = st.lists(st.sampled_from([0, 100]), min_size=2, max_size=5)


def routes(given_dials: list[int]) -> dict[str, Any]:
    return {
        region: {"Bucket": f"b.{number}", "TrafficDialPercentage": dial}
        for number, (region, dial) in enumerate(zip(REGIONS, given_dials, strict=False))
    }


def submitted(document: Any, requests: tuple[Request, ...]) -> Any:
    """What the routes are after the requests, as S3 would have them."""
    after = {region: dict(route) for region, route in document["Routes"].items()}
    for request in requests:
        for update in request.params["RouteUpdates"]:
            (route,) = [one for one in after.values() if one["Bucket"] == update["Bucket"]]
            route["TrafficDialPercentage"] = update["TrafficDialPercentage"]
    return {"Routes": after}


def submitted_of(planned: Any, document: Any) -> list[dict[str, Any]]:
    return list(submitted(document, planned.requests)["Routes"].values())


@given(dials, st.data())
def test_one_route_opens_one_shuts_and_no_other_moves(had: list[int], data: st.DataObject) -> None:
    document = {"Routes": routes(had)}
    live = Live(mrap._value(document["Routes"]), "t", document)
    numbers = data.draw(st.permutations(range(len(had))))
    to, other, *rest = [f"b.{number}" for number in numbers]
    planned = mrap.plan(POINT, live, Goal(to, other))
    now = {r["Bucket"]: r["TrafficDialPercentage"] for r in submitted_of(planned, document)}
    was = {r["Bucket"]: r["TrafficDialPercentage"] for r in document["Routes"].values()}
    assert now == was | {to: 100, other: 0}
    assert submitted(document, planned.requests) == planned.after.document
    assert (planned.after.value == to) == (not any(was[one] for one in rest))
    changed = [path for path, *_ in diff.fields(document, planned.after.document)]
    assert not diff.outside(changed, mrap.MAY_CHANGE)
    back = mrap.undo(POINT, live, planned.after)
    assert submitted(planned.after.document, back) == document


@given(dials, st.text(max_size=5))
def test_a_bucket_that_is_not_there_is_never_planned(had: list[int], name: str) -> None:
    document = {"Routes": routes(had)}
    live = Live(mrap._value(document["Routes"]), "t", document)
    for goal in (Goal(f"?{name}", "b.0"), Goal("b.0", f"?{name}")):
        with pytest.raises(Refused):
            mrap.plan(POINT, live, goal)


@given(st.tuples(*[st.sampled_from(["On", "Off"])] * 2), st.sampled_from(CONTROLS))
def test_one_control_is_on_whatever_was(states: tuple[str, str], to: str) -> None:
    document = {"States": dict(zip(CONTROLS, states, strict=True))}
    live = Live(arc._value(document["States"]), "t", document)
    planned = arc.plan(CLUSTER, live, Goal(to))
    (request,) = planned.requests
    entries = request.params["UpdateRoutingControlStateEntries"]
    after = {one["RoutingControlArn"]: one["RoutingControlState"] for one in entries}
    assert after == planned.after.document["States"]
    assert [one for one, state in after.items() if state == "On"] == [to] == [planned.after.value]
    assert len(after) == len(entries) == 2
    (back,) = arc.undo(CLUSTER, live, planned.after)
    entries = back.params["UpdateRoutingControlStateEntries"]
    assert {e["RoutingControlArn"]: e["RoutingControlState"] for e in entries} == document["States"]
