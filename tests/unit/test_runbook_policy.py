"""A runbook's file may be stricter than the policy, and never looser."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.errors import ConfigError
from incidentbot.runbooks import policy
from incidentbot.runbooks.policy import Limits
from incidentbot.settings import load
from incidentbot.settings.policy import RISKS, AutomaticSettings, GuardPolicy, Risk
from tests.unit.settings_cases import ENV, KNOWN, VALID, write

MINUTE = timedelta(minutes=1)
POLICY = GuardPolicy(automatic=AutomaticSettings(allowed=True))


def file(**keys: Any) -> Any:
    """A runbook's file as far as the policy reads it."""
    limits = {name: keys.pop(name, None) for name in ("percent", "points", "cooldown", "per_hour")}
    automatic = keys.pop("automatic", None)
    if automatic is not None:
        automatic = SimpleNamespace(after=automatic[0], veto=automatic[1])
    plain = {"approvals": None, "confirm": False, "expires": None}
    return SimpleNamespace(**plain | keys, limits=SimpleNamespace(**limits), automatic=automatic)


def test_the_defaults_of_the_policy_are_the_safe_ones() -> None:
    assert policy.effective(GuardPolicy(), "high") == Limits()
    critical = policy.effective(GuardPolicy(), "critical")
    assert (critical.approvals, critical.confirm) == (2, True)
    medium = policy.effective(GuardPolicy(), "medium")
    assert (medium.approvals, medium.confirm, medium.expires) == (1, False, 15 * MINUTE)
    off = GuardPolicy()
    assert off.break_glass.people == () and not off.automatic.allowed


LOOSE: list[tuple[Risk, dict[str, Any], str, str]] = [
    ("high", {"approvals": 0}, "approvals", "1 to 3"),
    ("critical", {"approvals": 1}, "approvals", "2 to 3"),
    ("high", {"expires": 11 * MINUTE}, "expires", "at most 10m"),
    ("high", {"percent": 26}, "limits.percent", "1 to 25"),
    ("high", {"points": 51}, "limits.points", "1 to 50"),
    ("high", {"per_hour": 4}, "limits.per_hour", "1 to 3"),
    ("high", {"cooldown": 14 * MINUTE}, "limits.cooldown", "15m or more"),
    ("high", {"automatic": (9 * MINUTE, 2 * MINUTE)}, "automatic.after", "10m or more"),
    ("high", {"automatic": (10 * MINUTE, MINUTE)}, "automatic.veto", "2m or more"),
]


@pytest.mark.parametrize(("risk", "keys", "path", "allowed"), LOOSE)
def test_what_would_loosen_is_a_fault_and_has_no_effect(
    risk: Risk, keys: dict[str, Any], path: str, allowed: str
) -> None:
    (fault,) = policy.faults(POLICY, risk, file(**keys))
    assert (".".join(fault.path), fault.allowed) == (path, allowed)
    plain = policy.effective(POLICY, risk)
    made = policy.effective(POLICY, risk, file(**keys))
    if "automatic" in keys:
        assert made.automatic == (10 * MINUTE, 2 * MINUTE)
    else:
        assert made == plain


def test_an_automatic_run_is_off_until_the_policy_allows_it() -> None:
    asked = file(automatic=(20 * MINUTE, 5 * MINUTE))
    (fault,) = policy.faults(GuardPolicy(), "high", asked)
    assert fault.path == ("automatic",) and "policy.automatic.allowed" in fault.message
    assert policy.effective(GuardPolicy(), "high", asked).automatic is None
    assert policy.effective(POLICY, "high", asked).automatic == (20 * MINUTE, 5 * MINUTE)
    assert list(policy.faults(POLICY, "high", asked)) == []


files = st.builds(
    file,
    approvals=st.none() | st.integers(0, 3),
    confirm=st.booleans(),
    expires=st.none() | st.integers(1, 30).map(lambda n: n * MINUTE),
    percent=st.none() | st.integers(1, 100),
    points=st.none() | st.integers(1, 100),
    cooldown=st.none() | st.integers(1, 90).map(lambda n: n * MINUTE),
    per_hour=st.none() | st.integers(1, 10),
)


@given(st.sampled_from(RISKS), files)
def test_no_file_loosens_anything(risk: Risk, asked: Any) -> None:
    most, made = policy.effective(POLICY, risk), policy.effective(POLICY, risk, asked)
    assert made.approvals >= most.approvals and made.confirm >= most.confirm
    assert made.expires <= most.expires
    assert made.percent <= most.percent and made.points <= most.points
    assert made.same >= most.same and made.opposite >= most.opposite
    assert made.per_runbook <= most.per_runbook
    keys = ("targets", "window", "in_window", "origins", "proven_within", "writes", "running")
    assert all(getattr(made, key) == getattr(most, key) for key in keys)
    if not list(policy.faults(POLICY, risk, asked)):  # then it gets what it asks for
        assert asked.approvals in (None, made.approvals)
        assert asked.expires in (None, made.expires)
        assert asked.limits.points in (None, made.points)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("policy: {approvals: {high: 0}}", "policy.approvals.high"),
        ("policy: {plan_ttl: {high: 16m}}", "policy.plan_ttl.high: is longer than a plan may live"),
        ("policy: {floor: {origins: 0}}", "policy.floor.origins"),
        ("policy: {floor: {proven_within: 2h}}", "policy.floor.proven_within"),
        ("policy: {caps: {percent: 101}}", "policy.caps.percent"),
        ("policy: {caps: {targets: 0}}", "policy.caps.targets"),
        ("policy: {confirm_from: never}", "policy.confirm_from"),
        ("policy: {automatic: {veto: 5s}}", "policy.automatic.veto: is too short"),
        ("policy: {freezes: [{name: f, effect: maybe}]}", "policy.freezes[f].effect"),
        ("policy: {freezes: [{name: f}]}", "needs either starts and ends"),
        ("policy: {break_glass: {people: [Maya Okafor]}}", "is not a person in Slack"),
        (
            "policy: {freezes: [{name: f, at: '12:00', lasts: 1h, dependencies: [nope]}]}",
            "there is no dependency 'nope'",
        ),
        (
            "policy: {freezes: [{name: f, at: '12:00', lasts: 1h}, {name: f, at: '1:00'}]}",
            "is a name used before",
        ),
        ("policy: {caps: {target: 2}}", "did you mean targets?"),
    ],
)
def test_a_policy_that_is_out_of_bounds_is_a_fault(tmp_path: Path, lines: str, words: str) -> None:
    with pytest.raises(ConfigError) as fault:
        load(write(tmp_path, VALID + lines + "\n"), ENV, KNOWN)
    assert words in fault.value.message
    assert "incidentbot.yaml:" in fault.value.message


def test_a_whole_policy_is_read(tmp_path: Path) -> None:
    lines = """\
policy:
  approvals: {low: 0, critical: 3}
  confirm_from: critical
  caps: {targets: 2, in_window: 4}
  freezes:
    - {name: friday, days: [friday], at: "12:00", lasts: 8h, effect: extra_approver}
  break_glass: {people: [maya]}
  tag: {key: incidentbot, value: "yes"}
  stop_file: STOP
"""
    made = load(write(tmp_path, VALID + lines), ENV, KNOWN).policy
    assert made.approvals.low == 0 and made.approvals.high == 1
    assert made.stop_file == tmp_path / "STOP"
    assert made.freezes[0].effect == "extra_approver"
    assert policy.effective(made, "high").confirm is False
