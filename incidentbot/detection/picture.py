"""All that is known of one dependency at one moment, and what follows from it."""

from dataclasses import dataclass, field
from datetime import datetime

from incidentbot.detection.correlate import CheckView, DependencyVerdict, FeedView
from incidentbot.settings.model import DependencySettings


@dataclass(frozen=True, slots=True)
class Picture:
    """`checks` holds our own probes and, by the name of their hook, alerts pushed to us."""

    dependency: DependencySettings
    now: datetime
    verdict: DependencyVerdict
    checks: tuple[CheckView, ...]
    feeds: tuple[FeedView, ...]

    @property
    def failing(self) -> list[CheckView]:
        return [check for check in self.checks if check.verdict.state == "down"]

    @property
    def since(self) -> datetime:
        """When it began: the first failed look of the evidence."""
        return self.verdict.since or self.now


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dependency stands between two decisions.

    `alarmed`: the present outage has its incident. `held`: why an outage has none, in words.
    `cause`: the failing dependency it hangs on, while it is held for that. `told`: what the
    feeds reported and people heard of, as (feed, vendor's id). `severity` is the last one decided,
    0 while there was none. `reported`: a feed alone has an incident, until the feed takes it back.
    """

    verdict: DependencyVerdict = field(default_factory=DependencyVerdict)
    alarmed: bool = False
    held: str = ""
    cause: str = ""
    told: frozenset[tuple[str, str]] = frozenset()
    severity: int = 0
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the rest of the world means for one dependency.

    `online`: whether any anchor answered; None when nobody was asked. `asked` says what they
    said. `window`: the maintenance window that covers it, in words. `cause`: a failing dependency
    that explains it, `cause_words` how; `quietly` when its incident need not hear of each.
    `doubt`: a likely cause that is just being looked at. `others_down`: how many others fail.
    """

    online: bool | None = None
    asked: str = ""
    window: str = ""
    cause: str = ""
    cause_words: str = ""
    quietly: bool = False
    doubt: str = ""
    others_down: int = 0


# What is to be done. Whoever writes things down does them in the order given.


@dataclass(frozen=True, slots=True)
class Alarm:
    """Open an incident. `because` adds what is not in the evidence.

    `adopts` names a dependency that hangs on this one and was seen to fail first: its incident
    becomes this one's, so that one cause has one incident.
    """

    severity: int
    because: str = ""
    adopts: str = ""


@dataclass(frozen=True, slots=True)
class Worse:
    """Raise the severity of the incident."""

    severity: int
    because: str


@dataclass(frozen=True, slots=True)
class Affected:
    """Tell the incident of the cause that this dependency fails with it, or is well again."""

    cause: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Nothing can be decided before the anchors were asked whether we are online."""


@dataclass(frozen=True, slots=True)
class Tell:
    """People should hear it although there is no incident. `key` makes it one notice."""

    kind: str  # heads_up, blind, sight
    key: str
    text: str


Decision = Alarm | Worse | Affected | Ask | Tell
