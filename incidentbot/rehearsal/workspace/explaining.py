"""What can be ordered under /control/, told by the code itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from . import mishaps
from .acting import DEEDS, IN_MODAL
from .gate import AFTER, BEFORE, DOWN, EITHER, WITH_CODE, Fault


def explained(routes: Iterable[web.RouteDef]) -> dict[str, Any]:
    """Orders by "METHOD /path", deeds with their arguments, modes of faults and mishaps."""
    return {
        "orders": {f"{one.method} {one.path}": _about(one.handler) for one in routes},
        "deeds": {
            "about": "POST /control/act {do, user, ...}; user, who and channel by name or id, a "
            "direct message as channel @name; view_id is the open form's when left out",
            **{name: _deed(name, run) for name, run in DEEDS.items()},
        },
        "faults": {
            "about": inspect.getdoc(Fault) or "",
            "instead of the work": list(BEFORE),
            "after the work": [*AFTER, f"{WITH_CODE[1]}<code>"],
            "either (with commit: true after it)": list(EITHER),
            "with any code": f"{WITH_CODE[0]}<code>",
            "outages (POST /control/down)": list(DOWN),
        },
        "mishaps": {
            "about": inspect.getdoc(mishaps.Mishap) or "",
            "modes": list(mishaps.MODES),
        },
    }


def _about(handler: Any) -> str:
    return inspect.getdoc(handler) or ""


def _deed(name: str, run: Callable[..., Any]) -> dict[str, Any]:
    arguments = {}
    for one in list(inspect.signature(run).parameters.values())[1:]:
        given = one.default
        arguments[one.name] = "required" if given is inspect.Parameter.empty else given
    if name in IN_MODAL:
        arguments["view_id"] = "the form that is open"
    return {"about": _about(run), "arguments": arguments}
