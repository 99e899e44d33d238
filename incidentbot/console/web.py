"""Routes: /healthz, the documents, and the doors for alerts, heartbeats and Slack."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

TYPES = {
    ".html": "text/html",
    ".md": "text/markdown",
    ".json": "application/json",
}
# A postmortem holds text from anywhere; the page may do nothing but show itself.
STRICT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

HEARTBEAT = "/heartbeats/{dependency}/{check}"

Health = Callable[[], Awaitable[Mapping[str, object]]]
Public = Callable[[str], Awaitable[bool]]
Door = Callable[[web.Request], Awaitable[web.Response]]


async def everything(_incident: str) -> bool:
    return True


def make_app(
    documents: Path,
    health: Health,
    doors: Mapping[str, Door],
    heartbeats: Door | None = None,
    public: Public = everything,
) -> web.Application:
    """`health` says what is well; its "ok" decides between 200 and 503.

    `doors` are for what others send us, each by the path it stands at: "/hooks/{hook}" by POST,
    "GET /slack/events" by another method. `public`: whether the documents of an incident may be
    shown to whoever asks.
    """

    async def healthz(_request: web.Request) -> web.Response:
        said = dict(await health())
        return web.json_response(said, status=200 if said.get("ok") else 503)

    async def document(request: web.Request) -> web.StreamResponse:
        incident, file = request.match_info["incident"], request.match_info["file"]
        if not await public(incident):  # in the words for one that is not there
            raise web.HTTPNotFound(text=_none(incident, file))
        return _document(documents, incident, file)

    app = web.Application(client_max_size=1024**2)
    app.router.add_get("/healthz", healthz)
    app.router.add_get(r"/documents/{incident:INC-\d+}/{file:[a-z0-9.-]+}", document)
    for where, door in doors.items():
        method, _, path = where.rpartition(" ")
        app.router.add_route(method or "POST", path, door)
    if heartbeats is not None:
        app.router.add_post(HEARTBEAT, heartbeats)
        # curl without options, and cron
        app.router.add_get(HEARTBEAT, heartbeats, allow_head=False)
    return app


def _document(folder: Path, incident: str, file: str) -> web.StreamResponse:
    path = folder / incident / file
    kind = TYPES.get(path.suffix)
    if kind is None or not path.is_file():
        raise web.HTTPNotFound(text=_none(incident, file))
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=STRICT)


def _none(incident: str, file: str) -> str:
    return f"There is no document {file} of {incident}."
