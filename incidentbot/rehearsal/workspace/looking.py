"""What a person looks at: the GET routes of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from aiohttp import web
from markupsafe import Markup

from incidentbot.rehearsal.workspace import actions
from incidentbot.rehearsal.workspace.hub import Hub
from incidentbot.rehearsal.workspace.live import Streams
from incidentbot.rehearsal.workspace.screen import (
    Screen,
    Visit,
    Wrong,
    channel_screen,
    home_screen,
    search_screen,
)
from incidentbot.rehearsal.workspace.state import Channel, SlackError, User

HERE = Path(__file__).parent
COOKIE = "as"


@dataclass(frozen=True, slots=True)
class PageExtras:
    """What a demo puts around the workspace."""

    strip: Callable[[], str] | None = None
    pane_url: str | None = None
    pane_title: str = "Beside"
    title: str = "Local workspace"


def environment() -> jinja2.Environment:
    """The templates, with every value escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy(pane_url: str | None) -> str:
    """The Content-Security-Policy: everything from here, pictures also from this machine."""
    frame = "'none'"
    if pane_url:
        parts = urlsplit(pane_url)
        frame = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: http://127.0.0.1:* http://localhost:*; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors 'self'; frame-src {frame}"
    )


class Page:
    """The GET routes."""

    def __init__(self, hub: Hub, extras: PageExtras) -> None:
        self.hub = hub
        self.workspace = hub.workspace
        self.extras = extras
        self.streams = Streams(hub.workspace)
        self.templates = environment()
        self.policy = policy(extras.pane_url)

    # who looks, and where

    def person(self, asked: str | None, request: web.Request) -> User:
        """The person a request acts as: as asked, else the cookie's, else the first."""
        people = {user.id: user for user in self.workspace.people()}
        found = people.get(asked or "") or people.get(request.cookies.get(COOKIE, ""))
        if asked and found is None:
            raise web.HTTPNotFound(text=f"no person {asked!r}; there are {', '.join(people)}")
        return found or next(iter(people.values()))

    def visit(self, request: web.Request, me: User, wrong: Wrong | None = None) -> Visit:
        """What else a request says about the person's way of looking."""
        return Visit(
            me=me,
            zone=request.cookies.get("zone"),
            page_title=self.extras.title,
            thread=request.query.get("thread", ""),
            edit=request.query.get("edit", ""),
            notice=request.query.get("notice", "")[:200],
            wrong=wrong or Wrong(),
        )

    def channel(self, channel_id: str, me: User) -> Channel:
        """A channel this person may look at, else 404."""
        try:
            return self.workspace.visible(channel_id, me.id)
        except SlackError as error:
            raise web.HTTPNotFound(text=f"{error.code}: {channel_id}") from error

    # pages

    async def show_home(self, request: web.Request) -> web.Response:
        """GET /apps/{id}: an app's own page; the script's later looks do not open it again."""
        me = self.person(request.query.get("as"), request)
        app_id = request.match_info["app"]
        if app_id not in self.workspace.apps:
            raise web.HTTPNotFound(text=f"no app {app_id}")
        if request.query.get("tab") == "messages":
            await actions.open_home(self.hub, me.id, "messages")
            bot = self.workspace.apps[app_id].bot_user_id
            direct, _ = self.workspace.open_im(me.id, bot)
            raise web.HTTPFound(f"/channels/{direct.id}?as={me.id}")
        if "X-Live" not in request.headers:
            await actions.open_home(self.hub, me.id)
        return self.page(home_screen(self.workspace, app_id, self.visit(request, me)))

    async def show_search(self, request: web.Request) -> web.Response:
        """GET /search?q=: messages with these words that the person may see."""
        me = self.person(request.query.get("as"), request)
        query = request.query.get("q", "").strip()[:200]
        return self.page(search_screen(self.workspace, query, self.visit(request, me)))

    async def root(self, request: web.Request) -> web.Response:
        """GET /: on to the first unread channel, else #incidents, else the first."""
        me = self.person(request.query.get("as"), request)
        mine = self.workspace.channels_of(me.id)
        unread = [c for c in mine if self.workspace.unread(me.id, c.id)]
        named = [c for c in mine if c.name == "incidents"]
        target = next(iter([*unread, *named, *mine]), None)
        if target is None:
            raise web.HTTPNotFound(text=f"{me.name} is in no channel")
        raise web.HTTPFound(f"/channels/{target.id}?as={me.id}")

    async def show_channel(self, request: web.Request) -> web.Response:
        """GET /channels/{id}: the whole page."""
        me = self.person(request.query.get("as"), request)
        channel = self.channel(request.match_info["channel"], me)
        # The script says whether anybody looks; a page asked for by hand is looked at.
        looking = request.headers.get("X-Live", "visible") == "visible"
        if looking and me.id in channel.members and self.workspace.unread(me.id, channel.id):
            self.workspace.mark_read(me.id, channel.id)
        return self.page(channel_screen(self.workspace, channel, self.visit(request, me)))

    async def show_messages(self, request: web.Request) -> web.Response:
        """GET /channels/{id}/messages: the list of messages alone."""
        me = self.person(request.query.get("as"), request)
        channel = self.channel(request.match_info["channel"], me)
        screen = channel_screen(self.workspace, channel, self.visit(request, me))
        html = self.templates.get_template("messages.html").render(s=screen, extras=self.extras)
        return self.html(html)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """GET /events: the live stream of one person."""
        me = self.person(request.query.get("as"), request)
        return await self.streams.serve(request, me.id)

    async def strip(self, request: web.Request) -> web.Response:
        """GET /strip: the control strip as it is now."""
        return self.html(self.extras.strip() if self.extras.strip else "")

    def page(self, screen: Screen, *, status: int = 200) -> web.Response:
        """The page for a screen; remembers whom it acted as."""
        name = "search.html" if screen.query is not None else "page.html"
        name = "home.html" if screen.home else name
        strip = Markup(self.extras.strip()) if self.extras.strip else ""  # safe by contract
        html = self.templates.get_template(name).render(s=screen, extras=self.extras, strip=strip)
        response = self.html(html, status=status)
        response.set_cookie(COOKIE, screen.me.id, samesite="Strict", httponly=True)
        return response

    def html(self, text: str, *, status: int = 200) -> web.Response:
        """HTML that loads nothing from elsewhere and is never kept."""
        headers = {
            "Content-Security-Policy": self.policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        return web.Response(text=text, content_type="text/html", headers=headers, status=status)
