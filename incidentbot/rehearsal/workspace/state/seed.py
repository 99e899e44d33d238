"""The workspace a newcomer meets: a shop's team, two engineers, three channels, one app."""

from __future__ import annotations

import secrets

from .core import SLACKBOT, Core, new_id
from .model import App, Channel, Command, Shortcut, User, UserGroup


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCOPES = _words("""
    app_mentions:read bookmarks:read bookmarks:write channels:history channels:join
    channels:manage channels:read chat:write commands files:read files:write im:history im:read
    im:write pins:read pins:write reactions:read reactions:write team:read usergroups:read
    users:read users:read.email
""")
EVENTS = _words("""
    app_home_opened app_mention channel_archive channel_rename channel_unarchive
    channel_id_changed member_joined_channel message.channels message.im pin_added pin_removed
    reaction_added reaction_removed app_uninstalled tokens_revoked
""")
COMMANDS = (
    Command(
        "/incident",
        "Declare or manage an incident",
        "[declare | status | update | severity | role | runbook | timeline | resolve | help]",
    ),
)
SHORTCUTS = (
    Shortcut("Declare an incident", "incident_declare", "global", "Open the new-incident form"),
    Shortcut("Add to timeline", "incident_timeline_add", "message", "Record this message"),
    Shortcut("New follow-up", "incident_followup_add", "message", "Make this a follow-up action"),
)


def new_app(team_id: str) -> tuple[App, User]:
    """The app "Incidentbot" with fresh tokens, and its bot user."""
    app_id, bot_id, user_id = new_id("A"), new_id("B"), new_id("U")
    number = "".join(c for c in f"{int(team_id[1:], 36)}")[:12]
    app = App(
        app_id=app_id,
        name="Incidentbot",
        bot_id=bot_id,
        bot_user_id=user_id,
        bot_token=f"xoxb-{number}-{secrets.token_hex(12)}",
        app_token=f"xapp-1-{app_id}-{number}-{secrets.token_hex(32)}",
        signing_secret=secrets.token_hex(16),
        verification_token=secrets.token_urlsafe(18),
        client_id=f"{number}.{secrets.randbelow(10**12)}",
        client_secret=secrets.token_hex(16),
        team_ids=(team_id,),
        scopes=SCOPES,
        events=EVENTS,
        commands=COMMANDS,
        shortcuts=SHORTCUTS,
    )
    bot = User(
        id=user_id,
        name="incidentbot",
        real_name="Incidentbot",
        color="7a1f1f",
        is_bot=True,
        app_id=app_id,
        bot_id=bot_id,
    )
    return app, bot


def seed(core: Core) -> None:
    """Fill an empty workspace. The channels begin with everybody in them, the bot in none."""
    maya = User(
        id=new_id("U"),
        name="maya",
        real_name="Maya Okafor",
        title="On-call engineer",
        email="maya@shop.example",
        color="2b6cb0",
        is_admin=True,
        tz="America/New_York",
        tz_label="Eastern Standard Time",
        tz_offset=-18000,
    )
    jonas = User(
        id=new_id("U"),
        name="jonas",
        real_name="Jonas Weber",
        title="Second engineer",
        email="jonas@shop.example",
        color="2f855a",
        tz="Europe/Berlin",
        tz_label="Central European Time",
        tz_offset=3600,
    )
    slackbot = User(id=SLACKBOT, name="slackbot", real_name="Slackbot", color="757575")
    app, bot = new_app(core.team.id)
    for user in (maya, jonas, slackbot, bot):
        core.users[user.id] = user
    core.apps[app.app_id] = app
    now = int(core.now())
    for name, purpose in (
        ("general", "Everything about the shop"),
        ("incidents", "One line for every incident"),
        ("random", "Everything else"),
    ):
        channel = Channel(
            id=new_id("C"),
            name=name,
            creator=maya.id,
            created=now,
            updated=now * 1000,
            is_general=name == "general",
            purpose={"value": purpose, "creator": maya.id, "last_set": now},
            members=[maya.id, jonas.id],
        )
        core.channels[channel.id] = channel
    group = UserGroup(new_id("S"), "On-call", "oncall", "Who is on call", maya.id, now)
    group.users.append(maya.id)
    core.usergroups[group.id] = group
