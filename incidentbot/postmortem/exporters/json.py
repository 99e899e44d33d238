"""The draft as JSON: everything, with a version, and read back without loss."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from incidentbot.errors import Permanent
from incidentbot.postmortem.model import Draft

SUFFIX = "json"


@dataclass(frozen=True, slots=True)
class Envelope:
    """`version` is raised when a reader of the older one could no longer understand it."""

    draft: Draft
    format: Literal["incidentbot-postmortem"] = "incidentbot-postmortem"
    version: Literal[1] = 1


_ENVELOPE = TypeAdapter(Envelope)


def export(draft: Draft) -> bytes:
    """Readable UTF-8 JSON; times are ISO 8601 in UTC."""
    values = _ENVELOPE.dump_python(Envelope(draft), mode="json")
    order = {key: values[key] for key in ("format", "version", "draft")}
    return (json.dumps(order, ensure_ascii=False, indent=1) + "\n").encode()


def read(content: bytes) -> Draft:
    """What `export` wrote. Permanent, naming the place, when it is something else."""
    try:
        return _ENVELOPE.validate_json(content).draft
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the beginning"
        raise Permanent(f"This is no postmortem of version 1: {place}: {first['msg']}") from error


def schema() -> dict[str, Any]:
    """The JSON Schema of version 1."""
    return _ENVELOPE.json_schema()
