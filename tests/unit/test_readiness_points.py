"""The fifteen points, the news of a drop, and the words: pure deciders, one fact at a time."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.runbooks.readiness import telling
from incidentbot.runbooks.readiness.asking import judged
from incidentbot.runbooks.readiness.drop import news
from incidentbot.runbooks.readiness.judge import judge
from incidentbot.runbooks.readiness.look import Fetched, Look, Point, Replication, Through
from incidentbot.runbooks.readiness.points.facts import NEVER, Bucket, Fact, Facts
from incidentbot.runbooks.readiness.tally import Parity
from tests.unit.runbook_cases import NOW

NONE = Fact(absent=True)
WELL = {
    "versioning": Fact({"Status": "Enabled"}),
    "cors": NONE,
    "public_access": NONE,
    "ownership": NONE,
    "policy": NONE,
    "encryption": NONE,
    "key": NONE,
    "website": NONE,
    "lifecycle": NONE,
    "lock": NONE,
    "payer": Fact("BucketOwner"),
    "notifications": Fact({}),
}


def side(name: str, region: str, changes: dict[str, Fact] | None = None) -> Bucket:
    return Bucket(name, "s3", region, True, WELL | (changes or {}))


def facts(backup: dict[str, Fact] | None = None, **changes: Any) -> Facts:
    well = Facts(
        now=NOW,
        backup=side("west", "us-west-2", backup),
        primary=side("east", "us-east-1"),
        parity=Parity(total=208, same=208),
        fetched=Fetched(22, ()),
        headers=(20, []),
        through=Through(20),
        replication=Replication("on", 12.0, 0, {"COMPLETED": 22}),
        distribution="",
        cdn=NEVER,
        drilled=NOW - timedelta(days=3),
        drill_within=timedelta(days=90).total_seconds(),
        late_planes=(),
    )
    return replace(well, **changes)


def policy(effect: str, principal: Any, **more: Any) -> Fact:
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "*",
    }
    return Fact(json.dumps({"Statement": [statement | more]}))


CDN = {"Service": "cloudfront.amazonaws.com"}
OF = {"Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/E1"}}}
E1: dict[str, Any] = {"distribution": "E1"}
KEY = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": "k"}}]}
RULE = {"ID": "tidy", "Status": "Enabled"}


def key(state: str, region: str = "us-west-2") -> dict[str, Fact]:
    arn = f"arn:aws:kms:{region}:1:key/k"
    return {"encryption": Fact(KEY), "key": Fact({"KeyState": state, "KeyId": "k", "Arn": arn})}


def test_in_a_good_state_every_point_is_ready_or_does_not_apply() -> None:
    points = judged(facts(**E1, cdn=Fact({"Origins": {"Items": [{"DomainName": "west.s3.x"}]}}),
                          backup={"policy": policy("Allow", CDN, **OF)}))  # fmt: skip
    assert [point.number for point in points] == list(range(1, 16))
    assert {point.result for point in points} == {"ready", "not_applicable"}
    assert [point.number for point in points if point.result == "not_applicable"] == [7]


@pytest.mark.parametrize(
    ("number", "case", "result", "hard", "says"),
    [
        (1, facts({"versioning": Fact({})}), "not_ready", False, "not on for west"),
        (1, facts({"versioning": Fact(refused="AccessDenied")}), "unknown", False, "west: Acc"),
        (2, facts(parity=None), "unknown", False, "could not be compared"),
        (2, facts(parity=Parity(total=9, same=8, missing=1)), "not_ready", True, "1 of 9"),
        (3, facts(fetched=Fetched(22, ("a",))), "not_ready", True, "1 of 22"),
        (3, facts(headers=None), "unknown", False, "could not be read"),
        (3, facts(headers=(2, ["a: Content-Type is x"])), "not_ready", False, "Content-Type"),
        (4, facts({"cors": Fact([{"AllowedMethods": ["GET"]}])}), "not_ready", False, "differ"),
        (5, facts({"policy": policy("Deny", "*")}), "not_ready", True, "refuses everybody"),
        (5, facts({"policy": policy("Deny", "*", **OF)}), "unknown", False, "no switch names"),
        (5, facts(**E1), "not_ready", True, "does not let cloudfront.amazonaws.com of E1"),
        (5, facts({"policy": policy("Allow", CDN, **OF)}, **E1), "ready", False, "lets E1 read"),
        (5, facts({"policy": policy("Allow", CDN, **OF)}, distribution="E2"), "not_ready", True,
         "E2"),
        (5, facts({"policy": policy("Allow", "*")}, **E1), "ready", False, "everybody read"),
        (
            5,
            facts({"policy": policy("Allow", "*"),
                   "public_access": Fact({"RestrictPublicBuckets": True})}, **E1),
            "not_ready", True, "public access is blocked",
        ),
        (6, facts(key("Enabled")), "ready", False, "is enabled in us-west-2"),
        (6, facts(key("PendingDeletion")), "not_ready", True, "is PendingDeletion"),
        (6, facts(key("Enabled", "us-east-1")), "not_ready", True, "is there to replace"),
        (6, facts({"encryption": Fact(KEY), "key": Fact(refused="AccessDenied")}), "unknown",
         False, "AccessDenied"),
        (7, facts({"website": Fact({"IndexDocument": {}})}), "not_ready", False, "differ"),
        (8, facts(), "not_applicable", False, "no switch names"),
        (8, facts(**E1, cdn=Fact(refused="AccessDenied")), "unknown", False, "AccessDenied"),
        (8, facts(**E1, cdn=Fact({"Origins": {"Items": [{"DomainName": "east.s3.x"}]}})),
         "not_ready", False, "has no origin west: east.s3.x"),
        (9, facts({"lifecycle": Fact([{**RULE, "Expiration": {"Days": 1}}])}), "not_ready", False,
         "tidy deletes objects"),
        (9, facts({"lifecycle": Fact([{**RULE, "Transitions": [{"StorageClass": "GLACIER"}]}])}),
         "not_ready", False, "tidy archives"),
        (
            9,
            facts(backup=None, primary=side("east", "us-east-1")),
            "ready", False, "no rule shortens",
        ),
        (10, facts({"payer": Fact("Requester")}), "not_ready", True, "Requester Pays"),
        (11, facts(replication=Replication("off")), "not_ready", False, "switched off"),
        (11, facts(replication=Replication("on")), "ready", False, "lag not known"),
        (11, facts(replication=Replication("on", 1.0, 0, {"FAILED": 2})), "not_ready", False,
         "failed for 2"),
        (11, facts(replication=Replication(why="refused")), "unknown", False, "refused"),
        (12, facts({"notifications": Fact({"Topic": 1})}), "not_ready", False, "primary has none"),
        (13, facts(through=None), "unknown", False, "`readiness.through`"),
        (13, facts(through=Through(2, ("a",), "answered 403")), "not_ready", False, "403"),
        (14, facts(drilled=None), "not_ready", False, "never practised"),
        (14, facts(drilled=NOW - timedelta(days=91)), "not_ready", False, "last done"),
        (15, facts(late_planes=("SSM in us-east-1",)), "not_ready", False, "SSM in us-east-1"),
    ],
)  # fmt: skip
def test_each_point_is_judged_by_its_facts(
    number: int, case: Facts, result: str, hard: bool, says: str
) -> None:
    point = next(one for one in judged(case) if one.number == number)
    assert (point.result, point.hard) == (result, hard)
    assert says in point.evidence


def test_archived_objects_cannot_be_served() -> None:
    case = facts()
    backup = replace(case.backup, headers=({"x-amz-storage-class": "DEEP_ARCHIVE"},))
    point = judged(replace(case, backup=backup))[8]
    assert (point.number, point.result, point.hard) == (9, "not_ready", True)


def test_a_store_of_another_kind_is_not_asked_what_only_s3_knows() -> None:
    case = replace(facts(), backup=Bucket("pictures", "azure_blob", "", False))
    results = {point.number: point.result for point in judged(case)}
    assert all(results[n] == "not_applicable" for n in (1, 4, 5, 6, 7, 9, 10, 11, 12))
    assert results[2] == results[3] == results[14] == "ready"


def test_only_hard_points_rule_a_backup_out() -> None:
    good = Look(Parity(total=208, same=208), Fetched(22, ()))
    for hard, state in ((True, "not_ready"), (False, "ready")):
        points = (Point(6, "Encryption", "not_ready", "key is Disabled", hard),)
        assert judge(replace(good, points=points), None, {})[0] == state
    unknown = (Point(6, "Encryption", "unknown", "refused", True),)
    assert judge(replace(good, points=unknown), None, {})[0] == "ready"


@given(st.lists(st.sampled_from(["ready", "not_ready", "unknown"]), max_size=30))
def test_a_drop_is_told_once_and_its_end_once(states: list[str]) -> None:
    told, failing, said = "", 0, []
    for number, state in enumerate(states):
        found = news(told, failing, state, "Shop images", "west", "why", "2 min")
        told, failing = found.told, found.failing
        if found.text:
            said.append((number, found.text.startswith("Heads-up")))
    assert [drop for _, drop in said] == [n % 2 == 0 for n in range(len(said))]
    for number, drop in said:
        if drop:  # proven before, and two looks in a row did not prove it
            assert "ready" in states[:number]
            assert "ready" not in states[number - 1 : number + 1]
        else:
            assert states[number] == "ready"


DETAIL = {"total": 184223, "same": 184220, "missing": 3, "names": {"missing": ["a", "b", "c"]}}


@pytest.mark.parametrize(
    ("detail", "age", "words"),
    [
        (DETAIL, 11, "last proven 11 min ago: 184,220 of 184,223 objects, 3 missing (a, b, c)"),
        ({**DETAIL, "fault": "x"}, 60,
         "last proven 1 h ago; now 184,220 of 184,223 objects, 3 missing (a, b, c)"),
        ({**DETAIL, "sampled": True, "missing": 0, "extra": 2}, 0,
         "last proven 0 s ago: 184,220 of 184,223 objects of a sample,"
         " 2 more than the other side has"),
        (DETAIL, None, "never proven: 184,220 of 184,223 objects, 3 missing (a, b, c)"),
        ({}, None, "never proven"),
    ],
)  # fmt: skip
def test_the_words_are_the_same_everywhere(
    detail: dict[str, Any], age: int | None, words: str
) -> None:
    at = None if age is None else NOW - timedelta(minutes=age)
    assert telling.in_words(detail, at, NOW) == words


def test_replication_is_told_without_a_zero_that_nobody_measured() -> None:
    def told(**found: Any) -> str:
        empty: dict[str, Any] = {
            "rule": "on",
            "lag": None,
            "pending": None,
            "statuses": {},
            "why": "",
        }
        return telling.replication({"replication": empty | found})

    assert told(why="no data") == "on, no data"
    assert (
        told(lag=12.0, pending=3, statuses={"FAILED": 1}) == "on, 12 s behind, 3 waiting, 1 failed"
    )
    assert told(rule="none") == "no rule"
    assert telling.replication({}) == ""
