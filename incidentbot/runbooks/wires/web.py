"""HTTP as the actions use it: JSON in and out, no redirects, secrets only in headers.

A write goes over a connection of its own, so that nothing repeats it behind our back.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.http import Answer, Failed, Http
from incidentbot.runbooks.contract import Request, Way

READ, WRITE = 5.0, 10.0  # seconds
MOST = 1_000_000  # bytes of an answer
# Reasons for which no byte of the request has left.
NOT_SENT = {"dns", "refused", "unreachable", "tls", "cert_expired", "internal"}
SIGNATURE = "X-Signature-256"


class Web:
    def __init__(self, http: Http, read: float = READ, write: float = WRITE) -> None:
        self._http = http
        self._read, self._write = read, write

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        """{"status", "headers" (names in lower case), "text", "json" (None if it is none)}; asked
        twice when there was no answer."""
        try:
            return await self._call(request, way, self._read)
        except (Temporary, InDoubt):
            return await self._call(request, way, self._read)

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        answer = await self._call(request, way, self._write)
        return answer, request_id(answer["headers"])

    async def _call(self, request: Request, way: Way, seconds: float) -> Mapping[str, Any]:
        body, kind = body_of(request.params)
        headers = {**request.params.get("headers", {}), **kind}
        headers |= {name: value.get_secret_value() for name, value in way.headers.items()}
        if way.sign is not None:
            key = way.sign.get_secret_value().encode()
            headers[SIGNATURE] = "sha256=" + hmac.new(key, body or b"", hashlib.sha256).hexdigest()
        what = f"{request.operation} {request.params['url']}"
        try:
            answer = await self._http.request(
                request.operation,
                str(request.params["url"]),
                timeout=seconds,
                headers=headers,
                body=body,
                allow_private=way.allow_private,
                max_bytes=MOST,
                redirects=0,
            )
        except Failed as error:
            if error.reason in NOT_SENT or "connect" not in error.phases:
                raise Temporary(f"{what}: could not be reached ({error.message})") from error
            raise InDoubt(f"{what}: no usable answer ({error.message})") from error
        refuse(answer, what)
        if answer.cut and request.operation == "GET":
            raise InDoubt(f"{what}: answered more than {MOST} bytes")
        return shown(answer)


def body_of(params: Mapping[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """The bytes to send, and the header that says what they are. Pure."""
    if "json" in params:
        text = json.dumps(params["json"], sort_keys=True, separators=(",", ":"))
        return text.encode(), {"Content-Type": "application/json"}
    if "form" in params:
        return (
            urlencode(sorted(params["form"].items())).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
    if "text" in params:
        return str(params["text"]).encode(), {"Content-Type": "text/plain; charset=utf-8"}
    return None, {}


def refuse(answer: Answer, what: str) -> None:
    """What a status means for what the call wanted to do. Pure but for the raising."""
    status = answer.status
    if status < 300:
        return
    if status == 429:
        asked = answer.headers.get("Retry-After", "")
        wait = float(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else None
        raise Temporary(f"{what}: throttled", wait)
    if status >= 500 or status == 408:
        raise InDoubt(f"{what}: answered {status}")
    if status in (301, 302, 303):  # some say so once it is done
        raise InDoubt(f"{what}: answered {status}, and redirects are not followed")
    if status < 400:
        raise Permanent(f"{what}: answered {status}, and redirects are not followed")
    raise Permanent(f"{what}: refused with {status}: {answer.text[:300]}".rstrip(": "))


def shown(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body) if answer.body else None
    except ValueError:
        found = None
    return {
        "status": answer.status,
        "headers": {name.lower(): value for name, value in answer.headers.items()},
        "text": answer.text,
        "json": found,
    }


def request_id(headers: Mapping[str, str]) -> str:
    names = ("x-request-id", "request-id", "cf-ray", "x-amzn-requestid")
    return next((headers[name] for name in names if name in headers), "")
