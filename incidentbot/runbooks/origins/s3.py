"""A bucket of S3, or of a store that speaks like it.

boto3 would hold a thread per request and spend most of its time on XML. Here botocore only signs;
the pages come over our own HTTP, many at once.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError

from incidentbot import clock
from incidentbot.errors import Permanent
from incidentbot.http import Answer
from incidentbot.runbooks.listing import MOST, Object, Outside, Page, ask, in_order, read, refuse
from incidentbot.runbooks.origins import _page
from incidentbot.settings.keys import BucketAccess

KEPT = 60.0  # seconds for which credentials are not asked for again


class Options(BucketAccess):
    """A bucket, and the key of its own if it has one."""

    @property
    def address(self) -> str:
        """Of the bucket, with a slash at its end."""
        if self.endpoint_url:
            return f"{self.endpoint_url.rstrip('/')}/{self.bucket}/"
        host = f"s3.{self.region}.amazonaws.com" + (".cn" if self.region.startswith("cn-") else "")
        # A dot in the bucket's name does not fit AWS's certificate.
        if "." in self.bucket:
            return f"https://{host}/{self.bucket}/"
        return f"https://{self.bucket}.{host}/"

    @property
    def pair(self) -> tuple[str, str] | None:
        if self.access_key_id is None or self.secret_access_key is None:
            return None
        return self.access_key_id.reveal(), self.secret_access_key.reveal()


class Signed:
    """A store that lists as S3 does, with every request signed; shared by the kinds that do."""

    splits = True
    lists = True

    def __init__(self, address: str, region: str, what: str, outside: Outside) -> None:
        self._address, self._region, self._what = address, region, what
        self._outside = outside
        self._turn = asyncio.Lock()

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        query = {"list-type": "2", "encoding-type": "url", "max-keys": str(most)}
        if after:
            query["start-after"] = after.decode()
        answer = await self._ask(f"{self._address}?{urlencode(query, quote_via=quote, safe='')}")
        refuse(answer, self._what)
        async with self._turn:
            await asyncio.sleep(0)  # a page takes milliseconds: others have their turn in between
            page = _page.read(answer.body, self._what)
            in_order(page.rows, after, self._what)
        if page.more and not page.rows:
            raise Permanent(f"{self._what}: a page of the listing is empty and not the last")
        return page

    async def fetch(self, key: str) -> Object:
        return read(await self._ask(self._address + quote(key, safe="/~"), most=MOST))

    async def _ask(self, url: str, **limits: Any) -> Answer:
        return await ask(
            self._outside.http, url, lambda: self.headers("GET", url), private=True, **limits
        )

    async def headers(self, method: str, url: str) -> Mapping[str, str]:
        """What proves to the store who asks."""
        raise NotImplementedError


class _S3(Signed):
    def __init__(self, options: Options, outside: Outside) -> None:
        super().__init__(options.address, options.region, f"bucket {options.bucket}", outside)
        self._pair = options.pair
        self._known: tuple[Any, float] | None = None

    async def headers(self, method: str, url: str) -> Mapping[str, str]:
        request = AWSRequest(method=method, url=url)
        S3SigV4Auth(await self._credentials(), "s3", self._region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    async def _credentials(self) -> Any:
        if self._pair is not None:
            return Credentials(*self._pair)
        now = clock.monotonic()
        if self._known is None or self._known[1] < now:
            found = await self._outside.blocking(_own)
            self._known = (found, now + KEPT)
        return self._known[0]


def _own() -> Any:
    """AWS's own way: variables, profile, role. It may have to ask somebody."""
    try:
        found = botocore.session.get_session().get_credentials()
    except BotoCoreError as error:
        raise Permanent(f"our own credentials: {error}") from error
    if found is None:
        raise Permanent("our own credentials: there are none for AWS")
    return found.get_frozen_credentials()


def opened(options: Options, outside: Outside) -> Signed:
    return _S3(options, outside)
