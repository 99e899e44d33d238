"""What a receiver needs from outside before it can judge a request, e.g. a certificate."""

import asyncio
from collections.abc import Awaitable, Callable

from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Http

Fetch = Callable[[str], Awaitable[bytes]]

TIMEOUT = 5.0  # seconds
MOST_BYTES = 64 * 1024
MOST_KEPT = 64
AT_ONCE = 4


async def fetch(http: Http, url: str) -> bytes:
    """The body at an address, from the open internet alone and without redirects.

    Raises Temporary when there is no answer, Permanent when there is nothing at the address.
    """
    answer = await http.get(url, timeout=TIMEOUT, max_bytes=MOST_BYTES, redirects=0)
    if answer.status == 200 and not answer.cut:
        return answer.body
    if answer.status >= 500 or answer.status == 429:
        raise Temporary(f"the address answered {answer.status}")
    raise Permanent(f"the address answered {answer.status}")


class Kept:
    """Fetches each address once. The addresses come from outside, so few are asked at a time."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, bytes] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def get(self, url: str) -> bytes:
        if url not in self._kept:
            async with self._room:
                if url not in self._kept:
                    self._keep(url, await self._fetch(url))
        return self._kept[url]

    def _keep(self, url: str, content: bytes) -> None:
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = content
