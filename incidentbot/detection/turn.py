"""One change of one dependency."""

from dataclasses import dataclass
from datetime import datetime

from incidentbot.detection.correlate import CheckView, FeedView
from incidentbot.detection.picture import Alarm, Ask, Decision, Picture, Standing
from incidentbot.detection.verdict import CheckVerdict
from incidentbot.detection.views import AlertWord


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of one dependency, and all that is to be written for it."""

    before: Standing
    standing: Standing
    picture: Picture
    decisions: tuple[Decision, ...] = ()
    check: CheckView | None = None
    check_before: CheckVerdict | None = None
    feed: FeedView | None = None
    feed_before: FeedView | None = None
    hook: str = ""
    alerts: tuple[AlertWord, ...] = ()
    online: bool | None = None  # what the anchors said; None where nobody asked
    doubtful: bool = False  # users seem to be affected, but it may be our own line

    @property
    def name(self) -> str:
        return self.picture.dependency.name

    @property
    def asks(self) -> bool:
        """Whether the anchors have to be asked before it can be written."""
        if self.doubtful and self.online is None:
            return True
        return any(isinstance(decision, Ask) for decision in self.decisions)

    @property
    def alarms(self) -> bool:
        """Whether it opens an incident."""
        return any(isinstance(decision, Alarm) for decision in self.decisions)

    @property
    def latest(self) -> datetime:
        """When the newest of its failures began."""
        began = [view.verdict.since for view in self.picture.failing]
        return max((at for at in began if at is not None), default=self.picture.now)

    @property
    def blind(self) -> bool:
        """Whether what fails may be our own line: nothing outside answered."""
        standing = self.standing
        return self.online is False and standing.verdict.state == "unknown" and bool(standing.held)

    @property
    def quiet(self) -> bool:
        """A check turned and nothing follows from it: its rows are all there is to write."""
        return self.check is not None and not (self.decisions or self.hook or self.feed)
