"""Modals and Home tabs: a stack of at most three per person, hashes, external ids."""

from __future__ import annotations

import copy
import json
import secrets
from typing import Any

from ..errors import SlackError
from .core import Core, new_id
from .fill import fill
from .model import App, View

STACK_LIMIT = 3
VIEW_BYTES = 250_000


class Views(Core):
    def _new_view(self, app: App, user: str, given: dict[str, Any]) -> View:
        view = View(new_id("V"), given["type"], user, app.app_id, {})
        self._fill_view(app, view, given)
        self.views[view.id] = view
        return view

    def _fill_view(self, app: App, view: View, given: dict[str, Any]) -> None:
        user = view.user
        if len(json.dumps(given)) > VIEW_BYTES:
            raise SlackError("view_too_large")
        external = str(given.get("external_id") or "")
        if external and any(
            v.body.get("external_id") == external
            for v in self.views.values()
            if v.id != view.id and v.app_id == app.app_id
        ):
            raise SlackError("duplicate_external_id")
        body = {
            "id": view.id,
            "team_id": next(iter(self.home_teams(user)), self.team.id),
            "type": given["type"],
            "title": _plain(given.get("title")),
            "submit": _plain(given.get("submit")),
            "close": _plain(given.get("close")),
            "blocks": fill(given["blocks"]),
            "private_metadata": given.get("private_metadata") or "",
            "callback_id": given.get("callback_id") or "",
            "external_id": external,
            "state": view.body.get("state", {"values": {}}),
            "hash": f"{int(self.now())}.{secrets.token_hex(4)}",
            "clear_on_close": bool(given.get("clear_on_close", False)),
            "notify_on_close": bool(given.get("notify_on_close", False)),
            "submit_disabled": bool(given.get("submit_disabled", False)),
            "root_view_id": view.body.get("root_view_id", view.id),
            "previous_view_id": view.body.get("previous_view_id"),
            "app_id": app.app_id,
            "app_installed_team_id": self._installed_in(app),
            "bot_id": app.bot_id,
        }
        view.body = body

    def _installed_in(self, app: App) -> str:
        """A workspace's id, or the organisation's when it is installed for all of it."""
        if app.is_org_install and self.enterprise is not None:
            return self.enterprise.id
        return next(iter(app.team_ids), self.team.id)

    def modal_of(self, user: str) -> View | None:
        """The modal on top of the person's screen."""
        stack = self.modals.get(user)
        return self.views[stack[-1]] if stack else None

    def open_view(self, app: App, user: str, given: dict[str, Any]) -> View:
        """Open a modal as a new stack; an open one of the person is replaced."""
        view = self._new_view(app, user, given)
        self.drop_stack(user)
        self.modals[user] = [view.id]
        self.emit("view_opened", user=user, view_id=view.id)
        return view

    def push_view(self, app: App, user: str, given: dict[str, Any]) -> View:
        """Put a modal on top of the stack; push_limit_reached above three."""
        stack = self.modals.get(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        root, previous = stack[0], stack[-1]
        view = self._new_view(app, user, given)
        view.body |= {"root_view_id": root, "previous_view_id": previous}
        stack.append(view.id)
        self.emit("view_opened", user=user, view_id=view.id)
        return view

    def update_view(
        self, app: App, view_id: str, given: dict[str, Any], expected_hash: str | None = None
    ) -> View:
        """Replace a modal's content. Raises not_found, hash_conflict."""
        view = self.views.get(view_id)
        if view is None or view.app_id != app.app_id or view.type != given["type"]:
            raise SlackError("not_found")
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        self._fill_view(app, view, given)
        view.body["state"] = {"values": _kept(view)}
        self.emit("view_updated", user=view.user, view_id=view.id)
        return view

    def view_by_external_id(self, app: App, external_id: str) -> View | None:
        mine = (v for v in self.views.values() if v.app_id == app.app_id)
        return next((v for v in mine if v.body["external_id"] == external_id), None)

    def publish_home(
        self, app: App, user: str, given: dict[str, Any], expected_hash: str | None = None
    ) -> View:
        """Show a Home tab to one person."""
        self.user(user)
        view = self.homes.get((user, app.app_id))
        if view is None:
            view = self._new_view(app, user, given)
            self.homes[user, app.app_id] = view
        else:
            if expected_hash and expected_hash != view.hash:
                raise SlackError("hash_conflict")
            self._fill_view(app, view, given)
        self.emit("home_published", user=user, view_id=view.id)
        return view

    def set_values(self, view_id: str, values: dict[str, Any]) -> None:
        """Remember what a person has typed or picked: {block_id: {action_id: value}}."""
        body = self.views[view_id].body
        merged = copy.deepcopy(body["state"]["values"])
        for block_id, actions in values.items():
            merged.setdefault(block_id, {}).update(actions)
        body["state"] = {"values": merged}

    def close_view(self, user: str) -> View | None:
        """Take the top modal away; the one beneath shows again. Returns the closed one."""
        stack = self.modals.get(user)
        if not stack:
            return None
        view = self.views.pop(stack.pop())
        if not stack:
            del self.modals[user]
        self.emit("view_closed", user=user, view_id=view.id)
        return view

    def drop_stack(self, user: str) -> list[View]:
        """Close everything the person has open, top first."""
        closed = []
        while (view := self.close_view(user)) is not None:
            closed.append(view)
        return closed


def _plain(text: Any) -> dict[str, Any] | None:
    return {"emoji": True, **text} if text else None


def _kept(view: View) -> dict[str, Any]:
    """Typed values survive an update where block_id and action_id are still there."""
    there = {
        (block["block_id"], element.get("action_id"))
        for block in view.blocks
        for element in _elements(block)
    }
    return {
        block_id: kept
        for block_id, actions in view.body["state"]["values"].items()
        if (kept := {a: v for a, v in actions.items() if (block_id, a) in there})
    }


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    found = [block[key] for key in ("element", "accessory") if isinstance(block.get(key), dict)]
    if block["type"] == "actions":
        found += block["elements"]
    return found
