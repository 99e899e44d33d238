"""How bad an incident is: its dependency's severity, or worse where a rule fits. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from incidentbot.detection.picture import Picture
from incidentbot.settings.watching import SeverityRule


def severity(picture: Picture, rules: Sequence[SeverityRule], others_down: int) -> tuple[int, str]:
    """(1 to 5, why in words or empty): the worst of what fits; 1 is the worst."""
    fitting = [(rule.severity, _fits(rule, picture, others_down)) for rule in rules]
    worse = [
        (number, why) for number, why in fitting if why and number < picture.dependency.severity
    ]
    return min(worse, default=(picture.dependency.severity, ""))


def _fits(rule: SeverityRule, picture: Picture, others_down: int) -> str:
    """Why the rule fits, or nothing."""
    failing = picture.failing
    match rule.when:
        case "users_affected":
            names = [check.name for check in failing if check.users_path]
            return f"users are affected ({', '.join(names)})" if names else ""
        case "all_checks_down":
            every = bool(failing) and len(failing) == len(picture.checks)
            return f"all {len(failing)} checks are failing" if every else ""
        case "vendor_confirms":
            feeds = [feed.feed for feed in picture.feeds if feed.trouble]
            return f"the vendor confirms it ({', '.join(feeds)})" if feeds else ""
        case "others_down":
            many = others_down >= rule.count
            return f"{others_down} other dependencies are failing too" if many else ""
        case "lasts":
            lasted = picture.now - picture.since
            long = picture.verdict.state == "down" and lasted >= rule.longer_than
            return f"it has lasted longer than {_minutes(rule.longer_than)}" if long else ""


def _minutes(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"
