"""What a person does on the page: every POST route, from form or JSON to one action."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from multidict import MultiDict

from incidentbot.rehearsal.workspace import actions, deeds, modals, suggesting
from incidentbot.rehearsal.workspace.actions import Result
from incidentbot.rehearsal.workspace.forms import form_values, raw_value
from incidentbot.rehearsal.workspace.inputs import elements_of
from incidentbot.rehearsal.workspace.looking import Page
from incidentbot.rehearsal.workspace.screen import Wrong, channel_screen
from incidentbot.rehearsal.workspace.state import Block, Message, SlackError, User, View

Form = MultiDict[str]
Gesture = Callable[["Gestures", web.Request, Form, User], Awaitable[Result]]

UPLOADS = web.RequestKey("uploads", list)  # (name of the field, of the file, content)
WORDS = {
    "dispatch_failed": "{app} is not connected. Is the bot running?",
    "operation_timeout": "{app} did not answer in time. Try again.",
    "not_in_channel": "You are not in this channel.",
    "is_archived": "This channel is archived.",
    "already_reacted": "You have reacted with this already.",
    "no_text": "Write something or add a file.",
    "message_not_found": "This message is gone.",
    "view_not_found": "This form is gone by now.",
    "no_such_element": "This button is gone by now.",
    "invalid_options": "{app} offered something that cannot be shown.",
}


async def read_form(request: web.Request) -> Form:
    """Form fields, or the members of a JSON object; a list becomes repeated fields."""
    if request.content_type != "application/json":
        posted = await request.post()
        request[UPLOADS] = [
            (field, value.filename, value.file.read())
            for field, value in posted.items()
            if isinstance(value, web.FileField) and value.filename
        ]
        return MultiDict((key, value) for key, value in posted.items() if isinstance(value, str))
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"this is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is needed")
    form: Form = MultiDict()
    for key, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                form.add(key, str(item))
    return form


def need(form: Form, *names: str) -> list[str]:
    """These fields, or 400 that names the missing ones."""
    missing = [name for name in names if name not in form]
    if missing:
        raise web.HTTPBadRequest(text=f"missing: {', '.join(missing)}")
    return [form[name] for name in names]


class Gestures:
    """The POST routes over a page and the actions of a person."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hub = page.hub
        self.workspace = page.workspace

    def route(self, gesture: Gesture) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler: read, check who sends, do, answer as JSON or by going back to the page."""

        async def handle(request: web.Request) -> web.Response:
            refuse_foreign(request)
            form = await read_form(request)
            me = self.page.person(form.get("as") or request.query.get("as"), request)
            try:
                result = await gesture(self, request, form, me)
            except SlackError as error:
                result = Result(ok=False, error=error.code)
            return self.answer(request, form, me, result)

        return handle

    def words(self, code: str) -> str:
        """An error code in words for people; an unknown one as it is."""
        app = next((app.name for app in self.workspace.apps.values()), "The app")
        return WORDS.get(code, f"Refused: {code}").format(app=app)

    def answer(self, request: web.Request, form: Form, me: User, result: Result) -> web.Response:
        """JSON for scripts; for a plain form the page it came from, with what went wrong."""
        message = "" if result.ok else self.words(result.error)
        if "application/json" in request.headers.get("Accept", ""):
            body: dict[str, Any] = {"ok": result.ok}
            if not result.ok:
                body |= {"error": result.error, "message": message}
            body |= {"errors": result.errors} if result.errors else {}
            body |= result.answer
            return web.json_response(body | ({"ts": result.ts} if result.ts else {}))
        if not result.ok and "view_id" in request.match_info:
            wrong = Wrong(result.errors, "" if result.errors else message)
            visit = self.page.visit(request, me, wrong)
            channel = self._back_channel(request, form, me)
            return self.page.page(channel_screen(self.workspace, channel, visit), status=422)
        query = {"as": me.id} | ({"thread": form["thread_ts"]} if form.get("thread_ts") else {})
        query |= {"notice": message} if message else {}
        raise web.HTTPSeeOther(f"{self._back_path(request, form)}?{urlencode(query)}")

    def _back_path(self, request: web.Request, form: Form) -> str:
        path = urlsplit(request.headers.get("Referer", "")).path
        if path.startswith(("/channels/", "/apps/")):
            return path
        return f"/channels/{form['channel']}" if form.get("channel") else "/"

    def _back_channel(self, request: web.Request, form: Form, me: User) -> Any:
        path = urlsplit(request.headers.get("Referer", "")).path
        wanted = path.removeprefix("/channels/") if path.startswith("/channels/") else ""
        mine = self.workspace.channels_of(me.id)
        named = form.get("channel") or wanted
        return next((c for c in mine if c.id == named), mine[0])

    # in a channel

    async def say(self, request: web.Request, form: Form, me: User) -> Result:
        channel, text = need(form, "channel", "text")
        text = text.replace("\r\n", "\n").strip()
        thread = form.get("thread_ts") or None
        if files := request.get(UPLOADS):
            named = [(name, content) for _, name, content in files]
            return await deeds.share(self.hub, me.id, channel, named, text, thread)
        return await actions.say(self.hub, me.id, channel, text, thread)

    async def click(self, request: web.Request, form: Form, me: User) -> Result:
        channel, ts, action_id = need(form, "channel", "ts", "action_id")
        block_id = form.get("block_id") or None
        _, message = actions.find_message(self.workspace, me.id, channel, ts)
        _, element = actions.find_element(_blocks(message), action_id, block_id)
        chosen = raw_value(element, form.getall("selected", []))
        return await actions.click(
            self.hub, me.id, channel, ts, action_id, block_id=block_id, selected=chosen
        )

    async def suggest(self, request: web.Request, form: Form, me: User) -> Result:
        """Typing into an external select of a view (`view_id`) or a message."""
        block_id, action_id = need(form, "block_id", "action_id")
        query = form.get("query", "")
        if view_id := form.get("view_id"):
            return await suggesting.suggest_view(
                self.hub, me.id, view_id, action_id, query, block_id=block_id
            )
        channel, ts = need(form, "channel", "ts")
        return await suggesting.suggest(
            self.hub, me.id, channel, ts, action_id, query, block_id=block_id
        )

    async def react(self, request: web.Request, form: Form, me: User) -> Result:
        """Add the reaction, or take one's own back."""
        channel, ts, name = need(form, "channel", "ts", "name")
        _, message = actions.find_message(self.workspace, me.id, channel, ts)
        given = message.get("reactions", [])
        mine = any(one["name"] == name and me.id in one["users"] for one in given)
        return await actions.react(self.hub, me.id, channel, ts, name, remove=mine)

    async def edit(self, request: web.Request, form: Form, me: User) -> Result:
        """Change one's own message."""
        channel, ts, text = need(form, "channel", "ts", "text")
        if not (text := text.replace("\r\n", "\n").strip()):
            raise SlackError("no_text")
        return await deeds.edit(self.hub, me.id, channel, ts, text)

    async def delete(self, request: web.Request, form: Form, me: User) -> Result:
        channel, ts = need(form, "channel", "ts")
        return await deeds.delete(self.hub, me.id, channel, ts)

    async def pin(self, request: web.Request, form: Form, me: User) -> Result:
        """Pin, or take the pin off."""
        channel, ts = need(form, "channel", "ts")
        pins = self.workspace.visible(channel, me.id).pins
        pinned = any(pin["ts"] == ts for pin in pins)
        return await actions.pin(self.hub, me.id, channel, ts, remove=pinned)

    async def read(self, request: web.Request, form: Form, me: User) -> Result:
        (channel,) = need(form, "channel")
        self.workspace.mark_read(me.id, channel, form.get("ts"))
        return Result()

    async def join(self, request: web.Request, form: Form, me: User) -> Result:
        (channel,) = need(form, "channel")
        return await actions.join(self.hub, me.id, channel)

    async def dismiss(self, request: web.Request, form: Form, me: User) -> Result:
        channel, ts = need(form, "channel", "ts")
        self.workspace.dismiss_ephemeral(me.id, channel, ts)
        return Result()

    async def shortcut(self, request: web.Request, form: Form, me: User) -> Result:
        """A message's shortcut when the form names a message, else a global one."""
        (callback_id,) = need(form, "callback_id")
        if not form.get("ts"):
            return await actions.global_shortcut(self.hub, me.id, callback_id)
        (channel,) = need(form, "channel")
        return await actions.message_shortcut(self.hub, me.id, channel, form["ts"], callback_id)

    # in a view

    def view(self, request: web.Request, me: User) -> View:
        """The person's own view of the address, else Slack's view_not_found."""
        view = self.workspace.views.get(request.match_info["view_id"])
        if view is None or view.user != me.id:
            raise SlackError("view_not_found")
        return view

    async def submit(self, request: web.Request, form: Form, me: User) -> Result:
        """Submit; errors of single inputs come back by block_id."""
        view = self.view(request, me)
        values: dict[str, dict[str, Any]] = {**form_values(view.blocks, form)}
        for field, name, content in request.get(UPLOADS, []):
            block_id, _, action_id = field.partition("/")
            given = {"name": name, "base64": base64.b64encode(content).decode()}
            fields = values.setdefault(block_id, {})
            fields[action_id] = [*(fields.get(action_id) or ()), given]
        return await modals.submit_view(self.hub, me.id, view.id, values)

    async def close(self, request: web.Request, form: Form, me: User) -> Result:
        return await modals.close_view(self.hub, me.id, self.view(request, me).id)

    async def view_click(self, request: web.Request, form: Form, me: User) -> Result:
        """An element of a view: `block_id` and `action_id`, or both as `click`."""
        view = self.view(request, me)
        wanted = form.get("click") or f"{form.get('block_id')}/{form.get('action_id')}"
        for block in view.blocks:
            for element in elements_of(block):
                if wanted == f"{block['block_id']}/{element.get('action_id')}":
                    return await self._click_element(request, form, view, block, element)
        raise SlackError("no_such_element")

    async def _click_element(
        self,
        request: web.Request,
        form: Form,
        view: View,
        block: Block,
        element: dict[str, Any],
    ) -> Result:
        block_id, action_id = block["block_id"], element["action_id"]
        given = request.query.getall("selected", []) or form.getall("selected", [])
        values = form_values(view.blocks, form)
        chosen = raw_value(element, given) or values[block_id][action_id]
        values[block_id][action_id] = chosen
        return await modals.click_view(
            self.hub,
            view.user,
            view.id,
            action_id,
            block_id=block_id,
            selected=chosen,
            values=values,
        )


def _blocks(message: Message) -> list[Block]:
    attached = (block for one in message.get("attachments", []) for block in one.get("blocks", []))
    return [*message.get("blocks", []), *attached]


def refuse_foreign(request: web.Request) -> None:
    """403 for a form sent by another site: only this page and tools without an origin may act."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="sent from another site")
