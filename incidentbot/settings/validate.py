"""A pydantic model's complaints as faults with lines, in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from incidentbot.settings.document import Document, NodePath
from incidentbot.settings.faults import Fault, shown, suggest

_WANTED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_BOUNDS = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "at least {}"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "at most {}"),
    "too_short": ("min_length", "at least {}"),
    "too_long": ("max_length", "at most {}"),
    "string_too_short": ("min_length", "at least {}"),
    "string_too_long": ("max_length", "at most {}"),
}
_SECRET_WORDS = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|passphrase|credential|apikey"
    r"|(?:api|access|private|secret)_key(?:_id)?)s?(?:_|$)"
)
_SECRET_HOMES = {
    "app": "SLACK_APP_TOKEN",
    "signing": "SLACK_SIGNING_SECRET",
    "bot": "SLACK_BOT_TOKEN",
    "slack": "SLACK_BOT_TOKEN",
}


Model = TypeVar("Model", bound=BaseModel)


def validate(
    document: Document, model: type[Model], context: Mapping[str, Any] | None = None
) -> tuple[Model | None, list[Fault]]:
    """A document's data as `model`, or None and everything that keeps it from being one."""
    try:
        return model.model_validate(document.data, context=dict(context or {})), []
    except ValidationError as error:
        return None, faults_of(error, document, model)


def faults_of(
    error: ValidationError,
    document: Document,
    model: type[BaseModel],
    *,
    prefix: NodePath = (),
    also: Collection[str] = (),
) -> list[Fault]:
    """Every complaint of `error` as a fault.

    `prefix` is where in the document the model's data stands; `also` are keys allowed beside the
    model's own ones.
    """
    told = error.errors(include_url=False)
    wrong = {details["loc"][:-1] for details in told}
    return [
        _fault(details, document, model, prefix, also)
        for details in told
        # A list counts its good entries: where one is wrong, that it is too short says nothing.
        if details["type"] != "too_short" or details["loc"] not in wrong
    ]


def _fault(
    details: ErrorDetails,
    document: Document,
    model: type[BaseModel],
    prefix: NodePath,
    also: Collection[str],
) -> Fault:
    loc = tuple(part for part in details["loc"] if part != "[key]")
    if details["type"] == "extra_forbidden":
        owner = _model_at(model, loc[:-1])
        allowed = [*(also if len(loc) == 1 else ()), *(owner.model_fields if owner else ())]
        return _unknown_key(document, prefix + loc, [key for key in allowed if key != "options"])
    message, allowed_values, at = _explain(details)
    if details["type"] == "missing":
        message += _meaning(model, loc)
    path = (*prefix, *loc, at) if at else prefix + loc
    return document.fault(path, message, allowed_values, key=details["loc"][-1:] == ("[key]",))


def _unknown_key(document: Document, path: NodePath, allowed: list[str]) -> Fault:
    key = str(path[-1])
    if _SECRET_WORDS.search(re.sub(r"[^a-z0-9]", "_", key.lower())):
        message = f"secrets do not belong in this file; {secret_home(path)}"
        return document.fault(path, message, key=True)
    message = f"there is no such key{suggest(key, allowed)}"
    return document.fault(path, message, ", ".join(allowed), key=True)


def secret_home(path: NodePath) -> str:
    """Where a secret found at `path` is read from instead."""
    words = " ".join(str(part) for part in path).lower()
    if "storage" in words or "database" in words:
        return "set DATABASE_URL in the environment"
    if "origins" in words or "aws" in words:
        return "AWS credentials come from AWS's own environment variables, profile or role"
    for word, name in _SECRET_HOMES.items():
        if word in words:
            return f"set {name} in the environment, or {name}_FILE with the path of a file"
    return "they are read from the environment, or from a file that NAME_FILE names"


def _explain(details: ErrorDetails) -> tuple[str, str, str]:
    """Message, allowed values, and the field to point at inside the model (or nothing)."""
    kind, context, value = details["type"], details.get("ctx", {}), details.get("input")
    if kind == "refused":
        return str(context["message"]), str(context["allowed"]), str(context["at"])
    if kind == "missing":
        return "is missing", "", ""
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        if isinstance(value, list | str):
            one, many = (
                ("entry", "entries") if isinstance(value, list) else ("character", "characters")
            )
            count = f"{len(value)} {one if len(value) == 1 else many}"
            return f"has {count}", words.format(context[key]), ""
        return f"cannot be {shown(value)}", words.format(context[key]), ""
    if kind == "literal_error":
        return f"cannot be {shown(value)}", str(context["expected"]).replace("'", ""), ""
    if kind == "string_type":
        return _not_text(value), "", ""
    if kind in _WANTED:
        wanted = _WANTED[kind]
        if value is None:
            return f"is empty; must be {wanted}", "", ""
        return f"must be {wanted}, not {shown(value)}", "", ""
    message = str(details["msg"])
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, "), "", ""


def _meaning(model: type[BaseModel], loc: NodePath) -> str:
    """What the key at `loc` is for, as the table of all keys says it: the next step."""
    owner, key = _model_at(model, loc[:-1]), str(loc[-1])
    info = owner.model_fields.get(key) if owner else None
    words = (info.description or "").removesuffix(".") if info else ""
    plain = words[:1].lower() + words[1:] if words[1:2].islower() else words
    return f" ({plain})" if plain else ""


def _not_text(value: object) -> str:
    if value is None:
        return "is empty; must be text (a value that begins with # needs quotes around it)"
    if isinstance(value, bool | int | float):
        return f"must be text, not {shown(value)}; put quotes around it"
    return f"must be text, not {shown(value)}"


def _model_at(model: type[BaseModel], loc: NodePath) -> type[BaseModel] | None:
    """The model whose fields stand at `loc` below `model`."""
    found: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int) or found is None:
            continue
        info = found.model_fields.get(part)
        found = _model_in(info.annotation) if info else None
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if (found := _model_in(inner)) is not None:
            return found
    return None
