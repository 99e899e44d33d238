"""/api/{method}: read what clients send in any of their encodings, answer as Slack answers."""

from __future__ import annotations

import base64
import contextlib
import json
import uuid
from typing import Any

from aiohttp import web

from .errors import SlackError
from .gate import Answer
from .hub import Hub
from .methods import METHODS
from .methods.registry import Call, Method, fitting_scopes
from .state import App

TEAM_METHODS = frozenset(
    {
        "bots.info",
        "chat.scheduledMessages.list",
        "conversations.create",
        "conversations.list",
        "usergroups.create",
        "usergroups.disable",
        "usergroups.enable",
        "usergroups.list",
        "usergroups.update",
        "usergroups.users.list",
        "usergroups.users.update",
        "users.conversations",
        "users.list",
    }
)
READING = ("conversations.history", "conversations.replies")
NESTED = ("attachments", "blocks", "files", "metadata", "unfurls", "view")


async def read_args(request: web.Request) -> dict[str, Any]:
    """Query, form, multipart or JSON as one dict; JSON in the nested fields of a form is read.

    Raises SlackError invalid_json, json_not_object or invalid_post_type.
    """
    args: dict[str, Any] = dict(request.query)
    if request.method == "POST":
        if request.content_type == "application/json":
            args |= _json_object(await request.text())
        elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
            form = await request.post()
            args |= {k: v for k, v in form.items() if isinstance(v, str)}
        elif request.can_read_body and await request.read():
            raise SlackError("invalid_post_type")
    for name in NESTED:
        if isinstance(args.get(name), str):
            try:
                args[name] = json.loads(args[name])
            except json.JSONDecodeError:
                continue  # the method itself says which error that is
    return args


def _json_object(body: str) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except json.JSONDecodeError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


def _token(request: web.Request, args: dict[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        with contextlib.suppress(ValueError):
            pair = base64.b64decode(header.removeprefix("Basic ")).decode()
            args["client_id"], _, args["client_secret"] = pair.partition(":")
    field = str(args.pop("token", "") or "")
    return header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else field


class WebApi:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        name = request.match_info["method"]
        broken: SlackError | None = None
        try:
            args = await read_args(request)
        except SlackError as error:
            args, broken = {}, error
        token = _token(request, args)
        method = METHODS.get(name)
        kind, app = self.hub.workspace.who(token)

        def apply() -> Answer:
            headers = {"x-slack-req-id": uuid.uuid4().hex}
            if app is not None and kind == "bot":
                headers["x-oauth-scopes"] = ",".join(sorted(app.scopes))
            if method is not None:
                headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            try:
                if broken is not None:
                    raise broken
                if method is None:
                    raise SlackError("unknown_method", req_method=name)
                return Answer(self._run(method, kind, app, args), headers=headers)
            except SlackError as error:
                return _refusal(error, headers)

        mutates = method is not None and method.mutates
        return await self.hub.gate.through(request, name, args, apply, token=kind, mutates=mutates)

    def _run(
        self, method: Method, kind: str, app: App | None, args: dict[str, Any]
    ) -> dict[str, Any]:
        if method.token == "any":
            app = app or self.hub.workspace.app
        elif method.token == "client":
            app = self._client(args)
        elif kind == "none":
            raise SlackError("not_authed")
        elif app is None:
            raise SlackError("invalid_auth")
        elif kind == "expired":
            raise SlackError("token_expired")
        elif kind != method.token:
            raise SlackError("not_allowed_token_type")
        elif app.is_revoked and kind == "bot":
            raise SlackError("token_revoked")
        else:
            self._check_scope(method, app, args)
            self._check_team(method, app, args)
            self._check_plan(method)
        target = str(args.get("channel") or "") or None
        # Since May 2025 apps that are sold outside the Marketplace may hardly read history.
        tier = 1 if app.unlisted and method.name in READING else method.tier
        self.hub.limiter.check(app.app_id, method.name, tier, target)
        hub = self.hub
        call = Call(hub.workspace, hub.triggers, hub.links, app, args)
        body = {"ok": True, **method.handler(call)}
        if call.warnings:
            metadata = dict(body.get("response_metadata", {}), warnings=call.warnings)
            body |= {"warning": ",".join(call.warnings), "response_metadata": metadata}
        return body

    def _client(self, args: dict[str, Any]) -> App:
        """The app by its id and secret, as oauth.v2.access wants them."""
        wanted = str(args.get("client_id") or "")
        apps = self.hub.workspace.apps.values()
        app = next((a for a in apps if wanted and a.client_id == wanted), None)
        if app is None:
            raise SlackError("invalid_client_id")
        if args.get("client_secret") != app.client_secret:
            raise SlackError("bad_client_secret")
        return app

    def _check_team(self, method: Method, app: App, args: dict[str, Any]) -> None:
        """A token of a whole organisation must say which workspace it means."""
        if not app.is_org_install or method.name not in TEAM_METHODS:
            return
        team = str(args.get("team_id") or "")
        if not team:
            raise SlackError("missing_argument")
        if team not in self.hub.workspace.teams:
            raise SlackError("team_not_found")
        if team not in app.team_ids:
            raise SlackError("team_access_not_granted")

    def _check_plan(self, method: Method) -> None:
        allowed = self.hub.workspace.preferences
        if method.name.startswith("usergroups.") and not allowed.user_groups:
            code = "plan_upgrade_required" if "users" in method.name[11:] else "paid_teams_only"
            raise SlackError(code)
        if method.name == "conversations.inviteShared" and not allowed.connect:
            raise SlackError("not_paid")

    def _check_scope(self, method: Method, app: App, args: dict[str, Any]) -> None:
        if not method.scopes or method.token == "app":
            return
        target = str(args.get("channel") or args.get("channel_id") or "")
        channel = self.hub.workspace.channels.get(target)
        if channel is not None and channel.is_private and app.bot_user_id not in channel.members:
            channel = None  # its kind is not ours to tell
        wanted = fitting_scopes(method, channel)
        if not app.scopes & set(wanted):
            provided = ",".join(sorted(app.scopes))
            raise SlackError("missing_scope", needed=wanted[0], provided=provided)


def _refusal(error: SlackError, headers: dict[str, str]) -> Answer:
    if error.code == "ratelimited":
        wait = str(error.extra["retry_after"])
        return Answer({"ok": False, "error": "ratelimited"}, 429, {**headers, "Retry-After": wait})
    return Answer(error.body(), headers=headers)
