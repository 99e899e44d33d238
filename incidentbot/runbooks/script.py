"""A plan as a script to copy and paste, for the day on which the bot itself cannot run. Pure.

The same requests, byte for byte: `aws` for AWS, `curl` for HTTP, `nc` for a proxy's socket. Secrets
stand in it as variables. The guards do not: whoever pastes it is the guard.
"""

import base64
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError

from incidentbot.runbooks.contract import TOKEN
from incidentbot.runbooks.wires.web import SIGNATURE, body_of

COMMANDS = {"s3": "s3api"}  # where the command line has another name than boto3
HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
SECONDS = "10"


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the plan. `requests` in the form of Request.as_dict.

    `token` is what was read when the plan was made, empty where it is known only later. `secrets`:
    header -> variable that holds its value; `sign`: the variable with the secret that signs.
    """

    words: str
    requests: Sequence[Mapping[str, Any]]
    token: str = ""
    endpoint_url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    sign: str = ""


def script(plan_id: str, plan_hash: str, title: str, parts: Sequence[Part]) -> str:
    """The whole of it, in brackets: what fails ends the script and not the terminal."""
    return "\n".join([*_head(plan_id, plan_hash, title), "(", "set -eu", *_body(parts), ")", ""])


def _head(plan_id: str, plan_hash: str, title: str) -> list[str]:
    lines = (
        f"Plan {plan_id}: {title}",
        f"SHA-256 of the plan: {plan_hash}",
        "",
        "These are the plan's exact requests. THE GUARDS ARE NOT IN IT: nobody checks here whether",
        "the backup is ready, whether somebody else is at work, whether the plan is too old, or",
        "whether a second person agrees. Read the live value first. Send each request once: one",
        "without an answer may have worked. Tell the incident channel what you did.",
    )
    return [_comment(line) for line in lines]


def _body(parts: Sequence[Part]) -> Iterator[str]:
    for number, part in enumerate(parts, 1):
        yield ""
        yield _comment(f"{number}. {part.words}")
        for request in part.requests:
            yield from command(request, part)


def command(request: Mapping[str, Any], part: Part) -> list[str]:
    """The lines of one request; a comment where no command can say it."""
    service = str(request["service"])
    if service == "house":
        params = json.dumps(dict(request["params"]))
        return [_comment(f"the bot itself does this: {request['operation']} {params}")]
    make = {"http": _curl, "haproxy": _nc}.get(service, _aws)
    words = make(request, part)
    if "\0" in words:
        return [
            _comment(f"{service} {request['operation']} holds a zero byte, which no command can")
        ]
    return [words]


def _aws(request: Mapping[str, Any], part: Part) -> str:
    service, operation = str(request["service"]), str(request["operation"])
    params = {
        key: _filled(value, part.token) for key, value in dict(request["params"]).items()
    }  # fmt: skip
    shape = _input_of(service, operation)
    blobs: list[str] = []
    plain = _plain(params, shape, blobs)
    words = ["aws", COMMANDS.get(service, service), xform_name(operation, "-")]
    words += ["--region", str(request["region"])] if request["region"] else []
    words += ["--endpoint-url", part.endpoint_url] if part.endpoint_url else []
    words += ["--cli-binary-format", "base64"] if blobs else []
    text = json.dumps(plain, sort_keys=True)
    return f"{shlex.join(words)} --cli-input-json {_quoted(text)}"


def _filled(value: Any, token: str) -> Any:
    return token if value == TOKEN and token else value


def _quoted(text: str) -> str:
    """Quoted for the shell; a token that is not known yet is asked of whoever runs it."""
    if f'"{TOKEN}"' not in text:
        return shlex.quote(text)
    asked = '"${TOKEN:?set it to the version or ETag that is read just before}"'
    return f'"{asked}"'.join(_outer(piece) for piece in text.split(f'"{TOKEN}"'))


def _outer(piece: str) -> str:
    return shlex.quote(piece) if piece else ""


def _plain(value: Any, shape: Any, blobs: list[str]) -> Any:
    """As JSON that `aws` reads: blobs in base64. `shape` is botocore's, None for the unknown."""
    kind = getattr(shape, "type_name", "")
    if isinstance(value, bytes | bytearray) or (kind == "blob" and isinstance(value, str)):
        blobs.append(kind)
        raw = value.encode() if isinstance(value, str) else bytes(value)
        return base64.b64encode(raw).decode()
    if isinstance(value, Mapping):
        return {key: _plain(one, _within(shape, key), blobs) for key, one in value.items()}
    if isinstance(value, list | tuple):
        each = shape.member if kind == "list" else None
        return [_plain(one, each, blobs) for one in value]
    return value


def _within(shape: Any, key: str) -> Any:
    """The shape of one value of a mapping."""
    kind = getattr(shape, "type_name", "")
    if kind == "structure":
        return shape.members.get(key)
    return shape.value if kind == "map" else None


@cache
def _input_of(service: str, operation: str) -> Any:
    """What an operation takes, as botocore's own files say; None for what they do not know."""
    try:
        model = botocore.session.get_session().get_service_model(service)
        return model.operation_model(operation).input_shape
    except (UnknownServiceError, OperationNotFoundError):
        return None


def _curl(request: Mapping[str, Any], part: Part) -> str:
    params = {key: _filled(value, part.token) for key, value in dict(request["params"]).items()}
    body, kind = body_of(params)
    words = ["curl", "--fail-with-body", "--silent", "--show-error", "--globoff",
             "--max-time", SECONDS, "--request", str(request["operation"])]  # fmt: skip
    for name, value in {**params.get("headers", {}), **kind}.items():
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    line = shlex.join(words)
    for name in sorted(part.secrets):
        line += f' --header "{_header(name)}: ${{{_variable(part.secrets[name], name)}:?}}"'
    text = body.decode() if body is not None else None
    if part.sign:
        line += f' --header "{SIGNATURE}: sha256=$({_hmac(text or "", part.sign)})"'
    if text is not None:
        line += f" --data-raw {shlex.quote(text)}"
    return f"{line} --url {shlex.quote(str(params['url']))}"


def _hmac(text: str, variable: str) -> str:
    key = f'"${{{_variable(variable, "secret")}:?}}"'
    sums = f"openssl dgst -sha256 -hmac {key} -r | cut -d ' ' -f 1"
    return f"printf %s {shlex.quote(text)} | {sums}"


def _header(name: str) -> str:
    if not HEADER.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a header")
    return name


def _variable(variable: str, name: str) -> str:
    """The variable, or one made of the header's name where none is known."""
    if VARIABLE.fullmatch(variable):
        return variable
    made = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    return f"SECRET_{made}"


def _nc(request: Mapping[str, Any], part: Part) -> str:
    said = shlex.join(["printf", "%s\\n", str(request["params"]["command"])])
    address = str(request["region"])
    if address.startswith("/"):
        return f"{said} | {shlex.join(['nc', '-w', SECONDS, '-U', '--', address])}"
    host, _, port = address.rpartition(":")
    return f"{said} | {shlex.join(['nc', '-w', SECONDS, '--', host.strip('[]'), port])}"


def _comment(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    return f"# {plain}".rstrip()
