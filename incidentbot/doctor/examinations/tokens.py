"""Slack's tokens: set, of the right kind, taken by Slack, and both of the same app."""

import asyncio
from dataclasses import dataclass

from incidentbot.doctor.contract import Finding, NotYet, fault, ok
from incidentbot.doctor.slack_replies import NO_SLACK
from incidentbot.doctor.ward import Ward
from incidentbot.doctor.workspace import Reply

TITLE = "Slack tokens"
PLACE = 40
PAGE = "https://api.slack.com/apps > your app"
DEAD = {
    "invalid_auth": "Slack does not know it",
    "not_authed": "Slack does not know it",
    "token_revoked": "it was revoked, or the app was removed from the workspace",
    "token_expired": "it has expired; token rotation is not supported",
    "account_inactive": "its user or workspace was deactivated",
    "access_denied": "Slack denies access",
    "team_access_not_granted": "the app is not approved for this workspace of the organisation",
    "not_allowed_token_type": "it is a token of another kind",
}
ADMIN = (
    "Where only administrators may install apps, ask one to approve it: the request is in their "
    "App Management."
)


@dataclass(frozen=True, slots=True)
class Kind:
    prefix: str
    what: str
    where: str


BOT = Kind("xoxb-", "bot token", f"{PAGE} > OAuth & Permissions > Bot User OAuth Token")
APP = Kind(
    "xapp-",
    "app token",
    f"{PAGE} > Basic Information > App-Level Tokens, with the scope connections:write",
)


async def examine(ward: Ward) -> list[Finding]:
    if not ward.asks_for_slack:
        raise NotYet(NO_SLACK)
    bot, app = await asyncio.gather(_bot(ward), _same_app(ward))
    return [*bot, *_way_in(ward), *app]


async def _bot(ward: Ward) -> list[Finding]:
    name = "SLACK_BOT_TOKEN"
    if name not in ward.tokens:
        told = next((f.message for f in ward.faults if f.path.startswith(name)), "is not set")
        step = f"export {name}={BOT.prefix}...    (copy it from {BOT.where})"
        return [fault(name, told, "Without it nothing can be said in Slack.", step)]
    me = await ward.slack.me()
    if not me.fine:
        return [_refused(name, me)]
    data = me.data
    found = [ok(name, f"is @{data.get('user')} in {data.get('team')} ({data.get('url')})")]
    if data.get("is_enterprise_install"):
        found.append(await _workspace(ward))
    return found


async def _workspace(ward: Ward) -> Finding:
    """Which workspace of the organisation is meant: a token for all of it has to say so."""
    why = "Slack does not say who is who, and makes no channel, without knowing in which workspace."
    reply = await ward.slack.call("auth.teams.list")
    teams = {str(one.get("id")): str(one.get("name")) for one in reply.data.get("teams", [])}
    named = ", ".join(f"{id} ({name})" for id, name in teams.items()) or "its id begins with T"
    chosen = ward.slack.team
    if not chosen:
        return fault(
            "slack.team",
            "is missing: the app is installed for a whole organisation",
            why,
            f"Put the workspace where incidents are to live in slack.team: {named}",
        )
    if teams and chosen not in teams:
        return fault("slack.team", f"{chosen} is not a workspace that has the app", why,
                     f"Name one of these, or let an administrator add it: {named}")  # fmt: skip
    return ok("slack.team", f"is {teams.get(chosen, chosen)}; incident channels are made there")


def _refused(name: str, me: Reply) -> Finding:
    if me.dead or me.code in DEAD:
        said = DEAD.get(me.code, me.code)
        return fault(name, f"is refused: {said} ({me.code})", "Nothing can be said in Slack.",
                     f"Copy it again from {BOT.where}. {ADMIN}")  # fmt: skip
    return fault(
        name,
        f"could not be tried: {me.words}",
        "Slack was not reached, so nothing in it could be looked at.",
        "Let this machine reach slack.com, or look at https://slack-status.com.",
    )


def _way_in(ward: Ward) -> list[Finding]:
    """How Slack reaches the bot: by a socket that we open, or over HTTP."""
    told = [f for f in ward.faults if f.path.startswith(("SLACK_APP_TOKEN", "SLACK_SIGNING"))]
    if ward.mode and not told:
        how = "Socket Mode" if ward.mode == "socket" else "HTTP: Slack calls web.public_url"
        return [ok("Slack's way in", how)]
    return [
        fault(
            told[0].path if told else "SLACK_APP_TOKEN, SLACK_SIGNING_SECRET",
            told[0].message if told else "neither is set",
            "Slack cannot reach the bot: no command and no button works.",
            f"export SLACK_APP_TOKEN=xapp-...    (make it at {APP.where}); or, for HTTP, "
            "SLACK_SIGNING_SECRET from the same page.",
        )
    ]


async def _same_app(ward: Ward) -> list[Finding]:
    """xapp-1-A0123-...: the app token bears the id of its app."""
    token = ward.tokens.get("SLACK_APP_TOKEN")
    parts = token.get_secret_value().split("-") if token else []
    if "SLACK_BOT_TOKEN" not in ward.tokens or len(parts) < 4 or not parts[2].startswith("A"):
        return []
    theirs = await _app_of_bot(ward)
    if theirs and theirs != parts[2]:
        return [
            fault(
                "SLACK_APP_TOKEN",
                f"is of the app {parts[2]}, the bot token of {theirs}",
                "Commands would come from one app and answers go through another.",
                f"Copy both from the same app: https://api.slack.com/apps/{theirs}",
            )
        ]
    return [ok("Both tokens", f"are of the app {theirs}")] if theirs else []


async def _app_of_bot(ward: Ward) -> str:
    me = await ward.slack.me()
    if me.data.get("app_id") or not me.data.get("bot_id"):
        return str(me.data.get("app_id") or "")
    about = await ward.slack.call("bots.info", bot=str(me.data["bot_id"]))
    bot = about.data.get("bot") or {}
    return str(bot.get("app_id") or "")
