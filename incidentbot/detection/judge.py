"""Whether an outage becomes an incident now, and if not, why. Pure.

Own probes decide. Held back is what a planned window, a failing cause or our own lack of a
connection explains; what is held is judged again and again until it is over or has its incident.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from incidentbot.detection.correlate import (
    CheckView,
    DependencyVerdict,
    FeedView,
    correlate,
    words,
)
from incidentbot.detection.picture import (
    Affected,
    Alarm,
    Around,
    Ask,
    Decision,
    Picture,
    Standing,
    Tell,
    Worse,
)
from incidentbot.detection.severity import severity
from incidentbot.settings.model import DependencySettings

# How the words begin that hold an outage back for a plan.
PLANNED, MAINTAINED = "planned: ", "the vendor's maintenance: "
BLIND = "I cannot see: "  # how the words begin when it may be our own line

Judgement = tuple[Standing, Picture, tuple[Decision, ...]]


def judge(
    settings: DependencySettings,
    before: Standing,
    checks: tuple[CheckView, ...],
    feeds: tuple[FeedView, ...],
    around: Around,
    now: datetime,
    outside: bool = False,
) -> Judgement:
    """Standing, picture and decisions. `outside`: a failing check left our own network."""
    verdict = correlate(before.verdict, checks, feeds, settings.checks_needed)
    picture = Picture(settings, now, verdict, checks, feeds)
    standing = replace(before, verdict=verdict)
    if verdict.state == "down":
        if before.alarmed:
            standing, decisions = _lasting(standing, picture, around)
        else:
            standing, decisions = _failing(standing, picture, around, outside)
    elif verdict.state == "unknown":
        standing, decisions = _unknown(standing, picture)
    else:
        standing, decisions = _over(standing, picture)
    standing, more = _feeds(standing, picture, around)
    picture = replace(picture, verdict=standing.verdict)
    return standing, picture, (*decisions, *more)


def _failing(
    standing: Standing, picture: Picture, around: Around, outside: bool
) -> tuple[Standing, tuple[Decision, ...]]:
    """It is down and has no incident yet."""
    if around.window:
        return replace(standing, held=f"{PLANNED}{around.window}"), ()
    planned = _vendor_maintenance(picture)
    if planned and picture.dependency.vendor_maintenance == "hold":
        return replace(standing, held=f"{MAINTAINED}{planned}"), ()
    if around.cause:
        known = around.quietly or standing.cause == around.cause
        news = () if known else (Affected(around.cause),)
        return replace(standing, held=around.cause_words, cause=around.cause), news
    if around.doubt:
        return replace(standing, held=f"is {around.doubt} the cause? It is being looked at"), ()
    if outside and around.online is None:
        return standing, (Ask(),)
    if outside and around.online is False:
        return _cannot_see(standing, picture, around)
    number, why = severity(picture, picture.dependency.severity_rules, around.others_down)
    because = "; ".join(filter(None, [planned and f"the vendor is maintaining it: {planned}", why]))
    alarmed = replace(standing, alarmed=True, held="", cause="", severity=number)
    return alarmed, (Alarm(number, because),)


def _lasting(
    standing: Standing, picture: Picture, around: Around
) -> tuple[Standing, tuple[Decision, ...]]:
    """It is down and has its incident; perhaps it is worse than it was."""
    number, why = severity(picture, picture.dependency.severity_rules, around.others_down)
    if not why or 0 < standing.severity <= number:
        return standing, ()
    return replace(standing, severity=number), (Worse(number, why),)


def _cannot_see(
    standing: Standing, picture: Picture, around: Around
) -> tuple[Standing, tuple[Decision, ...]]:
    """Nothing outside answers: the fault may be ours, so what we see is neither good nor bad."""
    reason = f"{BLIND}{around.asked}, so the fault may be our own connection"
    known = standing.verdict
    before = known.last_known if known.last_known != "down" else "unknown"
    verdict = DependencyVerdict("unknown", picture.since, reason, before)
    return replace(standing, verdict=verdict, held=reason, cause=""), ()


def _unknown(standing: Standing, picture: Picture) -> tuple[Standing, tuple[Decision, ...]]:
    """Some check cannot see, and none is failing."""
    if standing.held.startswith(BLIND):
        return replace(standing, verdict=replace(standing.verdict, reason=standing.held)), ()
    standing, decisions = _over(standing, picture)
    over = not standing.alarmed and standing.verdict.last_known == "down"
    if over:  # so the next outage needs its quorum again
        standing = replace(standing, verdict=replace(standing.verdict, last_known="unknown"))
    return standing, decisions


def _over(standing: Standing, picture: Picture) -> tuple[Standing, tuple[Decision, ...]]:
    """Nothing fails enough. While one that failed cannot see, it may still be the same outage."""
    if any(_may_fail(check) for check in picture.checks):
        return (standing if standing.verdict.state == "unknown" else replace(standing, held="")), ()
    listed = standing.cause in picture.dependency.hangs_on  # one of a storm never was
    news = (Affected(standing.cause, over=True),) if listed else ()
    return replace(standing, alarmed=False, held="", cause="", severity=0), news


def _may_fail(check: CheckView) -> bool:
    """It was failing when it was last seen; a monitor that only pushes does not say what it saw."""
    verdict = check.verdict
    return verdict.state == "unknown" and (check.kind == "alert" or verdict.last_known == "down")


def _feeds(
    standing: Standing, picture: Picture, around: Around
) -> tuple[Standing, tuple[Decision, ...]]:
    """What only the vendor reports: a heads-up, an incident, or nothing, as configured."""
    trouble = [feed for feed in picture.feeds if feed.trouble]
    if standing.reported and all(feed.state == "operational" for feed in picture.feeds):
        standing = replace(standing, reported=False)  # taken back; silence would not be enough
    present = frozenset((feed.feed, feed.vendor_id) for feed in trouble)
    if standing.verdict.state == "unknown" and standing.held:
        return replace(standing, told=standing.told & present), ()  # told when we can see again
    if standing.alarmed or standing.held or picture.dependency.feed_alone == "ignore":
        return replace(standing, told=present), ()
    news = [feed for feed in trouble if (feed.feed, feed.vendor_id) not in standing.told]
    if not news or (picture.dependency.feed_alone == "incident" and around.window):
        return replace(standing, told=standing.told & present), ()
    told = replace(standing, told=present)
    if picture.dependency.feed_alone == "heads_up":
        return told, tuple(_heads_up(feed, picture) for feed in news)
    if standing.reported:
        return told, ()
    number, why = severity(picture, picture.dependency.severity_rules, around.others_down)
    said = "; ".join(f"{feed.title} ({words(feed.state)})" for feed in news)
    ours = _ours(picture.verdict) if picture.checks else ""
    because = "; ".join(filter(None, [f"the vendor reports {said}", ours, why]))
    return replace(told, reported=True, severity=number), (Alarm(number, because),)


def _heads_up(feed: FeedView, picture: Picture) -> Tell:
    title = picture.dependency.title
    text = (
        f"Heads-up: {feed.feed} reports {words(feed.state)} for {title}: {feed.title}. "
        f"{_ours(picture.verdict).capitalize()}; no incident is opened for a report alone."
    )
    key = f"heads-up:{picture.dependency.name}:{feed.feed}:{feed.vendor_id}:{picture.now:%Y%m%d}"
    return Tell("heads_up", key, text)


def _ours(verdict: DependencyVerdict) -> str:
    reason = verdict.reason.partition("; heads-up")[0]
    return f"our own probes say {verdict.state} ({reason})"


def _vendor_maintenance(picture: Picture) -> str:
    planned = [feed for feed in picture.feeds if feed.state == "maintenance"]
    return "; ".join(feed.title for feed in planned)


def may_close(
    settings: DependencySettings,
    standing: Standing,
    checks: Sequence[CheckView],
    feeds: Sequence[FeedView],
    now: datetime,
) -> str:
    """Why an incident that nobody touched may close itself, or nothing.

    Only what was seen to be well for the whole grace time counts; a lack of news never does.
    """
    since = _well_since(standing, checks, feeds)
    if not settings.close_itself or since is None or now - since < settings.close_after:
        return ""
    minutes = max(1, round((now - since).total_seconds() / 60))
    return (
        f"It recovered by itself at {since:%H:%M:%S} UTC and has been well for {minutes} min; "
        "nobody had acted, so it closes itself."
    )


def _well_since(
    standing: Standing, checks: Sequence[CheckView], feeds: Sequence[FeedView]
) -> datetime | None:
    """Since when all that is watched is seen to be well; None while it is not."""
    if standing.reported or standing.alarmed or standing.held:
        return None
    if any(check.verdict.state != "up" for check in checks):
        return None
    times = [standing.verdict.since] if checks else []
    if not checks:
        if any(feed.state != "operational" for feed in feeds):
            return None
        times = [feed.since for feed in feeds]
    known = [at for at in times if at is not None]
    return max(known, default=None)
