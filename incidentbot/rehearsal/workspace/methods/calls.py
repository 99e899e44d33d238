"""calls.*"""

from __future__ import annotations

from typing import Any

from .registry import Call, Table, argument_error

TABLE = Table()
WRITE, READ = ("calls:write",), ("calls:read",)
TEXTS = ("external_display_id", "desktop_app_join_url", "title")


def _users(call: Call) -> list[dict[str, Any]]:
    found = call.nested("users")
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(u, dict) for u in found):
        raise argument_error("must be an array of users [json-pointer:/users]")
    return found


@TABLE.method("calls.add", tier=3, scopes=WRITE, mutates=True)
def add(call: Call) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "external_unique_id": call.need("external_unique_id"),
        "join_url": call.need("join_url"),
        "users": _users(call),
        **{name: call.text(name) for name in TEXTS if call.text(name)},
    }
    if call.text("date_start"):
        fields["date_start"] = call.number("date_start", 0)
    made = call.workspace.add_call(call.bot, fields)
    return {"call": made | {"channels": []}}


@TABLE.method("calls.update", tier=3, scopes=WRITE, mutates=True)
def update(call: Call) -> dict[str, Any]:
    found = call.workspace.call(call.need("id"))
    for name in ("join_url", "desktop_app_join_url", "title"):
        if call.text(name):
            found[name] = call.text(name)
    return {"call": found}


@TABLE.method("calls.end", tier=3, scopes=WRITE, mutates=True)
def end(call: Call) -> dict[str, Any]:
    found = call.workspace.call(call.need("id"))
    found["date_end"] = int(call.workspace.now())
    return {}


@TABLE.method("calls.info", tier=3, scopes=READ)
def info(call: Call) -> dict[str, Any]:
    return {"call": call.workspace.call(call.need("id"))}


@TABLE.method("calls.participants.add", tier=3, scopes=WRITE, mutates=True)
def participants_add(call: Call) -> dict[str, Any]:
    found = call.workspace.call(call.need("id"))
    found["users"] += [u for u in _users(call) if u not in found["users"]]
    return {}


@TABLE.method("calls.participants.remove", tier=3, scopes=WRITE, mutates=True)
def participants_remove(call: Call) -> dict[str, Any]:
    found, gone = call.workspace.call(call.need("id")), _users(call)
    found["users"] = [u for u in found["users"] if u not in gone]
    return {}
