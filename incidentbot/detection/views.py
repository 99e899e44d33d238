"""Probes, pushed alerts and feeds in the form that they are weighed in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidentbot.detection.correlate import CheckView, FeedView
from incidentbot.detection.verdict import CheckVerdict, State
from incidentbot.settings.model import DependencySettings
from incidentbot.signals import ORDER, TROUBLE

ALERT_AGE = timedelta(hours=24)  # a monitor that is still alive repeats what it fires


@dataclass(frozen=True, slots=True)
class AlertWord:
    """The newest word on one pushed alert, in the states of a Signal."""

    key: str
    state: str
    title: str
    since: datetime
    seen_at: datetime


def check_views(
    dependency: DependencySettings,
    checks: Mapping[str, CheckVerdict],
    alerts: Mapping[str, Mapping[str, AlertWord]],
    now: datetime,
) -> tuple[CheckView, ...]:
    """Our own probes in the order of the file, then one view for each hook that was heard."""
    own = tuple(
        CheckView(c.name, c.kind, c.users_path, checks.get(c.name, CheckVerdict()))
        for c in dependency.checks
    )
    return own + tuple(alert_view(hook, words.values(), now) for hook, words in alerts.items())


def alert_view(hook: str, alerts: Iterable[AlertWord], now: datetime) -> CheckView:
    """All alerts of one hook as one check: a thousand of them are one change."""
    words = list(alerts)
    firing = [word for word in words if word.state in TROUBLE and now - word.seen_at < ALERT_AGE]
    worst = [word for word in firing if word.state != "degraded"]
    if firing:
        state: State = "down" if worst else "degraded"
        first = min(worst or firing, key=lambda word: word.since)
        more = f" and {len(firing) - 1} more" if len(firing) > 1 else ""
        verdict = CheckVerdict(state, first.since, "alert", f"{first.title}{more}", None, state)
    elif blind := [word for word in words if word.state == "unknown"]:
        verdict = CheckVerdict("unknown", blind[0].since, "alert", "the monitor does not know")
    elif any(word.state in TROUBLE for word in words):
        since = max(word.seen_at for word in words) + ALERT_AGE
        verdict = CheckVerdict("unknown", since, "alert", "a day old and not repeated")
    else:
        since = max((word.seen_at for word in words), default=now)
        verdict = CheckVerdict("up", since, "ok", "", None, "up")
    return CheckView(hook, "alert", False, verdict)


def feed_views(
    dependency: DependencySettings, feeds: Mapping[str, FeedView]
) -> tuple[FeedView, ...]:
    """The feeds in the order of the file, then hooks whose word is a vendor's."""
    named = {name: feeds.get(name, FeedView(name)) for name in dependency.feeds}
    return tuple((named | {name: feeds[name] for name in feeds if name not in named}).values())


def alert_feed(hook: str, alerts: Iterable[AlertWord], before: FeedView) -> FeedView:
    """All alerts of a hook whose word weighs like a feed's, as one feed: the worst of them."""
    words = list(alerts)
    known = [word for word in words if word.state in ORDER]
    if not known:
        return FeedView(hook, "unknown", "the sender does not know", "", before.since)
    worst = max(known, key=lambda word: ORDER.index(word.state))
    return FeedView(hook, worst.state, worst.title, worst.key, worst.since)


def outdated(alerts: Mapping[str, Mapping[str, AlertWord]], now: datetime) -> bool:
    """Whether some alert fired so long ago, and was not repeated, that it says nothing now."""
    return any(
        word.state in TROUBLE and now - word.seen_at >= ALERT_AGE
        for words in alerts.values()
        for word in words.values()
    )
