"""The page of the local workspace: what a person sees and where forms are sent.

`add_routes(app, workspace)` serves it. Everything works as plain pages and forms; the one script
makes it live. A page acts as the person named by `?as=` (or, without it, by the cookie).

A strip of controls can stand above every page: `PageExtras.strip` returns its safe HTML, which is
shown in an element of class "strip" and fetched again every second from GET /strip (so a clock
ticks), keeping focus. Its forms are sent without leaving the page. The style sheet knows, inside
.strip: `form` and `.group` (a row of things), `button` with `.primary`, `.danger`,
`aria-pressed="true"` (switched on) and `disabled`; `.clock` (figures of equal width);
`.light` with `.ok`, `.bad` or `.warn` (a lamp before its words); `.label` (quiet words);
`.spacer` (pushes what follows to the right). Give what comes and goes an id.

`PageExtras.pane_url` opens another page in a pane at the right that can be resized and hidden.
"""

from __future__ import annotations

from aiohttp import web

from incidentbot.rehearsal.workspace.gestures import Gesture, Gestures
from incidentbot.rehearsal.workspace.hub import HUB
from incidentbot.rehearsal.workspace.looking import HERE, Page, PageExtras
from incidentbot.rehearsal.workspace.state import Workspace

__all__ = ["PageExtras", "add_routes"]

POSTS: dict[str, Gesture] = {
    "/say": Gestures.say,
    "/click": Gestures.click,
    "/suggest": Gestures.suggest,
    "/react": Gestures.react,
    "/pin": Gestures.pin,
    "/edit": Gestures.edit,
    "/delete": Gestures.delete,
    "/read": Gestures.read,
    "/join": Gestures.join,
    "/dismiss": Gestures.dismiss,
    "/shortcut": Gestures.shortcut,
    "/views/{view_id}/submit": Gestures.submit,
    "/views/{view_id}/close": Gestures.close,
    "/views/{view_id}/click": Gestures.view_click,
}


def add_routes(
    app: web.Application, workspace: Workspace, *, extras: PageExtras | None = None
) -> None:
    """Serve the page of a workspace from the root of its application (with its hub at HUB)."""
    if app[HUB].workspace is not workspace:
        raise ValueError("this application serves another workspace")
    page = Page(app[HUB], extras or PageExtras())
    gestures = Gestures(page)
    app.router.add_get("/", page.root)
    app.router.add_get("/channels/{channel}", page.show_channel)
    app.router.add_get("/channels/{channel}/messages", page.show_messages)
    app.router.add_get("/apps/{app}", page.show_home)
    app.router.add_get("/search", page.show_search)
    app.router.add_get("/events", page.events)
    app.router.add_get("/strip", page.strip)
    app.router.add_static("/static/", HERE / "static")
    for path, gesture in POSTS.items():
        app.router.add_post(path, gestures.route(gesture))
    app.on_shutdown.append(page.streams.close)
