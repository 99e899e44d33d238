"""The kinds of value a setting can have. Each refuses with what it would have taken instead."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DURATION_PATTERN = r"^[0-9]{1,9}(ms|s|m|h)$"
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}
_DURATION_FORMS = "a whole number with its unit: 500ms, 5s, 2m, 1h"
_DATABASE_FORMS = "sqlite:///file.db, postgresql+psycopg://host/database"


def refuse(message: str, allowed: str = "", at: str = "") -> NoReturn:
    """Refuse a value. `at` names the field when a rule about several fields is broken."""
    context = {"message": message, "allowed": allowed, "at": at}
    raise PydanticCustomError("refused", "{message}", context)


def parse_duration(value: object) -> timedelta:
    """`1500ms`, `5s`, `2m` or `1h` -> timedelta; above zero, at most a year."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        refuse("has no unit", _DURATION_FORMS)
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        refuse("is not a length of time", _DURATION_FORMS)
    duration = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta(0) < duration <= timedelta(days=365):
        refuse("must be longer than nothing and at most a year", _DURATION_FORMS)
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same length."""
    left = round(duration.total_seconds() * 1000)
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if left % size == 0:
            return f"{left // size}{unit}"
    return f"{left}ms"


@dataclass(frozen=True, slots=True)
class Matching:
    """Metadata for a string type: those that match, in the JSON Schema too."""

    pattern: str
    what: str
    allowed: str

    def check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            refuse(f"is not {self.what}", self.allowed)
        return value

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"pattern": f"^({self.pattern})$"}


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when the port is no number
    except ValueError:
        return None
    return parts if not re.search(r"[\s\x00-\x1f\x7f]", url) else None


def http_url(url: str) -> str:
    """An http or https address with a host and without credentials, as it was."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        refuse("is not a web address", "http://... or https://...")
    if parts.username is not None or parts.password is not None:
        refuse("has a user or password in it; addresses here are without")
    return url


def is_private(url: str) -> bool:
    """Whether the address plainly names this machine or a private network (no look-up)."""
    parts = _split(url)
    host = (parts.hostname if parts else None) or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def listen_address(text: str) -> str:
    """`host:port`, or `[::1]:port` for IPv6; port 0 takes a free one."""
    parts = _split(f"//{text}")
    if (
        parts is None
        or not parts.hostname
        or parts.port is None
        or parts.netloc != text
        or "@" in text
    ):
        refuse("is not a host and port", '"127.0.0.1:8080", "0.0.0.0:8080", "[::1]:8080"')
    return text


def database_url(url: str, folder: Path | None, *, password: bool) -> str:
    """A database address SQLAlchemy takes; a relative SQLite file is taken from `folder`."""
    if url.startswith("sqlite"):
        return _sqlite_url(url, folder)
    parts = _split(url)
    if parts is None or parts.scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        refuse("is not a database address", _DATABASE_FORMS)
    if not parts.path.strip("/"):
        refuse("names no database", _DATABASE_FORMS)
    if not password and (parts.password or re.search(r"[?&]password=", url)):
        refuse("has a password; give the whole address in the environment as DATABASE_URL instead")
    return "postgresql+psycopg" + url[len(parts.scheme) :]


def _sqlite_url(url: str, folder: Path | None) -> str:
    head, _, rest = url.partition(":///")
    file, mark, options = rest.partition("?")
    if head != "sqlite" or not file or unquote(file) == ":memory:":
        refuse("is not a database file: it has to outlive the process", _DATABASE_FORMS)
    path = Path(file)
    if folder is not None and not path.is_absolute():
        path = folder.resolve() / path
    return f"sqlite:///{path}{mark}{options}"


def _folder(info: ValidationInfo) -> Path | None:
    """The folder of the configuration file, which relative paths start from."""
    return info.context.get("folder") if isinstance(info.context, dict) else None


def _resolve_path(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        path = value
    elif isinstance(value, str) and value.strip() and "\0" not in value:
        path = Path(value)
    else:
        refuse("is not a path", "a path; a relative one starts at this file's folder")
    folder = _folder(info)
    return folder.resolve() / path if folder is not None else path


def _resolve_database(value: object, info: ValidationInfo) -> SecretStr:
    if isinstance(value, SecretStr):  # the default; its file belongs beside the configuration too
        return SecretStr(database_url(value.get_secret_value(), _folder(info), password=True))
    if not isinstance(value, str):
        refuse("is not a database address", _DATABASE_FORMS)
    return SecretStr(database_url(value, _folder(info), password=False))


def _plain_text(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        refuse("is not a line of text", "1 to 200 characters in one line")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
Text = Annotated[
    str, AfterValidator(_plain_text), Field(json_schema_extra={"minLength": 1, "maxLength": 200})
]
HttpUrl = Annotated[
    str, AfterValidator(http_url), Field(json_schema_extra={"pattern": "^https?://"})
]
Listen = Annotated[
    str, AfterValidator(listen_address), Field(json_schema_extra={"pattern": "^.+:[0-9]{1,5}$"})
]
Count = Annotated[int, Field(strict=True, ge=1, le=10_000)]
Severity = Annotated[int, Field(strict=True, ge=1, le=5)]
Flag = Annotated[bool, Field(strict=True)]
FilePath = Annotated[
    Path, BeforeValidator(_resolve_path), WithJsonSchema({"type": "string", "minLength": 1})
]
DatabaseUrl = Annotated[
    SecretStr,
    BeforeValidator(_resolve_database),
    WithJsonSchema({"type": "string", "pattern": r"^(sqlite:///|postgres(ql(\+psycopg)?)?://)"}),
]
Name = Annotated[
    str,
    Matching(
        r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?",
        "a name",
        "1 to 64 lower-case letters, digits and - . _ between them",
    ),
]
Region = Annotated[
    str, Matching(r"[a-z0-9]+(-[a-z0-9]+)*", "a region", "a region's name such as us-east-1")
]
Bucket = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?",
        "a bucket",
        "a bucket's name, without s3:// and path",
    ),
]
AzureAccount = Annotated[
    str, Matching(r"[a-z0-9]{3,24}", "a storage account", "3 to 24 lower-case letters and digits")
]
AzureContainer = Annotated[
    str,
    Matching(
        r"\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62}", "a container", "letters, digits, single dashes"
    ),
]
Channel = Annotated[
    str,
    Matching(
        r"#?[a-z0-9_-]{1,80}|[CG][A-Z0-9]{6,}",
        "a channel",
        '"#incidents", or an id such as C0123ABCD',
    ),
]
Person = Annotated[
    str,
    Matching(
        r"[a-z0-9][a-z0-9._-]{0,79}|[UW][A-Z0-9]{2,}",
        "a person in Slack",
        "a user name such as maya (without @), or an id: U... or W...",
    ),
]
Emoji = Annotated[
    str,
    Matching(r"[a-z0-9_+'-]{1,100}", "an emoji's name", "its name without colons, such as pushpin"),
]
Whoever = Annotated[
    str,
    Matching(
        r"[a-z0-9][a-z0-9._-]{0,79}|[UW][A-Z0-9]{2,}|@[a-z0-9][a-z0-9._-]{0,79}|S[A-Z0-9]{2,}"
        r"|team:[TE][A-Z0-9]{2,}",
        "somebody in Slack",
        "a user name such as maya, an id (U..., W...), a group (@oncall, S...), team:T...,"
        " everyone, guests",
    ),
]
Team = Annotated[
    str, Matching(r"T[A-Z0-9]{2,}", "a workspace of Slack", "its id, such as T0123ABCD")
]
Command = Annotated[str, Matching(r"/[a-z0-9_-]{1,31}", "a slash command", "/incident")]
ChannelPrefix = Annotated[
    str, Matching(r"[a-z0-9][a-z0-9_-]{0,19}", "a channel prefix", "1 to 20 of a-z, 0-9, - and _")
]
HeaderName = Annotated[
    str, Matching(r"[A-Za-z0-9-]{1,100}", "a header's name", "letters, digits and -")
]
