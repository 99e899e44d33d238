"""The memory of what is seen and heard, and what each new thing means. No input, no output.

It proposes a `Turn` for every change; whoever writes it down says `accept` afterwards. What was
not accepted is not remembered, so a database that is away loses nothing: the next look decides
the same again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from incidentbot.detection.correlate import CheckView, FeedView
from incidentbot.detection.judge import BLIND, judge, may_close
from incidentbot.detection.picture import Alarm, Around, Decision, Standing
from incidentbot.detection.storm import STORM, Storm
from incidentbot.detection.turn import Turn
from incidentbot.detection.verdict import CheckVerdict, dark, decide, unseen
from incidentbot.detection.views import (
    AlertWord,
    alert_feed,
    alert_view,
    check_views,
    feed_views,
)
from incidentbot.detection.watched import (
    GRACE,
    Watched,
    because_of,
    doubtful,
    fails,
    may_be_ours,
    watch,
)
from incidentbot.detection.windows import covering
from incidentbot.settings.model import DependencySettings, Settings
from incidentbot.signals import TROUBLE, Observation, Signal
from incidentbot.signals.feeds.match import NO_ALIASES, Aliases, Word, word

# Healthy feeds send an empty body now and then; only a few in a row mean that we cannot read it.
UNREAD_POLLS = 3
MOST_HEADSTART = timedelta(minutes=15)  # by which a follower may fail before its cause
FROZEN = timedelta(seconds=5)  # between two ticks: then we slept, and nobody else is to blame
SWEEP = timedelta(seconds=4)  # between two searches for checks that nobody looks at
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST_ALERTS = 5000  # of one hook about one dependency that are told apart


class Lookout:
    def __init__(
        self,
        settings: Settings | None = None,
        aliases: Mapping[str, Aliases] = MappingProxyType({}),
    ) -> None:
        """Without settings it watches nothing until it is told to `add` something.

        `aliases`: by dependency, how its vendor's pages call it.
        """
        self._aliases = aliases
        self._windows = settings.maintenance if settings else ()
        origins = settings.origins if settings else ()
        self._inside = {origin.name for origin in origins if origin.endpoint_url}
        hooks = settings.hooks if settings else ()
        self._feed_hooks = {hook.name for hook in hooks if hook.weighs == "feed"}
        self.watched: dict[str, Watched] = {}
        self._listeners: dict[str, list[Watched]] = {}
        self._followers: dict[str, list[Watched]] = {}
        self._down: set[str] = set()
        self._storms = Storm()
        self._ticked: datetime | None = None
        self._awake: datetime | None = None
        self._swept: datetime | None = None
        self.has_checks = False
        for dependency in settings.dependencies if settings else ():
            self.add(dependency)

    def add(self, dependency: DependencySettings) -> None:
        """Watch one more dependency."""
        watched = watch(dependency, self._inside)
        self.watched[dependency.name] = watched
        self.has_checks = self.has_checks or bool(dependency.checks)
        for feed in dependency.feeds:
            self._listeners.setdefault(feed, []).append(watched)
        for root in dependency.hangs_on:
            self._followers.setdefault(root, []).append(watched)

    def remember(
        self,
        name: str,
        standing: Standing,
        checks: Mapping[str, CheckVerdict],
        looked: Mapping[str, datetime],
        feeds: Mapping[str, FeedView],
        alerts: Mapping[str, Mapping[str, AlertWord]],
    ) -> None:
        """Take up what was known of a dependency; what is no longer configured is left out."""
        watched = self.watched[name]
        own = {check.name for check in watched.settings.checks}
        watched.standing = standing
        watched.checks = {check: known for check, known in checks.items() if check in own}
        watched.looked = {check: at for check, at in looked.items() if check in own}
        heard = {*watched.settings.feeds, *self._feed_hooks}
        watched.feeds = {feed: view for feed, view in feeds.items() if feed in heard}
        watched.alerts = {hook: dict(words) for hook, words in alerts.items()}
        if standing.held.startswith(BLIND):
            failing = {check: v for check, v in watched.checks.items() if v.state == "down"}
            watched.checks |= {check: dark(verdict) for check, verdict in failing.items()}
        if standing.verdict.state == "down":
            self._down.add(name)

    def overdue(self, now: datetime) -> list[Turn]:
        """What nobody has looked at for too long, e.g. while no process ran: it is unknown."""
        return self._unseen(now, LONG_AGO)

    def observed(self, look: Observation) -> tuple[CheckVerdict, Turn | None]:
        """The check's verdict after one look, and the turn when it changed."""
        watched = self.watched[look.dependency]
        watched.looked[look.check] = look.at
        before = watched.checks.get(look.check)
        after = decide(before or CheckVerdict(), look, watched.rule)
        if after is before:
            return after, None
        if before is not None and (after.state, after.flapping) == (before.state, before.flapping):
            watched.checks[look.check] = after
            return after, None
        return after, self._check_turn(watched, look.check, before, after, look.at)

    def listeners(self, feed: str) -> Sequence[Watched]:
        return self._listeners.get(feed, ())

    def heard(
        self, watched: Watched, feed: str, signals: Sequence[Signal], now: datetime
    ) -> Turn | None:
        """What one poll of a feed changes for one dependency; None when it says the same."""
        dependency = watched.settings
        aliases = self._aliases.get(dependency.name, NO_ALIASES)
        well = watched.standing.verdict.state not in ("down", "degraded")
        said = word(signals, dependency.service, dependency.region, aliases, now=now, well=well)
        return self.said(watched, feed, said, now)

    def said(self, watched: Watched, feed: str, said: Word, now: datetime) -> Turn | None:
        """The same for what was understood already."""
        before = watched.feeds.get(feed, FeedView(feed))
        polls = watched.unread.get(feed, 0) + 1 if said.state == "unknown" else 0
        if 0 < polls < UNREAD_POLLS and before.state != "unknown":
            watched.unread[feed] = polls
            return None
        watched.unread[feed] = polls
        title = said.title or said.why
        after = FeedView(feed, said.state, title, said.vendor_id, before.since)
        if after == before and feed in watched.feeds:
            return None
        if after.state != before.state or before.since is None:
            after = replace(after, since=now)
        turn = self._judged(watched, now, feeds=watched.feeds | {feed: after})
        return replace(turn, feed=after, feed_before=before)

    def pushed(
        self, watched: Watched, hook: str, signals: Sequence[Signal], now: datetime
    ) -> Turn | None:
        """What alerts of one hook change for one dependency, however many they are."""
        kept = watched.alerts.get(hook, {})
        news = {}
        for signal in signals:
            old = kept.get(signal.vendor_id)
            same = old is not None and old.state == signal.state
            since = old.since if old is not None and same else signal.started_at or now
            news[signal.vendor_id] = AlertWord(
                signal.vendor_id, signal.state, signal.title, min(since, now), now
            )
        if not news:
            return None
        alerts = watched.alerts | {hook: kept | news}
        if hook in self._feed_hooks:
            told = watched.feeds.get(hook, FeedView(hook))
            feed = alert_feed(hook, alerts[hook].values(), told)
            turn = self._judged(watched, now, feeds=watched.feeds | {hook: feed}, alerts=alerts)
            return replace(
                turn, hook=hook, alerts=tuple(news.values()), feed=feed, feed_before=told
            )
        turn = self._judged(watched, now, alerts=alerts)
        view = next(view for view in turn.picture.checks if view.name == hook)
        before = alert_view(hook, kept.values(), now).verdict if kept else None
        return replace(
            turn, hook=hook, alerts=tuple(news.values()), check=view, check_before=before
        )

    def tick(self, now: datetime) -> list[Turn]:
        """What changes by time alone. Call it about once a second."""
        if self._ticked is None or now - self._ticked > FROZEN:
            self._awake = now  # we slept: what was not looked at meanwhile is our own fault
        self._ticked = now
        turns: list[Turn] = []
        if self._swept is None or now - self._swept >= SWEEP:
            self._swept = now
            turns += self._unseen(now, self._awake or now)
        for watched in self.watched.values():
            if watched.waits(now):
                turn = self._judged(watched, now)
                if turn.decisions or turn.standing != turn.before:
                    turns.append(turn)
        return turns

    def again(self, turn: Turn, online: bool | None, asked: str = "") -> Turn:
        """The same turn, decided with what the anchors said and what was accepted meanwhile."""
        watched = self.watched[turn.name]
        checks = {view.name: view.verdict for view in turn.picture.checks if view.kind != "alert"}
        feeds = {view.feed: view for view in turn.picture.feeds}
        alerts = watched.alerts
        if turn.hook:
            kept = watched.alerts.get(turn.hook, {})
            alerts = alerts | {turn.hook: kept | {word.key: word for word in turn.alerts}}
        decided = self._judged(
            watched, turn.picture.now, checks, feeds, alerts, online=online, asked=asked
        )
        turn = replace(
            turn,
            standing=decided.standing,
            picture=decided.picture,
            decisions=decided.decisions,
            online=online,
        )
        if turn.blind and turn.check is not None and fails(turn.check) and not turn.hook:
            turn = replace(turn, check=replace(turn.check, verdict=dark(turn.check.verdict)))
        return turn

    def accept(self, turn: Turn) -> None:
        """Remember a turn that is written down."""
        watched = self.watched[turn.name]
        watched.standing = turn.standing
        if watched.adopted_by and turn.before.alarmed and turn.standing.alarmed:
            # Decided before its incident became that of its cause.
            watched.standing = _adopted(watched.standing, self.watched[watched.adopted_by])
        else:
            watched.adopted_by = ""
        if turn.standing.verdict.state == "down":
            self._down.add(turn.name)
        else:
            self._down.discard(turn.name)
        for decision in turn.decisions:
            if isinstance(decision, Alarm):
                self._storms.alarmed(turn.picture.now, turn.name)
            if isinstance(decision, Alarm) and decision.adopts:
                follower = self.watched[decision.adopts]
                follower.standing = _adopted(follower.standing, watched)
                follower.adopted_by = turn.name
        if turn.check is not None and not turn.hook:
            watched.checks[turn.check.name] = turn.check.verdict
        if turn.blind:  # every failure there is may be our own line, also the earlier ones
            failing = {name: v for name, v in watched.checks.items() if v.state == "down"}
            watched.checks |= {name: dark(verdict) for name, verdict in failing.items()}
        if turn.feed is not None:
            watched.feeds[turn.feed.feed] = turn.feed
        if turn.hook:
            kept = watched.alerts.setdefault(turn.hook, {})
            kept.update({word.key: word for word in turn.alerts})
            over = [key for key, said in kept.items() if said.state not in (*TROUBLE, "unknown")]
            surplus = list(kept)[: max(0, len(kept) - MOST_ALERTS)]
            for key in {*over[:-1], *surplus}:  # one that is over tells that the hook was heard
                del kept[key]

    def closing(self, dependency: str, now: datetime) -> str:
        """Why the incident of this dependency may close itself, or nothing."""
        watched = self.watched[dependency]
        for name, patience in watched.patience.items():
            if now - watched.looked.get(name, LONG_AGO) > patience:
                return ""  # well when last seen is not well
        views = check_views(watched.settings, watched.checks, self._own(watched.alerts), now)
        feeds = feed_views(watched.settings, watched.feeds)
        return may_close(watched.settings, watched.standing, views, feeds, now)

    def _unseen(self, now: datetime, since: datetime) -> list[Turn]:
        return [
            self._check_turn(
                watched,
                name,
                watched.checks[name],
                unseen(watched.checks[name], watched.looked[name], now),
                now,
            )
            for watched in self.watched.values()
            for name in watched.unlooked(since, now)
        ]

    def _check_turn(
        self,
        watched: Watched,
        check: str,
        before: CheckVerdict | None,
        after: CheckVerdict,
        now: datetime,
    ) -> Turn:
        turn = self._judged(watched, now, checks=watched.checks | {check: after})
        view = next(view for view in turn.picture.checks if view.name == check)
        doubtful = view.users_path and may_be_ours([view], watched.outside)
        return replace(turn, check=view, check_before=before, doubtful=doubtful)

    def _judged(
        self,
        watched: Watched,
        now: datetime,
        checks: Mapping[str, CheckVerdict] | None = None,
        feeds: Mapping[str, FeedView] | None = None,
        alerts: Mapping[str, Mapping[str, AlertWord]] | None = None,
        online: bool | None = None,
        asked: str = "",
    ) -> Turn:
        views = check_views(
            watched.settings,
            watched.checks if checks is None else checks,
            self._own(watched.alerts if alerts is None else alerts),
            now,
        )
        said = feed_views(watched.settings, watched.feeds if feeds is None else feeds)
        around = replace(self._around(watched, views, now), online=online, asked=asked)
        standing, picture, decisions = judge(
            watched.settings,
            watched.standing,
            views,
            said,
            around,
            now,
            outside=may_be_ours(views, watched.outside),
        )
        decisions = tuple(self._adopting(watched, decision, now) for decision in decisions)
        return Turn(watched.standing, standing, picture, decisions, online=online)

    def _own(
        self, alerts: Mapping[str, Mapping[str, AlertWord]]
    ) -> Mapping[str, Mapping[str, AlertWord]]:
        """The hooks whose word decides like a probe's."""
        if not alerts or not self._feed_hooks:
            return alerts
        return {hook: words for hook, words in alerts.items() if hook not in self._feed_hooks}

    def _adopting(self, root: Watched, decision: Decision, now: datetime) -> Decision:
        """An alarm takes over the incident of one that hangs on it and was seen to fail first."""
        if not isinstance(decision, Alarm):
            return decision
        for follower in self._followers.get(root.settings.name, ()):
            verdict = follower.standing.verdict
            fresh = verdict.since is not None and now - verdict.since < MOST_HEADSTART
            if follower.standing.alarmed and verdict.state == "down" and fresh:
                return replace(decision, adopts=follower.settings.name)
        return decision

    def _around(self, watched: Watched, views: Sequence[CheckView], now: datetime) -> Around:
        name = watched.settings.name
        window = covering(self._windows, name, now)
        began = min((v.verdict.since for v in views if fails(v) and v.verdict.since), default=now)
        cause = next((r for r in self._roots(watched) if self._explains(r, watched, now)), None)
        storm = None if cause else self._storm(watched, now)
        doubt = next((r for r in self._roots(watched) if doubtful(r, began, now)), None)
        return Around(
            window=window,
            cause=cause.settings.name if cause else storm.settings.name if storm else "",
            cause_words=because_of(cause.settings.title)
            if cause
            else _one_of_many(storm)
            if storm
            else "",
            quietly=storm is not None,
            doubt=doubt.settings.title if doubt else "",
            others_down=len(self._down - {name}) if len(self._down) < 100 else len(self._down),
        )

    def _storm(self, watched: Watched, now: datetime) -> Watched | None:
        """Where so many alarmed at once that one incident serves better: the first of them."""
        held_by = watched.standing.cause
        if held_by and held_by not in watched.settings.hangs_on and held_by in self.watched:
            for name in (held_by, *self._storms.names):
                if self._explains(self.watched[name], watched, now):
                    return self.watched[name]
        head = "" if watched.standing.alarmed else self._storms.head(now)
        return self.watched[head] if head else None

    def _roots(self, watched: Watched) -> list[Watched]:
        return [self.watched[name] for name in watched.settings.hangs_on]

    def _explains(self, root: Watched, watched: Watched, now: datetime) -> bool:
        """It fails, or was the cause and is well for less time than this one needs to follow."""
        verdict = root.standing.verdict
        if verdict.state == "down":
            return True
        if watched.standing.cause != root.settings.name or verdict.since is None:
            return False
        looks = watched.rule.successes + 1
        return now - verdict.since < looks * watched.settings.every + GRACE


def _adopted(follower: Standing, root: Watched) -> Standing:
    """It has no incident of its own any more: when its cause is well, it is judged again."""
    return replace(
        follower, alarmed=False, held=because_of(root.settings.title), cause=root.settings.name
    )


def _one_of_many(head: Watched) -> str:
    return f"more than {STORM} fail at once; see the incident of {head.settings.title}"
