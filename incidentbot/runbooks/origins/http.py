"""A plain directory at another host. It cannot list; a manifest can say what is there.

The manifest is a JSON list of {"key", "size", "etag"}, or lines of key, size and ETag apart by tabs
or commas; size and ETag may be left out of no line, the ETag may be empty. Without a manifest only
single objects are looked at: the critical ones and the sample, as the other side lists them.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

from pydantic import Field, model_validator

from incidentbot.errors import Permanent
from incidentbot.http import Answer
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
from incidentbot.settings.values import Flag, is_private
from incidentbot.settings.values import refuse as refuse_value


class Options(SettingsModel):
    url: HttpUrl = Field(description="Address of the directory; an object's key is put behind it.")
    manifest: HttpUrl | None = Field(
        None, description="Address of a list of its objects: JSON, or lines of key, size, ETag."
    )
    region: Region | None = Field(None, description="Where it is, for the map; left out: anywhere.")
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )

    @model_validator(mode="after")
    def _private_on_purpose(self) -> Self:
        for key in ("url", "manifest"):
            address = getattr(self, key)
            if address and is_private(address) and not self.allow_private:
                words = "is a private address; add `allow_private: true` if that is meant"
                refuse_value(words, at=key)
        return self


class _Directory:
    splits = False

    def __init__(self, options: Options, outside: Outside) -> None:
        self._options, self._outside = options, outside
        self.lists = options.manifest is not None

    async def page(self, after: bytes, mark: str, most: int) -> Page:
        """All of it at once: a manifest has no pages."""
        url = self._options.manifest
        if url is None:
            raise Permanent(f"{self._options.url} cannot list what it has")
        answer = await self._ask(url)
        refuse(answer, f"manifest {url}")
        rows = sorted(rows_of(answer.body, url))
        in_order(rows, b"", f"manifest {url}")
        return Page(rows, False)

    async def fetch(self, key: str) -> Object:
        url = f"{self._options.url.rstrip('/')}/{quote(key, safe='/~')}"
        return read(await self._ask(url, MOST))

    async def _ask(self, url: str, most: int = 64 * 1024 * 1024) -> Answer:
        private = self._options.allow_private
        return await ask(self._outside.http, url, _headers, most=most, private=private)


async def _headers() -> Mapping[str, str]:
    return {}


def rows_of(body: bytes, what: str) -> list[Row]:
    """What a manifest says. Permanent names the line that is wrong."""
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(text) if text.lstrip()[:1] == "[" else list(_lines(text))
    except ValueError as error:
        raise Permanent(f"manifest {what} cannot be read: {error}") from error
    return [_row(one, number, what) for number, one in enumerate(found, 1)]


def _lines(text: str) -> list[dict[str, str]]:
    tabs = "\t" in text
    lines = csv.reader(io.StringIO(text), delimiter="\t" if tabs else ",")
    return [dict(zip(("key", "size", "etag"), line, strict=False)) for line in lines if line]


def _row(one: object, number: int, what: str) -> Row:
    if isinstance(one, dict):
        key, size = one.get("key"), str(one.get("size", "")).strip()
        if isinstance(key, str) and key and size.isascii() and size.isdigit():
            etag = str(one.get("etag") or "").strip().strip('"').lower()
            return key.encode(), etag.encode(), str(int(size)).encode()
    raise Permanent(f"manifest {what}: entry {number} needs a key and a size in bytes")


def opened(options: Options, outside: Outside) -> _Directory:
    return _Directory(options, outside)
