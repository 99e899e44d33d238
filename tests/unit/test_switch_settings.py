"""The switches that the documentation shows are read as they stand there, and faults have lines."""

import re
from pathlib import Path

import pytest

from incidentbot.errors import ConfigError
from incidentbot.settings import Settings, load
from incidentbot.watching import known
from tests.unit.settings_cases import ENV, write

PAGE = (Path(__file__).parents[2] / "docs" / "switches-elsewhere.md").read_text(encoding="utf-8")
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
NAMES = ("FASTLY_TOKEN", "CLOUDFLARE_TOKEN", "NGINX_AUTHORIZATION", "SWITCH_SECRET", "SWITCH_TOKEN")
SECRETS = ENV | dict.fromkeys(NAMES, "very-secret-17")


def text() -> str:
    assert SHOWN is not None
    return HEAD + "".join(f"    {line}\n" for line in SHOWN[1].splitlines())


def read(folder: Path, content: str) -> Settings:
    return load(write(folder, content), SECRETS, known())


def test_what_the_documentation_shows_is_what_is_read(tmp_path: Path) -> None:
    ways = {way.kind: way for way in read(tmp_path, text()).assets[0].ways}
    assert len(ways) == 7
    for kind in ("cloudflare_pool", "haproxy", "nginx"):  # they know the two servers themselves
        assert dict(ways[kind].values) == ways[kind].options.values  # type: ignore[attr-defined]
    assert ways["fastly_dictionary"].values == {"eu": "origin-eu", "us": "origin-us"}
    assert "very-secret" not in repr(ways)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("backend: assets\n", 'backend: "assets; quit"\n', "is not a name in HAProxy"),
        ("10.0.0.8:9999", "10.0.0.8", "is not the address of a runtime socket"),
        ("us: storage-us", 'us: "storage us"', "is not a name in HAProxy"),
        ("value_at: /switch/origin", "value_at: switch/origin", "is not a JSON pointer"),
        ("token: SWITCH_TOKEN", "token: abcdef1234", "does not name an environment variable"),
        ("https://nginx2.shop.example", "http://10.0.0.9", "is a private address"),
        ("read_url: https://switch.shop.example", "read_url: http://localhost", "private address"),
        ("kind: http", "kind: page_someone", "there is no kind"),
        ("key: asset-origin\n    token: CLOUDFLARE", "kex: a\n    token: CLOUDFLARE", "kex"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    whole = text()
    old, new = old.replace("\n    ", "\n        "), new.replace("\n    ", "\n        ")
    assert whole.count(old) == 1, whole.count(old)
    changed = whole.replace(old, new)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, changed)
    (line,) = [fault for fault in caught.value.message.splitlines() if said in fault]
    number = int(line.split(":")[1])
    wrong = next(part for part in new.split("\n") if part.strip())
    assert wrong.strip() in changed.splitlines()[number - 1]
