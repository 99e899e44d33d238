"""Installing an app and its tokens: codes of OAuth v2, rotation, what each token may do."""

from __future__ import annotations

import secrets

from ..errors import SlackError
from .core import Core
from .model import App, Code, Team, Token

CODE_SECONDS = 600
TOKEN_SECONDS = 43_200
ACTIVE = 2


class Tokens(Core):
    def allow(
        self, app: App, user: str, scopes: frozenset[str], redirect_uri: str, team: str
    ) -> str:
        """A person has pressed Allow: the code for oauth.v2.access."""
        code = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(32)}"
        self.codes[code] = Code(app.app_id, user, scopes, redirect_uri, team, self.now())
        return code

    def redeem(self, app: App, code: str, redirect_uri: str) -> Code:
        """Install with a code. Raises invalid_code, bad_redirect_uri."""
        found = self.codes.get(code)
        if found is None or found.app_id != app.app_id:
            raise SlackError("invalid_code")
        if redirect_uri and redirect_uri != found.redirect_uri:
            raise SlackError("bad_redirect_uri")
        del self.codes[code]
        if self.now() - found.made > CODE_SECONDS:
            raise SlackError("invalid_code")
        if app.is_revoked:
            app.bot_token = f"{app.bot_token.rpartition('-')[0]}-{secrets.token_hex(12)}"
            app.is_revoked = False
        app.scopes, app.is_org_install = found.scopes, not found.team
        app.team_ids = tuple(self.teams) if not found.team else (found.team,)
        if app.rotates:
            self.new_token(app)
        return found

    def new_token(self, app: App) -> Token:
        """A fresh pair of access and refresh token; at most two access tokens stay good."""
        body = secrets.token_urlsafe(48)
        token = Token(f"xoxe.xoxb-1-{body}", f"xoxe-1-{body[::-1]}", self.now() + TOKEN_SECONDS)
        app.tokens[:] = [*app.tokens, token][-ACTIVE:]
        return token

    def refresh(self, app: App, refresh_token: str) -> Token:
        """Use a refresh token, once. Raises invalid_refresh_token."""
        if not app.rotates or refresh_token not in [t.refresh for t in app.tokens if not t.used]:
            raise SlackError("invalid_refresh_token")
        for token in app.tokens:
            token.used |= token.refresh == refresh_token
        return self.new_token(app)

    def exchange(self, app: App) -> Token:
        """Make the token that never expires into one that does; there is no way back."""
        app.rotates = True
        return self.new_token(app)

    def current_token(self, app: App) -> str:
        """What a bot should use now."""
        return app.tokens[-1].access if app.tokens else app.bot_token

    def who(self, token: str) -> tuple[str, App | None]:
        """The kind of a token (none, bot, app, expired or invalid) and whose it is."""
        if not token:
            return "none", None
        for app in self.apps.values():
            if token == app.app_token:
                return "app", app
            if token == app.bot_token and not app.tokens:
                return "bot", app
            for known in app.tokens:
                if token == known.access:
                    return ("bot" if self.now() < known.expires else "expired"), app
        return "invalid", None

    # an organisation with several workspaces

    def team_named(self, name: str) -> Team:
        """By id or domain; team_not_found."""
        found = (t for t in self.teams.values() if name in (t.id, t.domain))
        if (team := next(found, None)) is None:
            raise SlackError("team_not_found")
        return team

    def grant_team(self, app: App, team_id: str) -> None:
        """An admin of the organisation lets an app into one more workspace."""
        if team_id not in app.team_ids:
            app.team_ids = (*app.team_ids, team_id)
            self.emit("team_access_granted", bot=app.bot_user_id, team=team_id)

    def revoke_team(self, app: App, team_id: str) -> None:
        """And takes it out again."""
        if team_id in app.team_ids:
            app.team_ids = tuple(t for t in app.team_ids if t != team_id)
            self.emit("team_access_revoked", bot=app.bot_user_id, team=team_id)
