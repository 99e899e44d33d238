"""Weights in Route 53: what is theirs alone, beside the play that all actions share."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from incidentbot.errors import Permanent, Refused, Temporary
from incidentbot.runbooks import diff
from incidentbot.runbooks.actions import route53_weights as action
from incidentbot.runbooks.contract import Done, Goal, Live, token_of
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.route53 import Route53, Zone, weighted

ZONE, NAME = "Z0SHOPEXAMPLE", "img.shop.example"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        made = Aws(read=1.0, write=0.4)
        yield made
        made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Route53]:
    with Route53(polls=2) as made:
        yield made


@pytest.fixture
def double(server: Route53) -> Route53:
    server.forget()
    server.page, server.busy = 300, 0
    server.zones = {ZONE: Zone([weighted(NAME, "one", 100), weighted(NAME, "two", 0)])}
    return server


def options(double: Route53, record: str = NAME, kind: str = "CNAME") -> action.Options:
    keys = {"zone": ZONE, "record": record, "type": kind, "endpoint_url": double.url}
    return action.Options.model_validate(keys)


async def turn(chosen: action.Options, aws: Aws, goal: Goal) -> Done:
    live = await action.observe(chosen, aws)
    return await action.apply(chosen, action.plan(chosen, live, goal).requests, live, aws)


def weights(double: Route53, name: str = NAME) -> dict[str, int]:
    records = double.zones[ZONE].records
    return {r["SetIdentifier"]: r["Weight"] for r in records if r["Name"].startswith(name)}


async def test_a_record_of_neither_origin_is_kept_and_with_weight_refused(
    double: Route53, aws: Aws
) -> None:
    double.zones[ZONE].records.append(weighted(NAME, "old", 0))
    await turn(options(double), aws, Goal("two", "one"))
    assert weights(double) == {"one": 0, "two": 100, "old": 0}
    double.zones[ZONE].records[0] = weighted(NAME, "old", 1)
    with pytest.raises(Refused, match="old has weight and is no origin here"):
        await turn(options(double), aws, Goal("one", "two"))


async def test_the_other_of_three_must_be_named(double: Route53, aws: Aws) -> None:
    double.zones[ZONE].records.append(weighted(NAME, "old", 0))
    with pytest.raises(Refused, match="two records to switch"):
        await turn(options(double), aws, Goal("two"))


async def test_an_origin_without_a_record_is_refused(double: Route53, aws: Aws) -> None:
    for goal in (Goal("three", "one"), Goal("one", "three")):
        with pytest.raises(Refused, match="has no 'three' \\(it has one, two\\)"):
            await turn(options(double), aws, goal)


@pytest.mark.parametrize("share", [-1, 101])
async def test_a_share_out_of_bounds_is_refused(double: Route53, aws: Aws, share: int) -> None:
    with pytest.raises(Refused, match="from 0 to 100"):
        await turn(options(double), aws, Goal("two", "one", share))


async def test_whatever_changed_in_the_records_makes_the_batch_too_old(
    double: Route53, aws: Aws
) -> None:
    for change in ({"TTL": 61}, {"Weight": 99}, {"ResourceRecords": [{"Value": "evil.example"}]}):
        double.zones[ZONE].records = [weighted(NAME, "one", 100), weighted(NAME, "two", 0)]
        live = await action.observe(options(double), aws)
        double.zones[ZONE].records[0] |= change
        kept = [dict(record) for record in double.zones[ZONE].records]
        planned = action.plan(options(double), live, Goal("two", "one"))
        with pytest.raises(Permanent, match="InvalidChangeBatch"):
            await action.apply(options(double), planned.requests, live, aws)
        assert double.zones[ZONE].records == kept


async def test_aliases_and_health_checks_stay_as_they_are(double: Route53, aws: Aws) -> None:
    target = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net."}
    alias = {"AliasTarget": target | {"EvaluateTargetHealth": False}}
    double.zones[ZONE].records = [
        weighted(NAME, "one", 10, **alias) | {"Type": "A"},
        weighted(NAME, "two", 0, **alias) | {"Type": "A", "HealthCheckId": "hc-2"},
        weighted(NAME, "two", 7),
    ]
    live = await action.observe(options(double, kind="A"), aws)
    await turn(options(double, kind="A"), aws, Goal("two", "one", 30))
    after = await action.observe(options(double, kind="A"), aws)
    changed = diff.fields(live.document, after.document)
    assert changed == [("one.Weight", 10, 70), ("two.Weight", 0, 30)]
    assert dict(after.serving) == {"one": 70, "two": 30}
    assert after.document["two"]["HealthCheckId"] == "hc-2"


async def test_names_as_route_53_writes_them_are_found(double: Route53, aws: Aws) -> None:
    double.zones[ZONE].records += [
        weighted("*.shop.example", "one", 5),
        weighted("*.shop.example", "two", 0),
    ]
    chosen = options(double, "*.Shop.example.")
    done = await turn(chosen, aws, Goal("two"))
    live = await action.observe(chosen, aws)
    assert (live.value, live.token) == ("two", done.token)
    conditions = action.rights(chosen, ())[-1].conditions["ForAllValues:StringEquals"]
    names = conditions["route53:ChangeResourceRecordSetsNormalizedRecordNames"]
    assert names == ["\\052.shop.example"]


async def test_a_long_set_is_read_to_its_end_and_no_further(double: Route53, aws: Aws) -> None:
    double.page = 2
    names = ["a.shop.example", NAME, "z.shop.example"]
    double.zones[ZONE].records = [
        weighted(name, f"id-{number}", number) for name in names for number in range(5)
    ]
    live = await action.observe(options(double), aws)
    assert sorted(live.document) == [f"id-{number}" for number in range(5)]
    assert dict(live.serving) == {"id-1": 10, "id-2": 20, "id-3": 30, "id-4": 40}
    assert double.count("ListResourceRecordSets") == 3


async def test_a_record_without_weights_is_no_switch(double: Route53, aws: Aws) -> None:
    simple = {"Name": f"{NAME}.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "x"}]}
    for records in ([simple], []):
        double.zones[ZONE].records = records
        with pytest.raises(Permanent, match="has no weighted records"):
            await action.observe(options(double), aws)


async def test_a_zone_that_is_not_there_is_named(double: Route53, aws: Aws) -> None:
    double.zones.clear()
    with pytest.raises(Permanent, match="NoSuchHostedZone"):
        await action.observe(options(double), aws)


async def test_a_change_under_way_is_waited_for(double: Route53, aws: Aws) -> None:
    double.busy = 1
    with pytest.raises(Temporary, match="PriorRequestNotComplete"):
        await turn(options(double), aws, Goal("two"))
    assert weights(double) == {"one": 100, "two": 0}


async def test_it_has_settled_when_every_name_server_has_it(double: Route53, aws: Aws) -> None:
    done = await turn(options(double), aws, Goal("two"))
    said = [await action.settled(options(double), done.request_id, aws) for _ in range(3)]
    assert [fine for fine, _ in said] == [False, False, True]
    assert "PENDING" in said[0][1] and "INSYNC" in said[2][1]


async def test_tags_are_those_of_the_zone(double: Route53, aws: Aws) -> None:
    double.zones[ZONE].tags = {"incidentbot": "yes"}
    assert await action.tags(options(double), aws) == {"incidentbot": "yes"}


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "shop.example"}, {"record": "img"}, {"record": "img shop.example"}, {"type": "TXT"}],
    ids=str,
)
def test_what_can_be_no_record_is_refused_when_the_file_is_read(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        action.Options.model_validate({"zone": ZONE, "record": NAME, "type": "A"} | wrong)


RECORDS = st.dictionaries(
    st.sampled_from(["one", "two", "thr.ee", "four"]), st.integers(0, 255), min_size=2
)


@given(RECORDS, st.integers(0, 100))
def test_every_plan_has_weight_changes_only_weights_and_can_be_put_back(
    found: dict[str, int], share: int
) -> None:
    found = {"one": 0, "two": 0} | {n: w for n, w in found.items() if n in ("one", "two") or not w}
    document: dict[str, Any] = {name: weighted(NAME, name, w) for name, w in found.items()}
    chosen = action.Options(zone=ZONE, record=NAME, type="CNAME")
    live = Live("whatever", token_of(document), document)
    planned = action.plan(chosen, live, Goal("two", "one", share))
    changed = [path for path, _, _ in diff.fields(document, planned.after.document)]
    assert not diff.outside(changed, action.MAY_CHANGE)
    assert sum(record["Weight"] for record in planned.after.document.values()) == 100
    assert sum(planned.after.serving.values()) == 100
    back: dict[str, Any] = dict(planned.after.document)
    for request in action.undo(chosen, live, planned.after):
        for change in request.params["ChangeBatch"]["Changes"]:
            record = change["ResourceRecordSet"]
            if change["Action"] == "DELETE":
                assert back.pop(record["SetIdentifier"]) == record
            else:
                back[record["SetIdentifier"]] = record
    assert back == document


@given(RECORDS)
def test_shares_are_percent_and_a_lone_name_has_all_the_weight(found: dict[str, int]) -> None:
    document = {name: weighted(NAME, name, w) for name, w in found.items()}
    shares = action._shares(document)
    assert sum(shares.values()) == 100
    assert (action._value(document) in found) == (sum(map(bool, found.values())) == 1)
