"""The switches that the page about AWS shows are read as they stand there; faults have lines."""

import re
from pathlib import Path

import pytest

from incidentbot import plugins
from incidentbot.errors import ConfigError
from incidentbot.runbooks import actions
from incidentbot.settings import Settings, load
from incidentbot.watching import known
from tests.unit.settings_cases import ENV, write

PAGE = (Path(__file__).parents[2] / "docs" / "switches-aws.md").read_text(encoding="utf-8")
SHOWN = re.search(r"<!-- switches -->\n```yaml\n(.*?)```\n<!-- /switches -->", PAGE, re.DOTALL)
HEAD = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}
origins:
  - {name: eu, kind: s3, region: eu-west-1, bucket: b1}
  - {name: us, kind: s3, region: us-west-2, bucket: b2}
dependencies:
  - {name: s3, title: S3, vendor: aws, service: s3, region: eu-west-1, feeds: []}
assets:
  - name: images
    title: Images
    primary: eu
    backup: us
    dependency: s3
    verify: {url: "https://edge.example.com/{key}", header: x-asset-origin, keys: [a]}
"""


def text() -> str:
    assert SHOWN is not None
    return HEAD + "".join(f"    {line}\n" for line in SHOWN[1].splitlines())


def read(folder: Path, content: str) -> Settings:
    return load(write(folder, content), ENV, known())


def test_what_the_documentation_shows_is_what_is_read(tmp_path: Path) -> None:
    ways = {way.kind: way for way in read(tmp_path, text()).assets[0].ways}
    assert len(ways) == 7
    assert ways["cloudfront_origin"].options.behaviors == ("default", "/img/*")  # type: ignore[attr-defined]
    assert ways["route53_weights"].values == {"eu": "eu", "us": "us"}


def test_the_documentation_names_every_right(tmp_path: Path) -> None:
    for way in read(tmp_path, text()).assets[0].ways:
        action = plugins.get(actions.__name__, way.kind)
        for right in action.rights(way.options, tuple(way.values.values())):
            for number, name in enumerate(right.actions):
                assert f"`{name if not number else name.partition(':')[2]}`" in PAGE


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("distribution: E1A2B3C4D5E6F7", "distribution: d1.cloudfront.net", "is not a distribut"),
        ("zone: Z0123456789ABC", "zone: shop.example", "is not a hosted zone"),
        ("record: img.shop.example", "record: img", "is not a record's name"),
        ("type: CNAME ", "type: TXT ", "type"),
        ("key-value-store/6f1f", "function/6f1f", "is not a key-value store"),
        ("behaviors: [default,", "behaviours: [default,", "behaviours"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    whole = text()
    assert whole.count(old) == 1
    changed = whole.replace(old, new)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, changed)
    (line,) = [fault for fault in caught.value.message.splitlines() if said in fault]
    assert new in changed.splitlines()[int(line.split(":")[1]) - 1]
