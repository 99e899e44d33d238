"""What a person can do in a modal or Home tab."""

from __future__ import annotations

from typing import Any

from . import payloads
from .actions import Result, action_of, find_element, outcome
from .blocks import check_view
from .errors import SlackError
from .handed_in import handed_in
from .hub import Hub
from .inputs import complaints, states
from .state import App, View

TROUBLE = "We had some trouble connecting. Try again?"


def _view(hub: Hub, user: str, view_id: str) -> tuple[View, App]:
    view = hub.workspace.views.get(view_id)
    if view is None or view.user != user:
        raise SlackError("view_not_found")
    return view, hub.workspace.apps[view.app_id]


@outcome
async def click_view(
    hub: Hub,
    user: str,
    view_id: str,
    action_id: str,
    *,
    block_id: str | None = None,
    selected: Any = None,
    values: dict[str, Any] | None = None,
) -> Result:
    """Press a button or pick in a menu of a modal or Home tab."""
    view, app = _view(hub, user, view_id)
    blocks = hub.offers.fill(user, view_id, view.blocks)
    found_block, element = find_element(blocks, action_id, block_id)
    typed = handed_in(hub.workspace, user, blocks, values or {})
    if element["type"] != "button":
        typed[action_id] = selected
    state = states(blocks, typed)
    hub.workspace.set_values(view_id, state)
    action = action_of(hub, found_block, element, selected)
    payload = payloads.view_click(hub, app, user, view, action, state)
    await hub.ask("interactive", payload, app.app_id, accepts=False)
    return Result()


@outcome
async def submit_view(
    hub: Hub, user: str, view_id: str, values: dict[str, Any] | None = None
) -> Result:
    """Press Submit. The app's answer closes, changes or clears the modal, or marks fields."""
    view, app = _view(hub, user, view_id)
    if hub.workspace.modal_of(user) is not view or view.body["submit"] is None:
        raise SlackError("view_not_submittable")
    blocks = hub.offers.fill(user, view_id, view.blocks)
    state = states(blocks, handed_in(hub.workspace, user, blocks, values or {}))
    if missing := complaints(blocks, state):
        return Result(ok=False, error="incomplete", errors=missing)
    hub.workspace.set_values(view_id, state)
    payload = payloads.view_submission(hub, app, user, view)
    answer = await hub.ask("interactive", payload, app.app_id, accepts=True)
    return _obey(hub, app, user, view, answer)


def _obey(hub: Hub, app: App, user: str, view: View, answer: dict[str, Any]) -> Result:
    ws = hub.workspace
    action = answer.get("response_action")
    if action == "errors":
        known = {b["block_id"] for b in view.blocks if b["type"] == "input"}
        errors = {str(k): str(v) for k, v in (answer.get("errors") or {}).items()}
        if not errors or not errors.keys() <= known:
            return Result(ok=False, error="invalid_response_action")
        return Result(ok=False, error="rejected", errors=errors)
    if action in ("update", "push"):
        check_view(answer.get("view"), "modal")
        if action == "push":
            ws.push_view(app, user, answer["view"])
        else:
            ws.update_view(app, view.id, answer["view"])
    elif action == "clear":
        ws.drop_stack(user)
    elif action is None:
        # The app may have replaced the stack by another views.open while it was asked.
        if ws.modal_of(user) is view:
            ws.close_view(user)
    else:
        return Result(ok=False, error="invalid_response_action")
    return Result()


@outcome
async def close_view(hub: Hub, user: str, view_id: str, *, everything: bool = False) -> Result:
    """Close the modal on top, or with `everything` the whole stack (the X in the corner)."""
    ws = hub.workspace
    view, _ = _view(hub, user, view_id)
    if ws.modal_of(user) is not view:
        raise SlackError("view_not_found")
    cleared = everything or bool(view.body["clear_on_close"])
    closed = ws.drop_stack(user) if cleared else [ws.close_view(user)]
    for gone in closed:
        if gone is not None and gone.body["notify_on_close"]:
            app = ws.apps[gone.app_id]
            payload = payloads.view_closed(hub, app, user, gone, is_cleared=cleared)
            hub.post("interactive", payload, app.app_id)
    return Result()
