"""/oauth/v2/authorize: a person is asked whether an app may be installed, and with what rights.

The page shows mistakes of the app's address in words, as Slack does: nobody is sent anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from multidict import MultiMapping

from .gestures import refuse_foreign
from .looking import COOKIE, environment
from .parts import face
from .state import App, Team, User, Workspace
from .state.preferences import ANYBODY

WHOLE = "org"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app asks for."""

    app: App
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str


class OAuth:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.templates = environment()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth/v2/authorize", self.ask),
            web.post("/oauth/v2/authorize", self.decide),
        ]

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """GET: who is asking for what, and where."""
        wish = self.wish(request.query)
        if isinstance(wish, str):
            return self._page(request, wrong=wish, status=400)
        return self._page(request, wish)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """POST: back to the app, with a code or with access_denied."""
        refuse_foreign(request)
        form = await request.post()
        wish = self.wish(request.query)
        if isinstance(wish, str):
            return self._page(request, wrong=wish, status=400)
        me = self._person(request, str(form.get("as") or ""))
        team = str(form.get("team") or self.workspace.team.id)
        known = [key for key, _ in self._places(wish.app, me)]
        back = {"state": wish.state}
        if form.get("decide") != "allow" or team not in known or not self._may_install(me):
            back = {"error": "access_denied", **back}
        else:
            chosen = "" if team == WHOLE else team
            scopes = frozenset(wish.scopes)
            code = self.workspace.allow(wish.app, me.id, scopes, wish.redirect_uri, chosen)
            back = {"code": code, **back}
        mark = "&" if urlsplit(wish.redirect_uri).query else "?"
        raise web.HTTPFound(f"{wish.redirect_uri}{mark}{urlencode(back)}")

    def wish(self, query: MultiMapping[str]) -> Wish | str:
        """The request read and checked, or what is wrong with it."""
        apps = self.workspace.apps.values()
        app = next((a for a in apps if a.client_id == query.get("client_id")), None)
        if app is None:
            return "invalid_client_id: no app has this client_id"
        scopes = tuple(s for s in query.get("scope", "").replace(",", " ").split() if s)
        if not scopes:
            return "invalid_scope: no scopes were asked for"
        uri = query.get("redirect_uri") or next(iter(app.redirect_urls), "")
        if not uri or not any(uri.startswith(known) for known in app.redirect_urls):
            known_ones = ", ".join(app.redirect_urls) or "none"
            return f"bad_redirect_uri: {uri or 'none'} is not one of the app's ({known_ones})"
        return Wish(app, scopes, uri, query.get("state", ""))

    def _person(self, request: web.Request, asked: str) -> User:
        people = {user.id: user for user in self.workspace.people()}
        found = people.get(asked) or people.get(request.cookies.get(COOKIE, ""))
        return found or next(iter(people.values()))

    def _may_install(self, me: User) -> bool:
        allowed = me.is_admin or self.workspace.preferences.install_apps == ANYBODY
        return allowed and not self.workspace.is_external(me.id) and not me.is_guest

    def _places(self, app: App, me: User) -> list[tuple[str, str]]:
        mine = [self.workspace.teams.get(t) for t in self.workspace.home_teams(me.id)]
        found = [(team.id, team.name) for team in mine if isinstance(team, Team)]
        enterprise = self.workspace.enterprise
        if enterprise is not None and app.org_deploy and me.is_admin:
            found.append((WHOLE, f"{enterprise.name} (the whole organisation)"))
        return found

    def _page(
        self,
        request: web.Request,
        wish: Wish | None = None,
        *,
        wrong: str = "",
        status: int = 200,
    ) -> web.Response:
        me = self._person(request, request.query.get("as", ""))
        html = self.templates.get_template("oauth.html").render(
            wish=wish,
            wrong=wrong,
            me=me,
            address=request.path_qs,
            people=[face(self.workspace, user.id) for user in self.workspace.people()],
            places=self._places(wish.app, me) if wish else [],
            asked=request.query.get("team", ""),
            may_install=self._may_install(me),
        )
        # The browser counts the way back to the app as part of the form, so it must be allowed.
        back = urlsplit(wish.redirect_uri) if wish else None
        target = f" {back.scheme}://{back.netloc}" if back else ""
        policy = f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{target}"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers, status=status)
