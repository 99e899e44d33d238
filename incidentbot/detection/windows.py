"""Planned times: which window covers a dependency now. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incidentbot.settings.watching import DAYS, WindowSettings


def covering(windows: Sequence[WindowSettings], dependency: str, now: datetime) -> str:
    """The first window that covers the dependency, in words with its end; or nothing."""
    for window in windows:
        if not window.dependencies or dependency in window.dependencies:
            end = ends(window, now)
            if end is not None:
                about = f" ({window.reason})" if window.reason else ""
                return f"{window.name}{about} until {end:%Y-%m-%d %H:%M} UTC"
    return ""


def ends(window: WindowSettings, now: datetime) -> datetime | None:
    """When the window that is open now ends; None when it is closed."""
    if window.starts is not None and window.ends is not None:
        return window.ends if window.starts <= now < window.ends else None
    if window.at is None or window.lasts is None:
        return None
    zone = ZoneInfo(window.timezone)
    here = now.astimezone(zone)
    # At most 24 hours long; over a day of 23 hours that began the day before yesterday.
    for back in (0, 1, 2):
        day = (here - timedelta(days=back)).date()
        if window.days and DAYS[day.weekday()] not in window.days:
            continue
        start = datetime.combine(day, window.at, zone)
        end = start.astimezone(now.tzinfo) + window.lasts
        if start <= now < end:
            return end
    return None
