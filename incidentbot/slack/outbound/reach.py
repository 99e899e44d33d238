"""Whether Slack can be reached, learned from how calls end. Pure; it is told the time.

ok -> away (nothing has answered for a while) -> ok, and ok -> refused (the token is no good) -> ok.
While it is not ok nothing is sent but one question now and then, so a Slack in trouble is not
hammered, and the moment of its return is known.
"""

from dataclasses import dataclass
from datetime import datetime

from incidentbot.slack.outbound.classify import RATE_LIMITED, Kind, Outcome

STATES = ("ok", "away", "refused")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. A token that was refused is tried no oftener than once in `refused`."""

    away_after: float = 10.0  # without one answer, and with
    failures: int = 3  # so many calls in a row that got none
    probe: float = 2.0  # the first pause between two questions while away; it doubles
    probe_most: float = 15.0
    refused: float = 60.0
    keep_warm: float = 45.0  # between two questions while all is well
    worth_a_word: float = 60.0  # a shorter absence is not told in the channels


@dataclass(frozen=True, slots=True)
class Absence:
    """When Slack could not be reached, and whether people should hear of it."""

    since: datetime
    until: datetime
    worth_a_word: bool


@dataclass(slots=True)
class Reach:
    """`since` is when the present state began; `code` says why it is not ok."""

    patience: Patience = Patience()
    state: str = "ok"
    since: datetime | None = None
    code: str = ""
    absence: Absence | None = None  # the last one that ended, until somebody takes it
    _failures: int = 0
    _first: float = 0.0
    _first_at: datetime | None = None
    _refused_at: float | None = None

    def note(self, outcome: Outcome, now: float, at: datetime) -> None:
        """A call ended so: `now` in seconds of a clock that never jumps, `at` for people."""
        if outcome.kind is Kind.DEAD:
            self._refused_at = now
            if self.state != "refused":
                # Away before: people heard nothing since then, whatever the reason is by now.
                self._enter("refused", self.since if self.state == "away" else at, outcome.code)
            self.code = outcome.code
        elif _silence(outcome):
            self._silent(outcome, now, at)
        else:
            self._answered(at)

    def refuses(self, now: float) -> bool:
        """Whether Slack refused our token so recently that nobody should ask again."""
        recent = self._refused_at is not None and now - self._refused_at < self.patience.refused
        return self.state == "refused" and recent

    def adopt(self, state: str, since: datetime | None, code: str) -> None:
        """What another part, or an earlier process, knows."""
        self.state, self.since, self.code = state, since, code

    def taken(self) -> Absence | None:
        """The absence that has ended, once."""
        absence, self.absence = self.absence, None
        return absence

    def _silent(self, outcome: Outcome, now: float, at: datetime) -> None:
        if self._failures == 0 or self._first_at is None:
            self._first, self._first_at = now, at
        self._failures += 1
        long = now - self._first >= self.patience.away_after
        if self.state == "ok" and long and self._failures >= self.patience.failures:
            self._enter("away", self._first_at, outcome.code)

    def _answered(self, at: datetime) -> None:
        self._failures, self._first_at = 0, None
        if self.state != "ok":
            since = self.since or at
            long = (at - since).total_seconds() >= self.patience.worth_a_word
            self.absence = Absence(since, at, long)
            self._enter("ok", at, "")

    def _enter(self, state: str, since: datetime | None, code: str) -> None:
        self.state, self.since, self.code = state, since, code


def _silence(outcome: Outcome) -> bool:
    if outcome.kind is Kind.LATER:
        return outcome.code != RATE_LIMITED
    return outcome.kind is Kind.IN_DOUBT
