"""What Cloudflare's API has in common: a bearer token, and an envelope around every answer."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from incidentbot.errors import InDoubt, Permanent
from incidentbot.runbooks.actions._vendor import Vendor, body
from incidentbot.runbooks.contract import Plane, Way
from incidentbot.settings import HttpUrl
from incidentbot.settings.telling import Identifier

WHERE = Plane("data", "", "Cloudflare's API; not on the failing storage as far as is known")


class Cloudflare(Vendor):
    account: Identifier = Field(description="Id of the account.")
    api_url: HttpUrl = Field(
        "https://api.cloudflare.com/client/v4", description="Address of Cloudflare's API."
    )


def result(answer: Mapping[str, Any], what: str) -> Any:
    """What the envelope holds. `success` false is a refusal, whatever the status said."""
    found = body(answer, what)
    if found.get("success") is True:
        return found.get("result")
    if found.get("success") is False:
        raise Permanent(f"{what}: refused: {_errors(found)}")
    raise InDoubt(f"{what}: answered without saying whether it succeeded")


def _errors(found: Mapping[str, Any]) -> str:
    errors = found.get("errors")
    told = [
        f"{error.get('message', '')} ({error.get('code', '')})"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return ("; ".join(told) or "without a reason")[:300]


def way(options: Cloudflare) -> Way:
    headers = {"Authorization": SecretStr(f"Bearer {options.token.reveal()}")}
    return Way(headers=headers, allow_private=options.allow_private)


def header(options: Cloudflare) -> str:
    """For a command by hand; the variable's name is letters, digits and _ only."""
    return f'-H "Authorization: Bearer ${options.token.name}"'
