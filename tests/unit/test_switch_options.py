"""The switches in a configuration file: what they take, and how a slip in them is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentbot.plugins import found
from incidentbot.settings import check, render
from tests.unit.settings_cases import ENV, KNOWN, changed, write

REAL = replace(
    KNOWN,
    actions={name: one.Options for name, one in found("incidentbot.runbooks.actions").items()},
)
SSM = """      kind: ssm_parameter
      parameter: /shop/asset-origin
      region: us-west-2
"""
PANEL = "arn:aws:route53-recovery-control::123456789012:controlpanel/ab12/routingcontrol"
SWITCHES = {
    "s3_multi_region_access_point": """      kind: s3_multi_region_access_point
      access_point: arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap
      region: eu-west-1
""",
    "arc_routing_control": f"""      kind: arc_routing_control
      controls:
        - {PANEL}/0001
        - {PANEL}/0002
      endpoints:
        - {{region: us-east-1, url: "https://a.example.com/v1"}}
        - {{region: us-west-2, url: "https://b.example.com/v1"}}
        - {{region: eu-west-1, url: "https://c.example.com/v1"}}
        - {{region: ap-northeast-1, url: "https://d.example.com/v1"}}
        - {{region: ap-southeast-2, url: "https://e.example.com/v1"}}
""",
    "appconfig": """      kind: appconfig
      account: "123456789012"
      application: abc1234
      environment: def5678
      profile: ghi9012
      strategy: AppConfig.AllAtOnce
      region: eu-west-1
""",
}


def told(folder: Path, kind: str, old: str = "", new: str = "") -> str:
    switch = SWITCHES[kind]
    assert old in switch
    text = changed(SSM, switch.replace(old, new, 1) if old else switch)
    return render(check(write(folder, text), ENV, REAL))


@pytest.mark.parametrize("kind", SWITCHES)
def test_a_switch_of_each_kind_is_taken(tmp_path: Path, kind: str) -> None:
    assert told(tmp_path, kind) == ""


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("s3_multi_region_access_point", "eu-west-1", "eu-west-2", "ap-northeast-1"),
        ("s3_multi_region_access_point", "s3::1234", "s3::", "arn:aws:s3::ACCOUNT"),
        ("arc_routing_control", "eu-west-1", "us-east-1", "region twice"),
        ("arc_routing_control", "0002", "0001", "routing control twice"),
        ("arc_routing_control", f"{PANEL}/0002", "shop-west", "the ARN of a routing control"),
        ("arc_routing_control", "https://a.example", "a.example", "is not a web address"),
        ("appconfig", '"123456789012"', '"12345678901"', "its 12 digits"),
        ("appconfig", "def5678", "Production", "4 to 7 of a-z and 0-9"),
        ("appconfig", "AppConfig.AllAtOnce", "AllAtOnce", "AppConfig.AllAtOnce and the like"),
        ("appconfig", "profile", "profil", "profile"),
    ],
)
def test_a_slip_is_told_with_its_line(
    tmp_path: Path, kind: str, old: str, new: str, said: str
) -> None:
    text = told(tmp_path, kind, old, new)
    assert "incidentbot.yaml:" in text and said in text
