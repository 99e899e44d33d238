"""The whole workspace in memory. Both the Web API and the page use these methods.

Methods take the acting user's id first and raise SlackError with Slack's codes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import SlackError
from .core import SLACKBOT, new_id
from .extras import Extras
from .files import Files
from .items import Items
from .messages import Messages
from .model import (
    Addresses,
    App,
    Block,
    Change,
    Channel,
    Command,
    Draft,
    File,
    Message,
    Shortcut,
    Team,
    User,
    UserGroup,
    View,
    is_reply,
)
from .people import People
from .reading import Range, Reading
from .scheduled import ScheduledMessages
from .seed import seed
from .views import Views

__all__ = [
    "SLACKBOT",
    "Addresses",
    "App",
    "Block",
    "Change",
    "Channel",
    "Command",
    "Draft",
    "File",
    "Message",
    "Range",
    "Shortcut",
    "SlackError",
    "Team",
    "User",
    "UserGroup",
    "View",
    "Workspace",
    "is_reply",
]


class Workspace(People, Reading, Items, Views, ScheduledMessages, Files, Extras, Messages):
    """Team "Shop" with Maya, Jonas, three channels and the app "Incidentbot"."""

    def __init__(self, *, clock: Callable[[], float] = time.time, empty: bool = False) -> None:
        super().__init__(Team(new_id("T"), "Shop", "shop"), clock)
        if not empty:
            seed(self)

    def person(self, name: str) -> User:
        """A user by handle, such as "maya"; user_not_found when there is none."""
        for user in self.users.values():
            if user.name == name:
                return user
        raise SlackError("user_not_found")

    @property
    def app(self) -> App:
        """The first (and normally only) app."""
        return next(iter(self.apps.values()))
