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
    Enterprise,
    File,
    Message,
    Shortcut,
    Team,
    Token,
    User,
    UserGroup,
    View,
    is_reply,
)
from .people import People
from .reading import Range, Reading
from .scheduled import ScheduledMessages
from .seed import seed
from .seed_more import seed_grid, seed_guests
from .streams import Streams
from .tokens import Tokens
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
    "Enterprise",
    "File",
    "Message",
    "Range",
    "Shortcut",
    "SlackError",
    "Team",
    "Token",
    "User",
    "UserGroup",
    "View",
    "Workspace",
    "is_reply",
]


class Workspace(
    People, Reading, Items, Views, ScheduledMessages, Files, Extras, Tokens, Streams, Messages
):
    """Team "Shop" with Maya, Jonas, three channels and the app "Incidentbot".

    `grid`: the team is one of two of an organisation, and the app is installed for all of it.
    `guests`: also Rita and Tom, guests, and Noor of another organisation in a shared channel.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        empty: bool = False,
        grid: bool = False,
        guests: bool = False,
    ) -> None:
        super().__init__(Team(new_id("T"), "Shop", "shop"), clock)
        if not empty:
            seed(self)
        if grid:
            seed_grid(self)
        if guests:
            seed_guests(self)
        self.remember()

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
