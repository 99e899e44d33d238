"""A blob in Azure can be read: public, or with a shared access signature from a secret."""

import base64
import hashlib
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field

from incidentbot import clock
from incidentbot.http import MAX_BODY, Answer
from incidentbot.settings.values import Flag, HttpUrl, Matching
from incidentbot.signals.probes.checks._expect import MaxBody
from incidentbot.signals.probes.checks._objects import Key, Sha256, refused, wrong_sum
from incidentbot.signals.probes.checks._web import too_large
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Result,
    Secret,
    Text,
    failed,
    in_time,
    milliseconds,
)

VERSION = "2021-12-02"  # of the service; every one since 2009 still answers
Account = Annotated[
    str, Matching(r"[a-z0-9]{3,24}", "a storage account", "3 to 24 lower-case letters and digits")
]
Container = Annotated[
    str,
    Matching(
        r"\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62}", "a container", "letters, digits, single dashes"
    ),
]


class Options(CheckOptions):
    """Options of a check of the kind `azure_blob`."""

    account: Account = Field(description="Storage account.")
    container: Container = Field(description="Container of the blob.")
    key: Key = Field(description="Name of the blob.")
    sas: Secret | None = Field(
        None, description="Variable with a shared access signature; left out: a public blob."
    )
    endpoint_url: HttpUrl | None = Field(
        None, description="Another address of the account; left out: Azure's own."
    )
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )
    method: Literal["HEAD", "GET"] = Field("HEAD", description="Ask about the blob, or read it.")
    md5: Text | None = Field(None, description="Content-MD5 of the blob, as Azure shows it.")
    sha256: Sha256 | None = Field(
        None, description="SHA-256 of the blob; it is read at every look to compare."
    )
    max_body: MaxBody = Field(MAX_BODY, description="Longest blob read, in bytes.")

    @property
    def address(self) -> str:
        base = self.endpoint_url or f"https://{self.account}.blob.core.windows.net"
        query = f"?{self.sas.reveal().lstrip('?')}" if self.sas is not None else ""
        return f"{base.rstrip('/')}/{self.container}/{quote(self.key, safe='/')}{query}"


async def check(options: Options, context: Context) -> Result:
    """One HEAD or GET. What was read is compared with the MD5 that Azure keeps beside it."""
    start, url = clock.monotonic(), options.address
    try:
        answer = await context.http.request(
            "GET" if options.sha256 is not None else options.method,
            url,
            timeout=options.timeout.total_seconds(),
            headers={"x-ms-version": VERSION},
            allow_private=options.allow_private,
            max_bytes=options.max_body,
            redirects=0,
        )
    except Failed as error:
        return failed(error, milliseconds(start))
    latency = milliseconds(start)
    wrong = refused(answer, options.key, latency) or _wrong(options, answer, latency)
    if wrong is not None:
        context.http.distrust(url)
        return wrong
    return in_time(options, latency, answer.phases, answer.note)


def _wrong(options: Options, answer: Answer, latency: float) -> Result | None:
    if "x-ms-request-id" not in answer.headers and "x-ms-version" not in answer.headers:
        words = f"answered {answer.status} without Azure's headers: not a blob"
        return Result(False, "wrong_body", words, latency, answer.phases)
    if answer.cut:
        words = too_large(answer, options.max_body)
        return Result(False, "too_large", words, latency, answer.phases)
    kept = answer.headers.get("Content-MD5", "")
    words = ""
    if options.md5 is not None and kept != options.md5:
        words = f"the MD5 is {kept or 'not kept'}, expected {options.md5}"
    elif kept and answer.body and _md5(answer.body) != kept:
        words = "what was read does not match the MD5 that Azure keeps"
    elif options.sha256 is not None:
        words = wrong_sum(answer.body, options.sha256)
    return Result(False, "wrong_checksum", words, latency, answer.phases) if words else None


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
