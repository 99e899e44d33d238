"""What detection found, as words and as the data of timeline entries. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from incidentbot import clock
from incidentbot.detection.correlate import CheckView, FeedView, vendor_words, words
from incidentbot.detection.picture import Picture


def title(picture: Picture) -> str:
    return f"{picture.dependency.title} is failing"


def verdict_text(picture: Picture) -> str:
    """The verdict in one or two plain sentences."""
    name, verdict = picture.dependency.title, picture.verdict
    reason = verdict.reason.partition("; heads-up")[0]
    since = f"since {time_of_day(picture.since)}"
    if verdict.state == "down":
        return f"{name} is failing {since}: {reason}. {vendor_words(picture.feeds)}"
    if verdict.state == "up":
        return f"{name} answers again: {reason} {since}."
    if verdict.state == "degraded":
        return f"{name} answers in part {since}: {reason}."
    return f"{name} cannot be seen {since}: {reason}. That is neither good nor bad news."


def why(because: str) -> str:
    """What a judgement adds to the evidence, as a sentence."""
    return f"{because[:1].upper()}{because[1:]}." if because else ""


def affected_text(picture: Picture, *, over: bool) -> str:
    """What the incident of the cause hears of a dependency that hangs on it."""
    name, reason = picture.dependency.title, picture.verdict.reason.partition("; heads-up")[0]
    if over:
        return f"{name}, which was affected, is {picture.verdict.state} again: {reason}."
    return f"{name} is affected too, since it hangs on this: {reason}."


def check_text(picture: Picture, check: CheckView) -> str:
    """One check's change in one sentence."""
    verdict, name = check.verdict, check.name
    since = f"since {time_of_day(verdict.since or picture.now)}"
    why = verdict.detail or words(verdict.reason)
    match verdict.state:
        case "down":
            return f"{name} fails {since} ({why})."
        case "up":
            return f"{name} is well again {since}."
        case "degraded":
            how = "answers, but slowly," if verdict.reason == "slow" else "is degraded"
            return f"{name} {how} {since} ({why})."
    return f"{name} cannot see {since} ({why})."


def verdict_data(picture: Picture) -> dict[str, Any]:
    """The data of a verdict; also what an incident is opened with."""
    return {
        "dependency": picture.dependency.name,
        "state": picture.verdict.state,
        "reason": picture.verdict.reason,
        "evidence": [_check(check) for check in picture.checks],
        "vendor": [_feed(feed) for feed in picture.feeds],
    }


def signal_data(picture: Picture, check: CheckView) -> dict[str, Any]:
    return {
        "check": check.name,
        "dependency": picture.dependency.name,
        "state": check.verdict.state,
        "reason": check.verdict.reason,
        "detail": check.verdict.detail,
        "latency_ms": check.verdict.latency_ms,
    }


def vendor_text(feed: FeedView) -> str:
    """What the vendor says after it had reported trouble."""
    if feed.state == "operational":
        return f"The vendor says that it is over ({feed.feed}: {feed.title})."
    return f"The vendor now reports {words(feed.state)} ({feed.feed}: {feed.title})."


def vendor_data(picture: Picture, feed: FeedView) -> dict[str, Any]:
    return {
        "feed": feed.feed,
        "vendor": picture.dependency.vendor,
        "dependency": picture.dependency.name,
        "state": feed.state,
        "title": feed.title,
        "first": False,
        "delay_s": None,
    }


def mitigated_text(picture: Picture) -> str:
    checks = [check for check in picture.checks if check.users_path]
    names = _and([check.name for check in checks])
    since = max((c.verdict.since for c in checks if c.verdict.since), default=picture.now)
    return f"Users are served again: {names} {_are(checks)} well since {time_of_day(since)}."


def harmed_text(picture: Picture) -> str:
    checks = [check for check in picture.failing if check.users_path]
    names = _and(
        [
            f"{check.name} ({check.verdict.detail or words(check.verdict.reason)})"
            for check in checks
        ]
    )
    return f"Users are affected again: {names} {_are(checks)} failing."


def time_of_day(at: datetime) -> str:
    """09:05:07 UTC"""
    return f"{at:%H:%M:%S} UTC"


def _check(check: CheckView) -> dict[str, Any]:
    verdict = check.verdict
    return {
        "check": check.name,
        "kind": check.kind,
        "state": verdict.state,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "since": clock.iso(verdict.since) if verdict.since else None,
        "latency_ms": verdict.latency_ms,
    }


def _feed(feed: FeedView) -> dict[str, Any]:
    return {"feed": feed.feed, "state": feed.state, "title": feed.title}


def _are(checks: Sequence[CheckView]) -> str:
    return "is" if len(checks) == 1 else "are"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
