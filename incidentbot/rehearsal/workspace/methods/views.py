"""views.*"""

from __future__ import annotations

from typing import Any

from ..blocks import check_view
from ..errors import SlackError
from .registry import Call, Table, argument_error

TABLE = Table()


def _view(call: Call, kind: str) -> dict[str, Any]:
    if "view" not in call.args:
        raise argument_error("missing required field: view")
    given = call.nested("view", "invalid_arguments")
    check_view(given, kind)
    checked: dict[str, Any] = given
    return checked


def _user(call: Call) -> str:
    trigger = call.text("trigger_id") or call.text("interactivity_pointer")
    if not trigger:
        raise argument_error("missing required field: trigger_id")
    return call.triggers.use(call.app.app_id, trigger)


@TABLE.method("views.open", tier=4, mutates=True)
def open_(call: Call) -> dict[str, Any]:
    given = _view(call, "modal")
    return {"view": call.workspace.open_view(call.app, _user(call), given).body}


@TABLE.method("views.push", tier=4, mutates=True)
def push(call: Call) -> dict[str, Any]:
    given = _view(call, "modal")
    return {"view": call.workspace.push_view(call.app, _user(call), given).body}


@TABLE.method("views.update", tier=4, mutates=True)
def update(call: Call) -> dict[str, Any]:
    given = _view(call, "modal")
    view_id, external = call.text("view_id"), call.text("external_id")
    if not view_id and not external:
        raise argument_error("either view_id or external_id is required")
    if not view_id:
        found = call.workspace.view_by_external_id(call.app, external)
        if found is None:
            raise SlackError("not_found")
        view_id = found.id
    view = call.workspace.update_view(call.app, view_id, given, call.text("hash") or None)
    return {"view": view.body}


@TABLE.method("views.publish", tier=4, mutates=True)
def publish(call: Call) -> dict[str, Any]:
    given = _view(call, "home")
    user = call.need("user_id")
    if user not in call.workspace.users:
        raise argument_error("user not found [json-pointer:/user_id]")
    view = call.workspace.publish_home(call.app, user, given, call.text("hash") or None)
    return {"view": view.body}
