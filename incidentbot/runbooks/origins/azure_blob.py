"""A container of Azure Blob Storage: public, or with a shared access signature (list and read).

Its listing goes on from a mark and cannot begin anywhere, so it is read page after page, 5,000
blobs each. The MD5 that Azure keeps beside most blobs stands in for an ETag.
"""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from pydantic import Field

from incidentbot.errors import Permanent
from incidentbot.runbooks.listing import (
    MOST,
    Object,
    Outside,
    Page,
    Row,
    ask,
    in_order,
    read,
    refuse,
)
from incidentbot.settings import HttpUrl, Region, SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import AzureAccount, AzureContainer, Flag

VERSION = "2021-12-02"  # of the service; every one since 2009 still answers
PAGE = 5000


class Options(SettingsModel):
    account: AzureAccount = Field(description="Storage account.")
    container: AzureContainer = Field(description="Container of the blobs.")
    region: Region | None = Field(None, description="Where it is, for the map; left out: anywhere.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Another address of the store; left out: Azure's own."
    )
    sas: Secret | None = Field(
        None, description="Variable with a shared access signature; left out: a public container."
    )
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )

    @property
    def address(self) -> str:
        base = self.endpoint_url or f"https://{self.account}.blob.core.windows.net"
        return f"{base.rstrip('/')}/{self.container}"

    @property
    def signature(self) -> str:
        return self.sas.reveal().lstrip("?") if self.sas is not None else ""


class _Azure:
    splits = False
    lists = True

    def __init__(self, options: Options, outside: Outside) -> None:
        self._options, self._outside = options, outside
        self._what = f"container {options.container} of {options.account}"

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        query = {"restype": "container", "comp": "list", "maxresults": str(PAGE)}
        if mark:
            query["marker"] = mark
        answer = await ask(
            self._outside.http,
            self._signed(self._options.address, urlencode(query)),
            _headers,
            private=self._options.allow_private,
        )
        refuse(answer, self._what)
        page = _page(answer.body, self._what)
        in_order(page.rows, after, self._what)
        return page

    async def fetch(self, key: str) -> Object:
        url = self._signed(f"{self._options.address}/{quote(key, safe='/')}", "")
        private = self._options.allow_private
        return read(await ask(self._outside.http, url, _headers, most=MOST, private=private))

    def _signed(self, url: str, query: str) -> str:
        whole = "&".join(part for part in (query, self._options.signature) if part)
        return f"{url}?{whole}" if whole else url


async def _headers() -> Mapping[str, str]:
    return {"x-ms-version": VERSION}


def _page(body: bytes, what: str) -> Page:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Permanent(f"{what}: the listing is no XML ({error})") from error
    blobs = root.find("Blobs")
    if root.tag != "EnumerationResults" or blobs is None:
        raise Permanent(f"{what}: the listing is not one of a container")
    mark = root.findtext("NextMarker") or ""
    return Page([_row(blob, what) for blob in blobs.findall("Blob")], bool(mark), mark)


def _row(blob: Element, what: str) -> Row:
    key = (blob.findtext("Name") or "").encode()
    size = blob.findtext("Properties/Content-Length") or ""
    if not key or not size.isascii() or not size.isdigit():
        raise Permanent(f"{what}: the listing has a blob without name or length")
    return key, _md5(blob.findtext("Properties/Content-MD5") or ""), str(int(size)).encode()


def _md5(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True).hex().encode()
    except (binascii.Error, ValueError):
        return b""


def opened(options: Options, outside: Outside) -> _Azure:
    return _Azure(options, outside)
