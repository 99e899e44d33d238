from __future__ import annotations

from pathlib import Path

import pytest

from incidentbot.settings import SlackSettings, check, render
from tests.unit.settings_cases import ENV, KNOWN, VALID, changed, line_of, refusal, write

ALL_WRONG = """\
name: Shop
slack:
  announce: #incidents
  oncall: [maya, "@jonas"]
  approvers: []
  comand: /incident
storage: {database: mysql://db/x, documents: 5}
web: {listen: 8080, public_url: "${URL}"}
feeds:
  - {name: aws, vendor: aws, format: statuspge, url: "http://127.0.0.1/x", every: 60}
origins:
  - {name: us-east-1, kind: s4, region: us-east-1, bucket: 12}
  - {name: us-west-2, kind: s3, region: us-west-2, bucket: b}
  - {name: us-west-2, kind: s3, region: us-west-2, bucket: b}
dependencies:
  - name: s3-us-east-1
    title: S3
    vendor: aws
    severity: 7
    feeds: [awss]
    checks:
      - {name: a, kind: s3, origin: us-eest-1, ky: x}
      - {name: b, kind: htp}
      - name: c
        kind: http
        url: http://shop.example.com/
        users_path: yes
  - just text
assets:
  - name: shop
    title: Shop
    primary: us-east-1
    backup: us-wst-2
    dependency: nope
    switch: {kind: ssm_parameter, region: us-west-2, values: {us-east-1: a, us-west-2: b}}
    verify: {url: "http://edge.example.com/", header: x, keys: []}
"""
EXPECTED = [
    "3: slack.announce: is empty; must be text (a value that begins with # needs quotes around it)",
    "4: slack.oncall[1]: is not a person in Slack (allowed: a user name such as maya (without @), "
    "or an id: U... or W...)",
    "5: slack.approvers: has 0 entries (allowed: at least 1)",
    "6: slack.comand: there is no such key; did you mean command? "
    f"(allowed: {', '.join(SlackSettings.model_fields)})",
    "7: storage.database: is not a database address "
    "(allowed: sqlite:///file.db, postgresql+psycopg://host/database)",
    "7: storage.documents: is not a path "
    "(allowed: a path; a relative one starts at this file's folder)",
    "8: web.public_url: holds a ${...}, which is not filled in; write the value itself "
    "(allowed: a key that takes a secret names its variable: API_TOKEN, without ${})",
    "8: web.listen: must be text, not 8080; put quotes around it",
    "10: feeds[aws].format: there is no format 'statuspge'; did you mean statuspage? "
    "(allowed: aws_rss, statuspage)",
    "10: feeds[aws].every: has no unit (allowed: a whole number with its unit: 500ms, 5s, 2m, 1h)",
    "12: origins[us-east-1].kind: there is no kind 's4' (allowed: azure_blob, gcs, http, s3)",
    "14: origins[us-west-2].name: is a name used before, in line 13",
    "16: dependencies[s3-us-east-1].service: is missing (the vendor's service)",
    "19: dependencies[s3-us-east-1].severity: cannot be 7 (allowed: at most 5)",
    "20: dependencies[s3-us-east-1].feeds[0]: there is no feed 'awss'; did you mean aws? "
    "(allowed: aws)",
    "22: dependencies[s3-us-east-1].checks[a].key: is missing (object)",
    "22: dependencies[s3-us-east-1].checks[a].ky: there is no such key; did you mean key? "
    "(allowed: name, kind, users_path, origin, key, timeout, slow)",
    "22: dependencies[s3-us-east-1].checks[a].origin: there is no origin 'us-eest-1'; "
    "did you mean us-east-1? (allowed: us-east-1, us-west-2)",
    "23: dependencies[s3-us-east-1].checks[b].kind: there is no kind 'htp'; did you mean http? "
    "(allowed: http, s3)",
    "27: dependencies[s3-us-east-1].checks[c].users_path: must be true or false, not 'yes'",
    "28: dependencies[1]: must be a mapping, not 'just text'",
    "33: assets[shop].backup: there is no origin 'us-wst-2'; did you mean us-west-2? "
    "(allowed: us-east-1, us-west-2)",
    "34: assets[shop].dependency: there is no dependency 'nope' (allowed: s3-us-east-1)",
    "35: assets[shop].switch.parameter: is missing (name of the parameter that holds the origin)",
    "36: assets[shop].verify.url: must hold {key} once, where the object's key goes "
    "(allowed: https://host/path/{key})",
    "36: assets[shop].verify.keys: has 0 entries (allowed: at least 1)",
]


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, ALL_WRONG)
    expected = [f"{path}:{line}" for line in EXPECTED]
    expected.append("environment: PORT: cannot be 'x' (allowed: a port, 0 to 65535)")
    assert refusal(path, ENV | {"PORT": "x"}).split("\n") == expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("quorum: 2", "quorum: 3", "quorum: asks for more checks than there are (allowed: 1 to 2)"),
        ("max_age: 5m", "max_age: 5s", "max_age: is shorter than `every`"),
        ("backup: us-west-2", "backup: us-east-1", "backup: is the same origin as the primary"),
        ("us-west-2: us-west-2}", "us-west-2: us-east-1}", "is the same value as the primary's"),
        ("name: shop-image\n", "name: bucket-canary\n", "is a name used before, in line 29"),
        ("us-west-2: us-west-2}", "us-west-2: b, us-wst-2: c}", "is neither the primary nor the"),
        (", us-west-2: us-west-2}", "}", "values.us-west-2: is missing: what to write"),
        ("severity: 2", "severity: true", "severity: must be a whole number, not true"),
        ("severity: 2", "severity: 2.0", "severity: must be a whole number, not 2.0"),
        ("users_path: true", "users_path: on", "users_path: must be true or false, not 'on'"),
        ("title: Shop images", "title: true", "title: must be text, not true; put quotes"),
        ("title: Shop images", "title: ''", "title: is not a line of text"),
        ("title: Shop images", 'title: "a\\nb"', "title: is not a line of text"),
        (
            "name: bucket-canary",
            "name: Bucket Canary",
            "name: is not a name (allowed: 1 to 64 lower",
        ),
        ("command: /incident", "command: incident", "is not a slash command (allowed: /incident)"),
        ('"127.0.0.1:8080", p', '"8080", p', "listen: is not a host and port"),
        ('"127.0.0.1:8080", p', '"host:99999", p', "listen: is not a host and port"),
        ("b2}", "s3://b2/}", "bucket: is not a bucket"),
        ("http://127.0.0.1:9/x.svg", "http://u:p@h/x", "url: has a user or password in it"),
        ("http://127.0.0.1:9/x.svg", "file:///etc/passwd", "url: is not a web address"),
        ("{key}", "{key}/{name}", "url: must hold {key} once"),
        ("sqlite:///data/incidentbot.db", '"sqlite://"', "is not a database file"),
        ("sqlite:///data/incidentbot.db", "'sqlite:///:memory:'", "is not a database file"),
        ("sqlite:///data/incidentbot.db", "postgresql://h", "names no database"),
        ("kind: ssm_parameter", "kind: ssm", "there is no kind 'ssm'"),
        (
            "- name: shop-image\n        kind: http\n",
            "- name: shop-image\n",
            "checks[shop-image].kind: is missing",
        ),
        ("oncall: [maya]", "oncall: maya", "oncall: must be a list, not 'maya'"),
    ],
)
def test_a_single_fault_is_told_in_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    faults = check(write(tmp_path, changed(old, new)), ENV, KNOWN)
    assert len(faults) == 1, render(faults)
    assert words in str(faults[0])
    assert faults[0].line == line_of(VALID, old)


def test_a_private_address_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    text = changed("    every: 3s\n    allow_private: true\n", "    every: 3s\n")
    faults = check(write(tmp_path, text), ENV, KNOWN)
    assert [(f.line, f.path) for f in faults] == [
        (line_of(text, 'url: "http://127.0.0.1:9/summary.json'), "feeds[aws-status].url")
    ]
    assert "add `allow_private: true` if that is meant" in faults[0].message


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7", "[::1]", "169.254.169.254", "0.0.0.0"])
def test_private_hosts_are_known_without_a_look_up(tmp_path: Path, host: str) -> None:
    text = changed("https://edge.example.com/{key}", f"http://{host}/{{key}}")
    assert "verify.url: is a private address" in refusal(write(tmp_path, text))


def test_a_fault_in_one_part_does_not_hide_the_reference_in_another(tmp_path: Path) -> None:
    text = changed("severity: 2", "severity: 9").replace("primary: us-east-1", "primary: eu-west-1")
    faults = check(write(tmp_path, text), ENV, KNOWN)
    assert [fault.line for fault in faults] == [
        line_of(text, "severity: 9"),
        line_of(text, "primary: eu"),
    ]


def test_a_list_with_a_wrong_entry_is_not_called_too_short_as_well(tmp_path: Path) -> None:
    told = refusal(write(tmp_path, changed("approvers: [maya, jonas]", "approvers: ['@@']")))
    assert "slack.approvers[0]" in told
    assert "at least" not in told
