"""A lookout whose time is told by hand, and what its checks may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from incidentbot.detection.lookout import Lookout
from incidentbot.detection.picture import Alarm, Decision
from incidentbot.detection.turn import Turn
from incidentbot.settings.watching import WindowSettings
from incidentbot.signals import Observation, Reason, Signal, State
from tests.stories.watching import CANARY, FEED, S3, SHOP, START, dependency, settings

CDN = "cdn"
EDGE = "edge-image"
FAILS: tuple[bool | None, Reason] = (False, "http_5xx")
SILENT: tuple[bool | None, Reason] = (False, "timeout")
WELL: tuple[bool | None, Reason] = (True, "ok")
BLIND: tuple[bool | None, Reason] = (None, "access_denied")


class Watch:
    """A lookout whose time is told by hand; every turn is accepted, anchors answer as told."""

    def __init__(self, *dependencies: Any, windows: Sequence[WindowSettings] = ()) -> None:
        config = settings(*dependencies).model_copy(update={"maintenance": tuple(windows)})
        self.lookout = Lookout(config)
        self.second = 0.0
        self.online = True
        self.asked = 0
        self.decisions: list[tuple[str, Decision]] = []

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    def take(self, turn: Turn | None) -> None:
        if turn is None:
            return
        if turn.asks:
            self.asked += 1
            turn = self.lookout.again(turn, self.online, "none of 4 places outside answers either")
        assert not turn.asks
        if turn.alarms:  # one after the other, as the watcher does
            turn = self.lookout.again(turn, turn.online)
        self.decisions += [(turn.name, decision) for decision in turn.decisions]
        self.lookout.accept(turn)

    def look(self, seen: tuple[bool | None, Reason], check: str = CANARY, of: str = S3) -> bool:
        ok, reason = seen
        verdict, turn = self.lookout.observed(
            Observation(check, of, self.now, ok, reason, "answered 503" if ok is False else "")
        )
        self.take(turn)
        return verdict.recheck

    def looks(
        self,
        seen: tuple[bool | None, Reason],
        times: int = 3,
        checks: Sequence[tuple[str, str]] = ((CANARY, S3), (SHOP, S3)),
        apart: float = 2,
    ) -> None:
        for _ in range(times):
            for check, of in checks:
                self.look(seen, check, of)
            self.second += apart

    def wait(
        self, seconds: float, step: float = 1, seen: tuple[bool | None, Reason] | None = None
    ) -> None:
        """Time goes by, with a tick at each step, and looks if they are said to see something."""
        for _ in range(round(seconds / step)):
            self.second += step
            if seen is not None:
                self.looks(seen, 1, apart=0)
            self.tick()

    def tick(self) -> None:
        for turn in self.lookout.tick(self.now):
            self.take(turn)

    def hear(self, state: State, title: str, vendor_id: str = "v1") -> None:
        service = "Amazon S3 (us-east-1)" if state not in ("operational", "unknown") else ""
        said = Signal(FEED, "aws", service, state=state, title=title, vendor_id=vendor_id)
        for watched in self.lookout.listeners(FEED):
            self.take(self.lookout.heard(watched, FEED, [said], self.now))

    def push(self, state: State, key: str = "a1", title: str = "S3 errors", of: str = S3) -> None:
        said = Signal("prod", "alertmanager", state=state, title=title, vendor_id=key)
        self.take(self.lookout.pushed(self.lookout.watched[of], "prod", [said], self.now))

    def made(self, kind: type[Any]) -> list[Any]:
        return [decision for _, decision in self.decisions if isinstance(decision, kind)]

    @property
    def alarms(self) -> list[str]:
        return [name for name, decision in self.decisions if isinstance(decision, Alarm)]

    def held(self, name: str = S3) -> str:
        return self.lookout.watched[name].standing.held

    def state(self, name: str = S3) -> str:
        return self.lookout.watched[name].standing.verdict.state


def cdn(**more: Any) -> Any:
    """A dependency that hangs on the bucket, with one check."""
    from_above = dependency().checks[1].model_copy(update={"name": EDGE})
    return dependency(
        name=CDN, title="The CDN", feeds=(), hangs_on=(S3,), quorum=1, checks=(from_above,), **more
    )


EDGE_CHECK = ((EDGE, CDN),)
