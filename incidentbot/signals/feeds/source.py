"""What a source is given and gives back: an API that is asked where there is no address to fetch.

A source is a module with `read(feed, threads)`. It gives the body that a feed format understands,
and raises Permanent when asking again will not help (our own credentials, no contract), else
Temporary. Libraries that block run in `threads`.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Protocol

from incidentbot.errors import Permanent, Temporary
from incidentbot.settings import FeedSettings

__all__ = ["Executor", "FeedSettings", "Permanent", "Source", "Temporary"]


class Source(Protocol):
    """The module of a source."""

    read: Callable[[FeedSettings, Executor], Awaitable[bytes]]
