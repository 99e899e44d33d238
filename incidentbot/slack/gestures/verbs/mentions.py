"""Words said to the bot: a mention in a channel or thread, or a message in its own conversation.

They are read as the command with the same words (see `gesture.read`), so there is nothing to do
here but to say which of them are heard: never those of a bot, which would answer back.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Heard
from incidentbot.slack.gestures.gesture import Desk, Gesture


def read_as_a_command(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return None


def by_a_person(event: Mapping[str, Any]) -> bool:
    machine = event.get("bot_id") or event.get("user") == "USLACKBOT"
    return bool(event.get("user")) and not machine


def in_our_conversation(event: Mapping[str, Any]) -> bool:
    return event.get("channel_type") == "im" and by_a_person(event)


ACTS: tuple[Act, ...] = (
    Heard("app_mention", read_as_a_command, by_a_person, scope="app_mentions:read"),
    Heard(
        "message",
        read_as_a_command,
        in_our_conversation,
        sent_as=("message.im",),
        scope="im:history",
    ),
)
