"""What Slack tells of channels, of the app and of people: nobody asked for anything."""

from functools import partial

from sqlalchemy.orm import Session

from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.channel import rooms
from incidentbot.slack.gestures.act import Act, Heard
from incidentbot.slack.gestures.gesture import Desk, Gesture

ELSEWHERE = ("member_joined_channel",)  # a person who joins is greeted: see `joining`
PRIVATE = "group_"  # how the events of private channels begin
NEED_NO_SCOPE = ("app_uninstalled", "tokens_revoked")


def _scope(name: str) -> str:
    if name in NEED_NO_SCOPE:
        return ""
    return "groups:read" if name.startswith(PRIVATE) else "channels:read"


def told(name: str, desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    rooms.HANDLERS[name](session, gesture.event)
    return None


async def changed(desk: Desk, gesture: Gesture) -> Message | None:
    """Somebody joined the workspace, left it, or has another name or zone."""
    await desk.directory.learn(gesture.event["user"])
    return None


async def regrouped(desk: Desk, gesture: Gesture) -> Message | None:
    """A user group has other members: whom it grants a right, and who is asked."""
    await desk.directory.regroup(gesture.event)
    return None


ACTS: tuple[Act, ...] = (
    *(
        Heard(name, partial(told, name), scope=_scope(name))
        for name in rooms.HANDLERS
        if name not in ELSEWHERE
    ),
    Heard("user_change", changed, scope="users:read"),
    Heard("team_join", changed, scope="users:read"),
    Heard("subteam_updated", regrouped, scope="usergroups:read"),
    Heard("subteam_members_changed", regrouped, scope="usergroups:read"),
)
