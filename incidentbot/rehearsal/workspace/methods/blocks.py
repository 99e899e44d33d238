"""blocks.validate: what is wrong with blocks, without posting them."""

from __future__ import annotations

import re
from typing import Any

from ..blocks import check_blocks
from ..errors import SlackError
from .registry import Call, Table

TABLE = Table()


@TABLE.method("blocks.validate", tier=4, token="any")
def validate(call: Call) -> dict[str, Any]:
    try:
        check_blocks(call.nested("blocks", "invalid_blocks_format"))
    except SlackError as error:
        if error.code != "invalid_blocks":
            raise
        return {"ok": False, "error": error.code, "errors": [_error(e) for e in _found(error)]}
    return {"errors": []}


def _found(error: SlackError) -> list[str]:
    return [str(line) for line in error.extra["errors"]]


def _error(line: str) -> dict[str, str]:
    message, pointer = line.removesuffix("]").split(" [json-pointer:")
    return {"pointer": pointer, "code": re.sub(r"\W+", "_", message.lower()), "message": message}
