"""The workflow `room`: an incident's channel once more, after it was archived or went private."""

import logging
from collections.abc import Coroutine
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from incidentbot import durable, timeline
from incidentbot.incidents.people import BOT
from incidentbot.slack.blocks import replies
from incidentbot.slack.channel import care, going_private
from incidentbot.slack.channel.opening import LONGEST_PAUSE, Opening
from incidentbot.slack.outbound import outbox
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.present import Presenter
from incidentbot.store import Store
from incidentbot.store.models import Channel

log = logging.getLogger(__name__)


class Returning:
    def __init__(
        self, store: Store, client: SlackClient, opening: Opening, presenter: Presenter
    ) -> None:
        self._store = store
        self._client = client
        self._opening = opening
        self._present = presenter

    async def run(self, incident_id: str) -> None:
        """It ends when the incident has a channel that can be written in, or a person must act."""
        await durable.step(self.leave, incident_id)
        pause = 1.0
        while (wait := await durable.step(self.revive, incident_id)) is not None:
            await durable.sleep(max(wait, pause))
            pause = min(pause * 2, LONGEST_PAUSE)
        await self._opening.run(incident_id)

    async def leave(self, incident_id: str) -> None:
        await self._store.tx(going_private.move, incident_id, self._present)

    async def revive(self, incident_id: str) -> float | None:
        """Open an archived channel. None when there is nothing more to try, else seconds."""
        room = await self._store.tx(_archived, incident_id)
        if room is None:
            return None
        try:
            await _unless_done(self._client.call("conversations.unarchive", {"channel": room}))
            await _unless_done(self._client.call("conversations.join", {"channel": room}))
        except (SlackApiError, *NO_ANSWER) as error:
            outcome = classify(error)
            log.warning("slack: the channel of %s is not opened: %s", incident_id, outcome.code)
            if outcome.kind is not Kind.FINAL:
                return outcome.wait
            await self._store.tx(_ask, incident_id, outcome.code)
            return None
        await self._store.tx(_opened, room)
        return None


async def _unless_done(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except SlackApiError as error:
        if classify(error).kind is not Kind.DONE:
            raise


def _archived(session: Session, incident_id: str) -> str | None:
    channel = session.get(Channel, incident_id)
    return channel.channel_id if channel and channel.state == care.ARCHIVED else None


def _opened(session: Session, room: str) -> None:
    care.came_back(session, room)


def _ask(session: Session, incident_id: str, code: str) -> None:
    """Only a person can do it: whoever reopened it is told how."""
    channel = session.get_one(Channel, incident_id)
    opened = [
        e for e in timeline.read(session, incident_id) if e.data.get("previous") == "resolved"
    ]
    if opened and opened[-1].actor != BOT:
        text = (
            f"{incident_id} is open again, but Slack does not let me open its channel"
            f" #{channel.name} ({code}). Unarchive it in Slack and invite me there; what there is"
            " to say waits until then."
        )
        id = f"ask-room:{incident_id}:{opened[-1].seq}"
        outbox.post(session, id, opened[-1].actor, replies.plain(text))
