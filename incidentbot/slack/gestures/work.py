"""Work off one item of the inbox: find the handler, do it, answer, mark it done."""

import difflib
import logging

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from incidentbot.errors import IncidentbotError
from incidentbot.slack import inbox, outbox
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.classify import NO_ANSWER, classify
from incidentbot.slack.gestures import clicks, commands, gesture, submits
from incidentbot.slack.gestures.gesture import Desk, Gesture, Handler, SlowHandler
from incidentbot.slack.inbox import Item

log = logging.getLogger(__name__)

PLAIN: dict[tuple[str, str], Handler] = {
    **{("command", name): handler for name, handler in commands.PLAIN.items()},
    **{("click", name): handler for name, handler in clicks.PLAIN.items()},
    **{("submit", name): handler for name, handler in submits.PLAIN.items()},
}
SLOW: dict[tuple[str, str], SlowHandler] = {
    **{("command", name): handler for name, handler in commands.SLOW.items()},
    **{("click", name): handler for name, handler in clicks.SLOW.items()},
}
VERBS = sorted({*commands.PLAIN, *commands.SLOW} - {""})


class Worker:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def work(self, item: Item) -> None:
        """Do what this item asks for. A refusal is an answer, not a failure."""
        act = gesture.read(item, self._desk.directory)
        try:
            await self._do(item, act)
        except IncidentbotError as error:
            await self._desk.store.tx(_finish, act, replies.refusal(error.message))

    async def give_up(self, item: Item) -> None:
        """Tell the person that it did not work, after the last try."""
        act = gesture.read(item, self._desk.directory)
        text = "Something failed on my side; it is in my log. Please try again."
        await self._desk.store.tx(_tell, act, replies.refusal(text))

    async def _do(self, item: Item, act: Gesture) -> None:
        plain, slow = PLAIN.get((item.kind, act.name)), SLOW.get((item.kind, act.name))
        if plain is not None:
            await self._desk.store.tx(self._plainly, plain, act)
        elif slow is not None:
            await self._desk.store.tx(_finish, act, await self._slowly(slow, act))
        else:
            await self._desk.store.tx(_finish, act, self._unknown(item, act))

    def _plainly(self, session: Session, handler: Handler, act: Gesture) -> None:
        # Effect, answer and "done" are one transaction: a crash leaves all of it or nothing.
        _finish(session, act, handler(self._desk, session, act))

    async def _slowly(self, handler: SlowHandler, act: Gesture) -> Message | None:
        try:
            return await handler(self._desk, act)
        except (SlackApiError, *NO_ANSWER) as error:
            code = classify(error).code
            log.warning("slack: %s of %s: %s", act.name, act.key, code)
            return replies.refusal(f"Slack did not take it ({code}). Please press it again.")

    def _unknown(self, item: Item, act: Gesture) -> Message:
        if item.kind != "command":
            return replies.refusal("This button is from an older version; nothing was done.")
        nearest = difflib.get_close_matches(act.name, VERBS, n=1, cutoff=0.5)
        return replies.help_text(self._desk.command, act.name, nearest[0] if nearest else "")


def _finish(session: Session, act: Gesture, answer: Message | None) -> None:
    if answer is not None:
        _tell(session, act, answer)
    inbox.done(session, act.key)


def _tell(session: Session, act: Gesture, answer: Message) -> None:
    id = f"answer:{act.key}"
    if act.response_url:
        outbox.respond(session, id, act.response_url, answer)
    elif act.channel.startswith(("C", "G", "D")):
        outbox.whisper(session, id, act.channel, act.person.id, answer)
