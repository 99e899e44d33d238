"""A blob in Azure can be read: public, or with a shared access signature from a secret."""

from functools import partial
from urllib.parse import quote

from pydantic import Field

from incidentbot.http import Answer
from incidentbot.settings.values import AzureAccount, AzureContainer
from incidentbot.signals.probes.checks._objects import StoredObject, look, md5_of, wrong_sum
from incidentbot.signals.probes.contract import Context, Result, Secret, Text

VERSION = "2021-12-02"  # of the service; every one since 2009 still answers


class Options(StoredObject):
    """Options of a check of the kind `azure_blob`."""

    account: AzureAccount = Field(description="Storage account.")
    container: AzureContainer = Field(description="Container of the blob.")
    sas: Secret | None = Field(
        None, description="Variable with a shared access signature; left out: a public blob."
    )
    md5: Text | None = Field(None, description="Content-MD5 of the blob, as Azure shows it.")

    @property
    def address(self) -> str:
        base = self.endpoint_url or f"https://{self.account}.blob.core.windows.net"
        query = f"?{self.sas.reveal().lstrip('?')}" if self.sas is not None else ""
        return f"{base.rstrip('/')}/{self.container}/{quote(self.key, safe='/')}{query}"


async def check(options: Options, context: Context) -> Result:
    """One HEAD or GET. What was read is compared with the MD5 that Azure keeps beside it."""
    wrong = partial(_wrong, options)
    return await look(context, options, options.address, {"x-ms-version": VERSION}, wrong)


def _wrong(options: Options, answer: Answer, latency: float) -> Result | None:
    if "x-ms-request-id" not in answer.headers and "x-ms-version" not in answer.headers:
        words = f"answered {answer.status} without Azure's headers: not a blob"
        return Result(False, "wrong_body", words, latency, answer.phases)
    if answer.cut:
        return None
    kept = answer.headers.get("Content-MD5", "")
    words = ""
    if options.md5 is not None and kept != options.md5:
        words = f"the MD5 is {kept or 'not kept'}, expected {options.md5}"
    elif kept and answer.body and md5_of(answer.body) != kept:
        words = "what was read does not match the MD5 that Azure keeps"
    elif options.sha256 is not None:
        words = wrong_sum(answer.body, options.sha256)
    return Result(False, "wrong_checksum", words, latency, answer.phases) if words else None
