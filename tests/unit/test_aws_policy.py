"""Policies: valid by IAM's grammar, apart, stable, and the page shows what the command prints.

Run this module to write the page's policies anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from incidentbot.cli.aws import cli
from incidentbot.runbooks import iam as policy
from incidentbot.runbooks.contract import Right
from incidentbot.settings import Settings, load, starter
from incidentbot.watching import known
from tests.unit.settings_cases import ENV, write

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "runbooks.md"
ACCOUNT = "123456789012"
ARN = re.compile(r"\*|arn:aws(-cn|-us-gov)?:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws|\*)?:.+")
OPERATORS = re.compile(
    r"(ForAnyValue:|ForAllValues:)?(String(Equals|NotEquals|Like|NotLike)(IgnoreCase)?|Bool|Null"
    r"|Arn(Like|Equals|NotLike)|Numeric\w+|Date\w+|IpAddress|NotIpAddress)(IfExists)?"
)


def faults(document: Any) -> list[str]:
    """What IAM's grammar (elements of a JSON policy) has against it."""
    found = []
    if set(document) != {"Version", "Statement"} or document["Version"] != "2012-10-17":
        found.append("its frame")
    sids = [one.get("Sid") for one in document["Statement"]]
    if len(set(sids)) != len(sids) or not all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids):
        found.append(f"sids: {sids}")
    for one in document["Statement"]:
        about = {"Resource"} if "Resource" in one else {"Principal"}
        if set(one) - {"Condition"} != {"Sid", "Effect", "Action"} | about:
            found.append(f"keys: {sorted(one)}")
        if one["Effect"] not in ("Allow", "Deny"):
            found.append(one["Effect"])
        if not one["Action"] or len(set(one["Action"])) != len(one["Action"]):
            found.append(f"actions: {one['Action']}")
        found += [a for a in one["Action"] if not re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z]*\*?", a)]
        found += [r for r in one.get("Resource", ()) if not ARN.fullmatch(r)]
        for operator, keys in one.get("Condition", {}).items():
            if not OPERATORS.fullmatch(operator) or not keys:
                found.append(operator)
            found += [k for k in keys if not re.fullmatch(r"[a-z0-9-]+:[\w/.-]+", k)]
    return found


def of(document: Any, effect: str = "Allow") -> set[str]:
    return {a for one in document["Statement"] if one["Effect"] == effect for a in one["Action"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    text = starter().replace("runbooks: runbooks ", f"runbooks: {ROOT / 'runbooks'} ")
    assert str(ROOT) in text
    return write(tmp_path, text)


def command(*words: str) -> tuple[str, str]:
    ran = CliRunner().invoke(cli, ["policy", *words])
    assert ran.exit_code == 0, ran.output
    return ran.stdout, ran.stderr


def test_reader_and_writer_are_apart_and_neither_deletes(file: Path) -> None:
    text, hints = command("--config", str(file), "--json")
    found = json.loads(text)
    assert {name: faults(one) for name, one in found.items()} == {name: [] for name in found}
    looks = {*policy.SETTINGS_READS, "kms:DescribeKey", "cloudwatch:GetMetricStatistics"}
    data = {"ssm:GetParameter", "s3:ListBucket", "s3:GetObject"}
    assert of(found["reader"]) == data | looks
    assert of(found["writer"]) == {"ssm:PutParameter", "s3:PutObject"} | data
    for name in ("reader", "writer"):
        assert {"s3:Delete*", "ssm:Delete*"} <= of(found[name], "Deny")
    assert "--account" in hints
    assert "arn:aws:ssm:us-west-2:*:parameter/shop/asset-origin" in text
    reader = found["reader_trust"]["Statement"][0]
    writer = found["writer_trust"]["Statement"][0]
    assert "Condition" not in reader
    assert "sts:TagSession" in writer["Action"]
    assert writer["Condition"]["StringLike"]["sts:RoleSessionName"] == "incidentbot-P-*"


def test_one_of_them_alone_is_a_policy_ready_to_put(file: Path) -> None:
    for name in ("reader", "writer"):
        words = ("--config", str(file), f"--{name}", "--account", ACCOUNT)
        text, hints = command(*words)
        assert faults(json.loads(text)) == []
        assert ":*:" not in text
        assert hints == ""
        assert command(*words)[0] == text


def test_roles_of_the_configuration_are_the_only_ones_the_process_may_take(file: Path) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/incidentbot-"
    roles = f"reader_role: {arn}r, writer_role: {arn}w, external_id: shop, region: us-west-2"
    file.write_text(f"{file.read_text()}\naws: {{{roles}}}\n")
    found = json.loads(command("--config", str(file), "--json")[0])
    assert {name: faults(one) for name, one in found.items()} == {name: [] for name in found}
    assert found["process"]["Statement"][0]["Resource"] == [f"{arn}r", f"{arn}w"]
    for role in ("reader", "writer"):
        (statement,) = found[f"{role}_trust"]["Statement"]
        assert statement["Condition"]["StringEquals"] == {"sts:ExternalId": "shop"}


def test_an_account_is_twelve_digits(file: Path) -> None:
    ran = CliRunner().invoke(cli, ["policy", "--config", str(file), "--account", "12"])
    assert ran.exit_code == 1
    assert "12 digits" in str(ran.exception)


RIGHTS = st.lists(
    st.builds(
        Right,
        actions=st.sets(
            st.sampled_from(["ssm:GetParameter", "ssm:PutParameter", "route53:GetChange",
                             "arc-region-switch:StartPlanExecution", "s3:ListBucket"]), min_size=1
        ).map(tuple),
        resources=st.sets(
            st.sampled_from(["arn:aws:ssm:us-west-2:*:parameter/a", "arn:aws:s3:::b", "*",
                             "arn:aws:ssm:cn-north-1:*:parameter/a"]), min_size=1
        ).map(tuple),
        write=st.booleans(),
        conditions=st.sampled_from([{}, {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}]),
    ),
    max_size=8,
)  # fmt: skip


@given(rights=RIGHTS, order=st.randoms())
def test_whatever_rights_there_are_the_policy_is_valid_stable_and_whole(
    rights: list[Right], order: Any
) -> None:
    for document in (policy.reader(rights, []), policy.writer(rights, ACCOUNT)):
        assert faults(document) == []
    shuffled = list(rights)
    order.shuffle(shuffled)
    assert policy.writer(shuffled) == policy.writer(rights)
    allowed = {
        (action, place, json.dumps(one.get("Condition", {})))
        for one in policy.writer(rights)["Statement"]
        if one["Effect"] == "Allow"
        for action in one["Action"]
        for place in one["Resource"]
    }
    asked = {
        (action, place.replace("aws:ssm:cn", "aws-cn:ssm:cn"), json.dumps(dict(right.conditions)))
        for right in rights
        for action in right.actions
        for place in right.resources
    }
    assert allowed == asked
    assert of(policy.reader(rights, [])) == {a for r in rights if not r.write for a in r.actions}


def up_to_date(page: str, file: Path) -> str:
    for name in ("reader", "writer"):
        text, _ = command("--config", str(file), f"--{name}", "--account", ACCOUNT)
        part = re.compile(rf"(<!-- policy-{name} -->\n).*?(<!-- /policy-{name} -->)", re.DOTALL)
        page = part.sub(lambda m, t=text: f"{m[1]}```json\n{t}```\n{m[2]}", page)  # type: ignore[misc]
    return page


def test_the_page_shows_what_the_command_prints_for_the_starter(file: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("policy-reader -->") == page.count("policy-writer -->") == 2
    assert page == up_to_date(page, file), f"write it anew: python -m {__name__}"


def test_a_store_of_another_make_needs_no_right_at_aws(file: Path) -> None:
    text = file.read_text()
    text = text.replace(
        "bucket: acme-assets-us-west-2}",
        'bucket: acme-assets-us-west-2, endpoint_url: "https://s3.example.com"}',
    )
    settings: Settings = load(write(file.parent, text), ENV, known())
    listing, objects, *_ = policy.compared(settings, {"ssm_parameter"})
    assert listing.resources == ("arn:aws:s3:::acme-assets-us-east-1",)
    assert objects.resources == ("arn:aws:s3:::acme-assets-us-east-1/*",)
    assert policy.compared(settings, set()) == []


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = starter().replace("runbooks: runbooks ", f"runbooks: {ROOT / 'runbooks'} ")
        made = write(Path(folder), text)
        PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
