"""Secrets by name: the file says which environment variable holds one, never what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from incidentbot.settings.values import refuse

PATTERN = r"[A-Z][A-Z0-9_]{2,79}"
ALLOWED = "the name of an environment variable such as ALERTS_SECRET, not the secret itself"

# Finds the secret of a variable: the secret, or why there is none.
Find = Callable[[str], tuple[SecretStr | None, str]]


@dataclass(frozen=True, slots=True)
class Secret:
    """`name` of the variable and its value; empty when secrets were not asked for."""

    name: str
    value: SecretStr = field(default=SecretStr(""), repr=False)

    def reveal(self) -> str:
        return self.value.get_secret_value()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _secret, serialization=core_schema.plain_serializer_function_ser_schema(_name)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{PATTERN}$"}


def _name(secret: Secret) -> str:
    return secret.name


def _secret(value: object, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not re.fullmatch(PATTERN, value):
        refuse("does not name an environment variable", ALLOWED)
    find = info.context.get("secrets") if isinstance(info.context, dict) else None
    if find is None:
        return Secret(value)
    found, why = find(value)
    if found is None:
        refuse(f"{value} {why}", f"{value}, or {value}_FILE with the path of a file")
    return Secret(value, found)
