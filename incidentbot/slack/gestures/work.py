"""Work off one item of the inbox: find the gesture, ask who may, do it, answer, mark it done."""

import logging
from inspect import iscoroutinefunction
from typing import cast

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from incidentbot.errors import IncidentbotError, Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.rights import COMMANDER, require
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import gesture, table
from incidentbot.slack.gestures.act import Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, Handler, SlowHandler
from incidentbot.slack.inbound import inbox
from incidentbot.slack.inbound.inbox import Item
from incidentbot.slack.outbound import outbox
from incidentbot.slack.outbound.classify import NO_ANSWER, classify

log = logging.getLogger(__name__)

TOO_LATE = ("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id")


class Worker:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def work(self, item: Item) -> None:
        """Do what this item asks for. A refusal is an answer, not a failure."""
        id, name, team = gesture.who(item)
        if id:
            await self._desk.directory.meet(id, name, team)
        given = gesture.read(item, self._desk.directory)
        act = table.find(given.kind, given.name)
        lacks = act is not None and act.needs and act.needs not in given.person.rights
        if lacks and await self._desk.directory.before_refusing():
            given = gesture.read(item, self._desk.directory)
        try:
            await self._do(given)
        except gesture.Merged as merged:
            answer = replies.merged(merged.incident_id, merged.goes_on, merged.room)
            await self._desk.store.tx(_finish, given, answer)
        except IncidentbotError as error:
            await self._desk.store.tx(_finish, given, replies.refusal(error.message))

    async def give_up(self, item: Item) -> None:
        """Tell the person that it did not work, after the last try."""
        given = gesture.read(item, self._desk.directory)
        text = "Something failed on my side; it is in my log. Please try again."
        await self._desk.store.tx(_tell, given, replies.refusal(text))

    async def _do(self, given: Gesture) -> None:
        act = table.find(given.kind, given.name)
        if act is None:
            await self._desk.store.tx(_finish, given, self._unknown(given))
        elif isinstance(act, Verb) and act.form is not None and not _words(given):
            await self._desk.store.tx(_finish, given, await self._open(act, given))
        elif iscoroutinefunction(act.does):
            await self._desk.store.tx(_finish, given, await self._slowly(act, given))
        elif given.kind == "event":
            await self._desk.store.tx(self._plainly, act, given)
        else:
            await self._desk.store.first(self._plainly, act, given)  # a person waits for it

    def _plainly(self, session: Session, act: Act, given: Gesture) -> None:
        # Effect, answer and "done" are one transaction: a crash leaves all of it or nothing.
        self._permit(session, act, given)
        _finish(session, given, cast(Handler, act.does)(self._desk, session, given))

    async def _slowly(self, act: Act, given: Gesture) -> Message | None:
        await self._desk.store.tx(self._permit, act, given)
        try:
            return await cast(SlowHandler, act.does)(self._desk, given)
        except (SlackApiError, *NO_ANSWER) as error:
            return self._not_taken(given, error)

    async def _open(self, act: Verb, given: Gesture) -> Message | None:
        def view(session: Session) -> dict[str, object]:
            assert act.form is not None
            self._permit(session, act, given)
            return act.form(self._desk, session, given)

        if not given.trigger_id:  # a mention: Slack shows a form only to whoever presses something
            await self._desk.store.tx(view)
            return replies.form_button(act.label or act.name.capitalize(), act.name, given.text)
        try:
            await self._desk.open_form(given, await self._desk.store.first(view))
            return None
        except (SlackApiError, *NO_ANSWER) as error:
            return self._not_taken(given, error)

    def _permit(self, session: Session, act: Act, given: Gesture) -> None:
        """Raises Refused, naming who may, unless this person has the right that it takes."""
        if not act.needs or act.needs in given.person.rights:
            return
        if act.needs == COMMANDER and self._commands(session, given):
            return
        what = f"`{self._desk.command} {act.name}`" if isinstance(act, Verb) else "This"
        require(self._desk.directory.rights, given.person.rights, act.needs, what)

    def _commands(self, session: Session, given: Gesture) -> bool:
        try:
            incident = gesture.incident_of(session, given)
        except Refused:
            return False
        return lifecycle.roles(session, incident.id).get("commander") == given.person.id

    def _not_taken(self, given: Gesture, error: BaseException) -> Message:
        code = classify(error).code
        log.warning("slack: %s of %s: %s", given.name, given.key, code)
        if code in TOO_LATE:
            return replies.refusal("It came too late for Slack to show a form. Please do it again.")
        return replies.refusal(f"Slack did not take it ({code}). Please do it again.")

    def _unknown(self, given: Gesture) -> Message | None:
        if given.kind == "event":
            return None  # kept by an older version, which did something with it
        if given.kind != "command":
            return replies.refusal("This button is from an older version; nothing was done.")
        said = [given.name, *given.text.lower().split()]
        known = next((word for word in said if word and table.find("command", word)), "")
        return replies.unknown(self._desk.command, given.name, known or table.nearest(given.name))


def _words(given: Gesture) -> str:
    """What stands behind the verb beside the incident that is meant."""
    return gesture.without_number(given, given.text)


def _finish(session: Session, given: Gesture, answer: Message | None) -> None:
    if answer is None and given.kind == "command" and given.channel.startswith("D"):
        answer = replies.plain("Done; the incident's channel shows it.")
    if answer is not None:
        _tell(session, given, answer)
    inbox.done(session, given.key)


def _tell(session: Session, given: Gesture, answer: Message) -> None:
    id = f"answer:{given.key}"
    if given.thread:
        answer = answer | {"thread_ts": given.thread}
    if given.response_url:
        outbox.respond(session, id, given.response_url, answer)
    elif given.channel.startswith(("C", "G")):
        outbox.whisper(session, id, given.channel, given.person.id, answer)
    elif given.person.id:
        # In their own conversation with the bot: there is no channel to whisper in.
        outbox.post(session, id, given.person.id, answer)
