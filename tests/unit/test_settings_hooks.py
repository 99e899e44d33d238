"""The section `hooks`: everything wrong with it is told at once, with its line."""

from pathlib import Path

import pytest

from incidentbot.app import known
from incidentbot.settings import check, load, render
from tests.unit.settings_cases import ENV, VALID, line_of, write

SECRETS = ENV | {"ALERTS_SECRET": "open-sesame"}
HOOKS = """\
hooks:
  - name: prometheus
    kind: alertmanager
    secret: ALERTS_SECRET
    dependencies: [s3-us-east-1]
    match:
      - {labels: {bucket: "pictures-*"}, dependency: s3-us-east-1}
  - name: cloudwatch
    kind: sns
    topics: ["arn:aws:sns:us-east-1:123456789012:alarms"]
    dependencies: [s3-us-east-1]
  - name: homegrown
    kind: generic
    secret: ALERTS_SECRET
    key: [id]
    state: status
    firing: [broken]
    resolved: [fine]
    weight: feed
    dependencies: [s3-us-east-1]
"""
NOTHING = HOOKS[HOOKS.index("    dependencies") : HOOKS.index("  - name: cloudwatch")]


def test_a_hook_is_read_with_the_options_of_its_kind(tmp_path: Path) -> None:
    settings = load(write(tmp_path, VALID + HOOKS), SECRETS, known())
    prometheus, cloudwatch, homegrown = settings.hooks
    assert prometheus.options.secret.reveal() == "open-sesame"  # type: ignore[attr-defined]
    assert cloudwatch.options.topics[0].endswith(":alarms")  # type: ignore[attr-defined]
    assert (prometheus.weighs, homegrown.weighs) == ("probe", "feed")
    assert "open-sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("kind: alertmanager", "kind: alertmanger", "kind: alertm", "did you mean alertmanager?"),
        (
            "dependencies: [s3-us-east-1]\n    match",
            "dependencies: [s4]\n    match",
            "[s4]",
            "'s4'",
        ),
        ("dependency: s3-us-east-1", "dependency: s3", "dependency: s3}", "there is no dependency"),
        ("name: cloudwatch", "name: prometheus", "name: prometheus\n    kind: sns", "used before"),
        ('"arn:aws:sns:us-east-1:123456789012:alarms"', "alarms", "topics", "is no topic"),
        ("topics: [", "topics: []  # [", "topics", "at least 1"),
        ("    key: [id]\n", "", "- name: homegrown", "is missing"),
        ("weight: feed", "wait: feed", "wait", "did you mean weight?"),
        ("weight: feed", "weight: heavy", "weight: heavy", "probe"),
        ("secret: ALERTS_SECRET\n    dep", "secret: hush\n    dep", "hush", "environment variable"),
        ("secret: ALERTS_SECRET\n    dep", "dep", "- name: prometheus", "is missing"),
        ("secret: ALERTS_SECRET\n    dep", "secret: OTHERS\n    dep", "OTHERS", "is not set"),
        (NOTHING, "", "- name: prometheus", "is about no dependency"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, at: str, says: str
) -> None:
    assert HOOKS.count(old) == 1
    text = VALID + HOOKS.replace(old, new)
    faults = check(write(tmp_path, text), SECRETS, known())
    assert len(faults) == 1, render(faults)
    assert says in str(faults[0])
    assert faults[0].line == line_of(text, at)
