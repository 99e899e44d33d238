"""One dependency with all that is known of it, and what its failures may mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidentbot.detection.correlate import CheckView, FeedView
from incidentbot.detection.picture import Standing
from incidentbot.detection.verdict import CheckVerdict, Rule
from incidentbot.detection.views import AlertWord, outdated
from incidentbot.settings.model import CheckSettings, DependencySettings

MISSED = 3  # looks left out that make a state worthless
GRACE = timedelta(seconds=10)
MOST_DOUBT = timedelta(seconds=30)  # how long an incident waits for a look at its likely cause
# Failures that a lost connection of our own explains as well.
CONNECTION = {"timeout", "refused", "unreachable", "reset", "dns", "tls", "cut"}


@dataclass(slots=True)
class Watched:
    """One dependency and what is known of it. Pushed alerts are kept by hook."""

    settings: DependencySettings
    rule: Rule
    outside: frozenset[str]  # checks that leave our own network
    patience: Mapping[str, timedelta]  # by check, how long no look may be made
    lasts: bool  # whether an outage becomes worse by time alone
    standing: Standing = field(default_factory=Standing)
    checks: dict[str, CheckVerdict] = field(default_factory=dict)
    feeds: dict[str, FeedView] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, dict[str, AlertWord]] = field(default_factory=dict)
    looked: dict[str, datetime] = field(default_factory=dict)
    adopted_by: str = ""  # the cause that took over its incident

    def unlooked(self, since: datetime, now: datetime) -> list[str]:
        """Checks of which something is known that nobody has looked at for too long.

        `since`: before it nobody could look, so it does not count.
        """
        return [
            name
            for name, looked in self.looked.items()
            if now - max(looked, since) > self.patience[name]
            and name in self.checks
            and self.checks[name].state != "unknown"
        ]

    def waits(self, now: datetime) -> bool:
        """Whether time alone may decide something."""
        standing = self.standing
        return (
            bool(standing.held)
            or (standing.verdict.state == "down" and not standing.alarmed)
            or (standing.alarmed and self.lasts)
            or (bool(self.alerts) and outdated(self.alerts, now))
        )


def watch(dependency: DependencySettings, inside: set[str]) -> Watched:
    """`inside` names the origins that are no outside vendor's."""
    flapping = dependency.flapping
    rule = Rule(
        dependency.confirm.failures,
        dependency.recover.successes,
        flaps=flapping.failures,
        within=flapping.within,
        settle=flapping.settle,
    )
    outside = (check.name for check in dependency.checks if _leaves(check, inside))
    return Watched(
        dependency,
        rule,
        frozenset(outside),
        {check.name: _patience(dependency, check) for check in dependency.checks},
        any(rule.when == "lasts" for rule in dependency.severity_rules),
    )


def _leaves(check: CheckSettings, inside: set[str]) -> bool:
    """Whether a check asks somebody outside our own network, by what its options allow."""
    options = check.options
    private = getattr(options, "allow_private", False) or getattr(options, "origin", "") in inside
    return not private


def _patience(dependency: DependencySettings, check: CheckSettings) -> timedelta:
    """How long no look may be made before what is known says nothing any more."""
    timeout: timedelta = getattr(check.options, "timeout", timedelta(0))
    return MISSED * dependency.every + 2 * timeout + GRACE


def because_of(cause: str) -> str:
    """`cause` is the title of a dependency."""
    return f"{cause} is failing, and this hangs on it"


def fails(view: CheckView) -> bool:
    return view.verdict.state == "down"


def may_be_ours(views: Sequence[CheckView], outside: frozenset[str]) -> bool:
    """Whether a lost connection of our own would explain every failure there is."""
    failing = [view for view in views if fails(view)]
    return bool(failing) and all(
        view.name in outside and view.verdict.reason in CONNECTION for view in failing
    )


def doubtful(root: Watched, began: datetime, now: datetime) -> bool:
    """Whether a likely cause is just being looked at, or was not since the failure began."""
    if root.standing.verdict.state == "down" or abs(now - began) > MOST_DOUBT:
        return False
    return any(
        verdict.recheck or root.looked.get(name, began) < began
        for name, verdict in root.checks.items()
    )
