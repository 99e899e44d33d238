"""The control strip: break the region, let the vendor admit it, heal; and the story's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from . import story_look as look
from .calls import Mode
from .edge import Edge
from .hints import Hint, Scene, hint
from .pages import fragment
from .regions import Region
from .vendor import Vendor
from .workspace.acting import snapshot
from .workspace.gestures import read_form, refuse_foreign
from .workspace.hub import Hub

BREAKS: dict[str, tuple[Mode, str]] = {
    "errors": ("errors", "errors"),
    "timeouts": ("timeouts", "time-outs"),
    "slow": ("slow", "slow"),
}
_REGION_WORDS: dict[Mode, str] = {
    "healthy": "healthy",
    "errors": "answers 503",
    "timeouts": "does not answer",
    "slow": "slow",
    "refused": "gone",
}


class Stage:
    """Everything outside the bot, and the three things a person can do to it.

    `primary` is the region that breaks. Times are monotonic seconds.
    """

    def __init__(
        self, hub: Hub, primary: Region, edge: Edge, vendor: Vendor, shop_url: str, vendor_url: str
    ) -> None:
        self.hub = hub
        self.primary = primary
        self.edge = edge
        self.vendor = vendor
        self.shop_url = shop_url
        self.vendor_url = vendor_url
        self.bot_running: Callable[[], bool] = lambda: True
        self.broken_at: float | None = None
        self.healed_at: float | None = None
        self._channels_before: set[str] = set()

    # what a person does

    async def break_region(self, mode: Mode) -> None:
        """Start a new round, or change how it fails in this one."""
        if not self.broken:
            self.broken_at, self.healed_at = time.monotonic(), None
            self._channels_before = {c["id"] for c in look.incident_channels(self._look())}
        await self.primary.proxy.set_mode(mode)

    def admit(self) -> bool:
        """The vendor reports it; False when there is nothing new to report."""
        return self.broken and self.vendor.admit()

    async def heal(self) -> None:
        """The region answers again, and the vendor closes what it had reported."""
        if self.broken:
            self.healed_at = time.monotonic()
        await self.primary.proxy.set_mode("healthy")
        self.vendor.resolve()

    # what everybody sees

    @property
    def broken(self) -> bool:
        return self.primary.proxy.mode != "healthy"

    @property
    def bot(self) -> str:
        """connected, starting or gone."""
        if self.hub.links.open:
            return "connected"
        return "starting" if self.bot_running() else "gone"

    def state(self) -> dict[str, Any]:
        """GET /demo/state, and what the strip shows."""
        since = None if self.broken_at is None else time.monotonic() - self.broken_at
        minutes, seconds = divmod(int(since or 0), 60)
        mode = self.primary.proxy.mode
        return {
            "bot": self.bot,
            "region": self.primary.name,
            "mode": mode,
            "region_words": _REGION_WORDS[mode],
            "broken": self.broken,
            "since_s": None if since is None else round(since, 1),
            "clock": f"{minutes:02d}:{seconds:02d}",
            "vendor": self.vendor.words,
            "vendor_reports": self.vendor.open_report is not None,
            "may_admit": self.broken and self.vendor.open_report is None,
            "origin": self.edge.origin,
            "shop_url": self.shop_url,
            "vendor_url": self.vendor_url,
            "hint": asdict(self.hint()),
        }

    def hint(self) -> Hint:
        """What to try next."""
        seen = self._look()
        rooms = [
            c["id"] for c in look.incident_channels(seen) if c["id"] not in self._channels_before
        ]
        scene = Scene(
            bot=self.bot,
            broken=self.broken,
            healed=self.healed_at is not None,
            admitted=self.vendor.open_report is not None,
            origin=self.edge.origin,
            slow=self.primary.proxy.mode == "slow",
        )
        return hint(scene, seen, rooms[-1] if rooms else None)

    def strip(self) -> str:
        """The strip as HTML."""
        state = self.state()
        light = {"healthy": "ok", "slow": "warn"}.get(state["mode"], "bad")
        modes = [(mode, words) for mode, (_, words) in BREAKS.items()]
        return fragment("strip.html", s=state | {"light": light, "modes": modes})

    def _look(self) -> look.Snapshot:
        return snapshot(self.hub.workspace)


def add_control(app: web.Application, stage: Stage) -> None:
    """POST /demo/break {mode}, /demo/admit, /demo/heal; GET /demo/state."""

    async def break_(request: web.Request) -> web.Response:
        refuse_foreign(request)
        asked = (await read_form(request)).get("mode", "errors")
        if asked not in BREAKS:
            raise web.HTTPBadRequest(text=f"mode {asked!r}; allowed: {', '.join(BREAKS)}")
        await stage.break_region(BREAKS[asked][0])
        return done(request)

    async def admit(request: web.Request) -> web.Response:
        refuse_foreign(request)
        if not stage.admit():
            return done(request, "There is nothing new to admit.")
        return done(request)

    async def heal(request: web.Request) -> web.Response:
        refuse_foreign(request)
        await stage.heal()
        return done(request)

    def done(request: web.Request, refusal: str = "") -> web.Response:
        """JSON for scripts, for a plain form the page it came from."""
        if "application/json" not in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(request.headers.get("Referer", "/"))
        if refusal:
            return web.json_response(
                {"ok": False, "error": refusal, "message": refusal}, status=409
            )
        return web.json_response({"ok": True} | stage.state())

    async def state(_: web.Request) -> web.Response:
        return web.json_response(stage.state(), headers={"cache-control": "no-store"})

    app.router.add_post("/demo/break", break_)
    app.router.add_post("/demo/admit", admit)
    app.router.add_post("/demo/heal", heal)
    app.router.add_get("/demo/state", state)
