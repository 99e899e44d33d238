"""The sections `people` and `paging`: what they default to, and what is told of their faults."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from incidentbot.errors import ConfigError
from incidentbot.paging.contract import Roster
from incidentbot.paging.policy import Policies
from incidentbot.settings import Settings, json_schema, load
from incidentbot.watching import known
from tests.contracts.pager_wire import SECRETS
from tests.unit.settings_cases import ENV, VALID, changed, line_of, write

WHOLE = """\
people:
  - {name: Maya, slack: maya, email: maya@shop.example, phone: "+49 30 1111", os_user: maya}
  - {name: Jonas, slack: jonas, pagerduty: PJONAS, opsgenie: jonas@shop.example}
paging:
  first:
    - {kind: rota, members: [maya, jonas], handover: monday, at: "09:00", timezone: Europe/Berlin}
    - {kind: pagerduty, routing_key: PD_ROUTING_KEY, token: PD_TOKEN, schedules: [P1]}
  then:
    - {after: 5m, to: [{kind: slack_group, group: "@oncall"}]}
    - {after: 15m, to: [{kind: opsgenie, key: OPSGENIE_KEY}]}
  severities: [1, 2, 3]
  policies:
    - {name: storage, first: [{kind: people, people: [maya]}]}
"""


def text(whole: str = WHOLE) -> str:
    return changed("    severity: 2\n", "    severity: 2\n    paging: storage\n") + whole


def read(folder: Path, whole: str) -> Settings:
    return load(write(folder, whole), ENV | SECRETS, known())


def test_every_level_of_every_policy_is_read(tmp_path: Path) -> None:
    policies = Policies(read(tmp_path, text()))
    main, storage = policies.all[""], policies.of("s3-us-east-1")
    assert [[a.kind for a in level.asks] for level in main.levels] == [
        ["rota", "pagerduty"],
        ["slack_group"],
        ["opsgenie"],
    ]
    assert main.severities == (1, 2, 3)
    assert policies.of(None) is policies.of("another") is main
    assert storage.name == "storage"
    assert [level.after for level in storage.levels] == [
        timedelta(0),
        timedelta(minutes=5),
        timedelta(minutes=10),
    ]
    assert policies.ask("", 0, 1, "pagerduty") is not None
    assert policies.ask("", 0, 1, "rota") is None
    assert policies.ask("gone", 0, 0, "rota") is None


def test_without_the_section_the_list_of_slack_is_asked_and_then_the_approvers(
    tmp_path: Path,
) -> None:
    policy = Policies(read(tmp_path, VALID)).of("s3-us-east-1")
    asked = [[a.options.people for a in level.asks] for level in policy.levels]
    assert asked == [[("maya",)], [("maya", "jonas")], []]


def test_people_are_found_by_every_name_they_have(tmp_path: Path) -> None:
    roster = Roster(read(tmp_path, text()).people)
    assert roster.find("maya").phone == roster.find("Maya").phone == "+49 30 1111"
    assert roster.find("U0614TZR7").slack == "U0614TZR7"
    jonas = roster.outside("pagerduty", "pjonas")
    assert jonas is not None
    assert jonas.name == "Jonas"
    assert roster.outside("email", "") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: rota", "kind: rotas", "kind: there is no kind 'rotas'; did you mean rota?"),
        ("members: [maya, jonas]", "members: []", "members: has 0 entries (allowed: at least 1"),
        ("timezone: Europe/Berlin", "timezone: Berlin", "timezone: is no time zone"),
        ("handover: monday", "handover: mon", "handover: cannot be 'mon' (allowed: monday,"),
        ("handover: monday", "hand: monday", "hand: there is no such key"),
        ('group: "@oncall"', "group: oncall", "group: is not a user group (allowed: \"@oncall\""),
        ("after: 15m", "after: 5m", "paging.then: must come later from level to level"),
        ("severities: [1, 2, 3]", "severities: [0]", "severities[0]: cannot be 0"),
        ("PD_TOKEN, schedules: [P1]", "PD_GONE", "token: PD_GONE is not set"),
        ("token: PD_TOKEN, ", "", "token: is missing: schedules are read with it"),
        ("routing_key: PD_ROUTING_KEY, token: PD_TOKEN, schedules: [P1]", "timeout: 3s",
         "routing_key: is missing: give it, or `schedules`, or both"),
        ("key: OPSGENIE_KEY", "key: OPSGENIE_KEY, api_url: \"http://127.0.0.1:9\"",
         "api_url: is a private address; add `allow_private: true`"),
        ("slack: jonas, ", "slack: maya, ", "slack: is of somebody else and used before, in line"),
        ('phone: "+49 30 1111"', "phone: call me", "phone: is not a phone number"),
        ("email: maya@shop.example", "email: maya", "email: is not an e-mail address"),
        ("name: storage", "name: store", "paging: there is no paging policy 'storage'"),
    ],
)  # fmt: skip
def test_each_fault_has_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert WHOLE.count(old) == 1
    whole = text(WHOLE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, whole)
    assert told in caught.value.message
    if "storage" not in old and "slack" not in old:
        line = line_of(whole, new) if new else line_of(whole, "kind: pagerduty")
        assert f"incidentbot.yaml:{line}: " in caught.value.message or "then" in told


PAGE = Path(__file__).parents[2] / "docs" / "paging.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[2].strip()[:30])
def test_the_examples_of_the_documentation_can_be_used(tmp_path: Path, example: str) -> None:
    settings = read(tmp_path, VALID + example)
    assert settings.people or Policies(settings).all[""].levels[0].asks


def test_somebody_must_be_asked(tmp_path: Path) -> None:
    nobody = changed("oncall: [maya], ", "")
    with pytest.raises(ConfigError, match="slack: names nobody to ask; give oncall here"):
        read(tmp_path, nobody)
    first = "paging: {first: [{kind: people, people: [maya]}]}\n"
    assert read(tmp_path, nobody + first).slack.oncall == ()


def test_a_key_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    whole = text(WHOLE.replace("PD_ROUTING_KEY", "R0123456789abcdefghijklmnopqrstuv"))
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, whole)
    assert "does not name an environment variable" in caught.value.message
    assert "R0123456789" not in caught.value.message


def test_the_schema_knows_the_keys_of_each_provider() -> None:
    kinds = json_schema(known())["$defs"]["AskSettings"]["oneOf"]
    assert [kind["title"] for kind in kinds] == [
        *("opsgenie", "pagerduty", "people", "rota", "slack_group")
    ]
