"""Plays events through the lookout as the watcher does, with nothing written down."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from incidentbot import ids
from incidentbot.detection.lookout import Lookout
from incidentbot.detection.picture import Alarm, Tell
from incidentbot.detection.turn import Turn
from incidentbot.replay import logs, outages, polls
from incidentbot.replay.events import BadRecording, Event, Look, Poll, Truth
from incidentbot.replay.outages import Outage
from incidentbot.settings.base import SettingsModel
from incidentbot.settings.model import (
    CheckSettings,
    DependencySettings,
    FeedSettings,
    Settings,
)
from incidentbot.signals import TROUBLE, Observation, Signal
from incidentbot.signals.feeds.catalogue import Catalogue
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import Word, long_open, overall
from incidentbot.signals.feeds.reading import understand

EVERY = timedelta(seconds=10)
STEP = timedelta(seconds=4)  # between two ticks where nothing happens
MOST_STEPS = 30  # after which a gap has changed all that a gap can change
LATE = timedelta(minutes=2)  # by which an alarm may come after the outage and still be about it


class Nothing(SettingsModel):
    """The options of a check that is not made, only played."""

    timeout: timedelta = timedelta(0)


@dataclass(slots=True)
class Opened:
    """One incident as it would have been."""

    dependency: str
    opened_at: datetime
    severity: int
    because: str
    official_at: datetime | None = None
    recovered_at: datetime | None = None
    closed_at: datetime | None = None
    false: bool = False


@dataclass(slots=True)
class Result:
    polls: int = 0
    looks: int = 0
    incidents: list[Opened] = field(default_factory=list)
    heads_ups: list[tuple[datetime, str]] = field(default_factory=list)
    missed: list[tuple[datetime, str]] = field(default_factory=list)
    truth: bool = False  # whether anybody knows what really was


@dataclass(slots=True)
class _Known:
    """What is known today about one dependency."""

    down: bool = False
    ended: datetime | None = None
    official: datetime | None = None
    opened: bool = False


def play(paths: Iterable[Path], settings: Settings | None = None) -> Result:
    """Everything in the paths, by its own clock. BadRecording names what cannot be played."""
    player = Player(settings)
    for event in heapq.merge(*(player.events(path) for path in paths), key=lambda each: each.at):
        player.take(event)
    return player.finish()


class Player:
    """With settings their dependencies are watched; without, whatever the recording is about."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        vendors = Catalogue(settings.vendors if settings else ())
        known = settings.dependencies if settings else ()
        self._lookout = Lookout(settings, {d.name: vendors.aliases(d) for d in known})
        self._open: dict[str, Opened] = {}
        self._known: dict[str, _Known] = {}
        self._now: datetime | None = None
        self._rechecks: dict[str, bool] = {}
        self.result = Result()

    def events(self, path: Path) -> Iterator[Event]:
        """What a path holds: a folder or file of polls, a log of checks, or a timeline."""
        if not path.exists():
            raise BadRecording(path, None, "does not exist")
        if path.suffix in (".jsonl", ".log", ".ndjson"):
            for name, (checks, every) in logs.checks(path).items():
                self._expect(path, name, checks, every)
            return logs.read(path)
        if path.suffix in (".yaml", ".yml"):
            return self._outage(path, outages.read(path))
        return polls.polls(path) if path.is_dir() else iter([polls.poll(path)])

    def take(self, event: Event) -> None:
        self._advance(event.at)
        match event:
            case Poll():
                self._poll(event)
            case Look(seen=seen):
                self.result.looks += 1
                verdict, turn = self._lookout.observed(seen)
                self._rechecks[seen.dependency] = verdict.recheck
                self._turn(turn)
            case Truth():
                self._truth(event)

    def finish(self) -> Result:
        for name, known in self._known.items():
            if known.down and not known.opened and self._now is not None:
                self.result.missed.append((self._now, name))
        return self.result

    def _expect(
        self, path: Path, name: str, checks: list[str], every: timedelta = EVERY
    ) -> DependencySettings:
        """The dependency of that name: from the settings, or made for the recording."""
        if self._settings is None:
            if name not in self._lookout.watched:
                self._lookout.add(_made(name, name, checks, every))
            return self._lookout.watched[name].settings
        if name not in self._lookout.watched:
            allowed = ", ".join(sorted(self._lookout.watched)) or "none is configured"
            raise BadRecording(path, None, f"there is no dependency {name!r}", allowed)
        own = self._lookout.watched[name].settings
        names = {check.name for check in own.checks}
        for check in checks:
            if check not in names:
                message = f"{name} has no check {check!r}"
                raise BadRecording(path, None, message, ", ".join(sorted(names)))
        return own

    def _outage(self, path: Path, outage: Outage) -> Iterator[Event]:
        """Looks of a probe in its own rhythm, asked for again at once as the engine does.

        They begin half an interval beside the onset: what a probe meets on average.
        """
        own = self._expect(path, outage.name, ["probe"] if self._settings is None else [])
        names = [check.name for check in own.checks]
        truths = list(outage.truths())
        at = outage.onset - outages.BEFORE + own.every / 2
        while at <= outage.until:
            while truths and truths[0].at <= at:
                yield truths.pop(0)
            for name in names:
                yield Look(at, _seen(name, own.name, at, outage.fails(at)))
            at += own.confirm.apart if self._rechecks.get(own.name) else own.every
        yield from truths

    def _poll(self, poll: Poll) -> None:
        self.result.polls += 1
        self.result.truth = self.result.truth or bool(poll.affected)
        body = poll.path.read_bytes() if poll.body is None else poll.body
        if self._settings is None:
            self._heard_alone(poll, body)
            return
        for settings in self._feeds_of(poll):
            signals = _read(settings.name, settings.vendor, poll.at, body, settings.format or "")
            for watched in self._lookout.listeners(settings.name):
                turn = self._lookout.heard(watched, settings.name, signals, poll.at)
                self._turn(turn, poll.affected, _official(signals))

    def _heard_alone(self, poll: Poll, body: bytes) -> None:
        """Without settings, all storage of the vendor is one dependency that hangs on its feed."""
        folder = poll.path.parent.name
        vendor = poll.vendor or folder
        name = ids.slug(vendor if folder == vendor else f"{vendor} {folder}") or "feed"
        if name not in self._lookout.watched:
            self._lookout.add(_heard_only(name, vendor))
        read = _read(name, vendor, poll.at, body, "")
        signals = [signal for signal in read if not long_open(signal, poll.at)]
        state, storage = overall(signals) if signals else ("operational", "no")
        trouble = storage == "yes" and state in TROUBLE
        about = [s for s in signals if s.storage == "yes" and s.state in TROUBLE]
        said = Word(state if trouble or state == "unknown" else "operational", "")
        if trouble:
            first = next(s for s in about if s.state == state)
            said = Word(state, _named(about), first.vendor_id, first.started_at, first.why)
        turn = self._lookout.said(self._lookout.watched[name], name, said, poll.at)
        self._turn(turn, poll.affected, _official(about))

    def _feeds_of(self, poll: Poll) -> list[FeedSettings]:
        assert self._settings is not None
        found = [feed for feed in self._settings.feeds if feed.vendor == poll.vendor]
        if not found:
            allowed = ", ".join(sorted({feed.vendor for feed in self._settings.feeds})) or "none"
            message = f"no feed of the vendor {poll.vendor!r} is configured"
            raise BadRecording(poll.path, None, message, allowed)
        return found

    def _truth(self, truth: Truth) -> None:
        self.result.truth = True
        known = self._known.setdefault(truth.dependency, _Known())
        match truth.what:
            case "down":
                known.down, known.opened = True, truth.dependency in self._open
            case "official":
                known.official = truth.at
                if truth.dependency in self._open:
                    self._open[truth.dependency].official_at = truth.at
            case _:
                if known.down and not known.opened:
                    self.result.missed.append((truth.at, truth.dependency))
                known.ended = truth.at if known.down else known.ended
                known.down = False

    def _advance(self, now: datetime) -> None:
        """Let the time pass in which nothing was recorded: silence changes things too."""
        before, self._now = self._now, now
        if before is not None:
            steps = 0
            while before + STEP < now and steps < MOST_STEPS and self._lookout.has_checks:
                before, steps = before + STEP, steps + 1
                self._tick(before)
        self._tick(now)

    def _tick(self, now: datetime) -> None:
        if self._lookout.has_checks or self._open:
            for turn in self._lookout.tick(now):
                self._turn(turn)
        for name, opened in list(self._open.items()):
            if opened.recovered_at is not None and self._lookout.closing(name, now):
                settings = self._lookout.watched[name].settings
                since = opened.recovered_at or now
                opened.closed_at = min(now, since + settings.close_after)
                del self._open[name]

    def _turn(
        self, turn: Turn | None, affected: str = "", official: datetime | None = None
    ) -> None:
        if turn is None:
            return
        if turn.asks:  # whoever recorded it was online
            turn = self._lookout.again(turn, True, "")
        self._lookout.accept(turn)
        now = turn.picture.now
        for decision in turn.decisions:
            if isinstance(decision, Alarm):
                self._alarm(turn, decision, affected, official)
            elif isinstance(decision, Tell):
                self.result.heads_ups.append((now, decision.text))
        opened = self._open.get(turn.name)
        if opened is not None:
            standing = turn.standing
            over = not (standing.alarmed or standing.reported)
            opened.recovered_at = (opened.recovered_at or now) if over else None
            opened.official_at = opened.official_at or official

    def _alarm(self, turn: Turn, decision: Alarm, affected: str, official: datetime | None) -> None:
        name, now = turn.name, turn.picture.now
        known = self._known.get(name)
        if known is not None:
            known.opened, official = True, official or known.official
        if name in self._open:
            return
        if decision.adopts in self._open:
            self._open[name] = self._open.pop(decision.adopts)
            self._open[name].dependency = name
            return
        parts = [decision.because, "" if decision.because else turn.picture.verdict.reason]
        because = " ".join(filter(None, parts))
        late = known is not None and known.ended is not None and now - known.ended <= LATE
        wrong = affected == "no" or (known is not None and not known.down and not late)
        opened = Opened(name, now, decision.severity, because, official, false=wrong)
        self._open[name] = opened
        self.result.incidents.append(opened)


def _read(name: str, vendor: str, at: datetime, body: bytes, format: str) -> list[Signal]:
    return understand(body, Feed(name, vendor, at), format).signals


def _official(signals: Iterable[Signal]) -> datetime | None:
    """The vendor's own first word on what it reports now."""
    trouble = [signal for signal in signals if signal.state in TROUBLE]
    said = [update.at for signal in trouble for update in signal.updates if update.at is not None]
    began = [signal.started_at for signal in trouble if signal.started_at is not None]
    return min(said or began, default=None)


def _named(signals: Iterable[Signal]) -> str:
    """What a page reports, in one line: title, services and regions, each once."""
    titles = dict.fromkeys(signal.title for signal in signals if signal.title)
    places = dict.fromkeys(f"{s.service} {s.region}".strip() for s in signals if s.service)
    shown = list(places)
    more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    about = f" [{', '.join(shown[:4])}{more}]" if shown else ""
    return f"{next(iter(titles), '')}{about}"


def _seen(check: str, dependency: str, at: datetime, failing: bool) -> Observation:
    if failing:
        return Observation(check, dependency, at, False, "http_5xx", "as the timeline tells")
    return Observation(check, dependency, at, True, "ok")


def _made(
    name: str, title: str, checks: Iterable[str], every: timedelta = EVERY
) -> DependencySettings:
    """A dependency with the product's own defaults, in the rhythm of its recording."""
    return DependencySettings(
        name=name,
        title=title,
        vendor="recorded",
        service="recorded",
        every=every,
        checks=tuple(
            CheckSettings(name=check, kind="recorded", options=Nothing()) for check in checks
        ),
    )


def _heard_only(name: str, vendor: str) -> DependencySettings:
    return DependencySettings.model_construct(
        **_made(name, f"storage of {vendor}", ()).__dict__
        | {"vendor": vendor, "feeds": (name,), "feed_alone": "incident"}
    )
