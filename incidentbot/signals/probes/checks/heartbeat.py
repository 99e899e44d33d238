"""A dead man's switch: somebody else's job reports to us, and its silence is the failure."""

from datetime import datetime

from incidentbot import clock
from incidentbot.settings.values import format_duration
from incidentbot.signals.probes.contract import Beat, BeatOptions, Context, Result


class Options(BeatOptions):
    """Options of a check of the kind `heartbeat`."""


async def check(options: Options, context: Context) -> Result:
    """Look when the last beat came. Silence while nobody was listening is no failure."""
    beat = context.beats.last(options) if context.beats is not None else None
    if beat is None:
        return Result(None, "internal", "heartbeats are not listened for")
    now, most = clock.now(), format_duration(options.within)
    due = (beat.at or beat.since) + options.within
    if now < due:
        return _heard(beat, due)
    if beat.at is None:
        return Result(False, "missed", f"no beat has ever come within {most}")
    if now < beat.listening + options.within:
        since = _time(beat.listening)
        return Result(None, "missed", f"listening since {since} only; the beat may have been lost")
    return Result(False, "missed", f"the last beat came at {_time(beat.at)}, not within {most}")


def _heard(beat: Beat, due: datetime) -> Result:
    if beat.at is None:
        return Result(None, "missed", f"no beat yet; the first is due by {_time(due)}")
    if beat.failing:
        more = f": {beat.message}" if beat.message else ""
        return Result(False, "alert", f"the job says that it failed{more}")
    return Result(True, "ok")


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
