"""Names of incident channels. Pure."""

from datetime import datetime

from incidentbot import ids

LONGEST = 80  # Slack's limit
NUMBERS = 30  # how many names in a row may be somebody else's


def prefix_of(prefix: str, *, private: bool = False, test: bool = False) -> str:
    """inc, inc-test, inc-private or inc-test-private: whoever reads the name knows what it is."""
    return "-".join([prefix, *(["test"] if test else []), *(["private"] if private else [])])


def channel_name(prefix: str, at: datetime, title: str, number: int = 1) -> str:
    """inc-20261124-amazon-s3-in-us-east-1, then ...-2, ...-3 where that name is taken."""
    tail = f"-{number}" if number > 1 else ""
    head = f"{prefix}-{at:%Y%m%d}"
    words = ids.slug(title, 40)
    return (f"{head}-{words}" if words else head)[: LONGEST - len(tail)].rstrip("-") + tail


def given(name: str, prefix: str, at: datetime, title: str) -> bool:
    """Whether it is the name that we give to an incident of that title, with any number."""
    return any(name == channel_name(prefix, at, title, n) for n in range(1, NUMBERS))
