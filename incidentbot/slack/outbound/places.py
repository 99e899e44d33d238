"""Where the channels that are known by their names are; each is looked for as long as it takes."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from slack_sdk.errors import SlackApiError

from incidentbot.slack.outbound import outbox
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.people.directory import Directory

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds between two looks


class Places:
    """`known` are the ids by the names that targets use; `found` is called with each new one."""

    def __init__(self, directory: Directory, announce: str, found: Callable[[], None]) -> None:
        self._directory = directory
        self._announce = announce
        self._found = found
        self._known: dict[str, str] = {}
        self._sought: dict[str, asyncio.Task[None]] = {}
        self.unseen: set[str] = set()  # looked for, and not there for us

    @property
    def known(self) -> Mapping[str, str]:
        return self._known

    def seek(self, names: Iterable[str], group: asyncio.TaskGroup) -> None:
        """Look for these, unless that is under way."""
        for name in names:
            if name not in self._sought:
                self._sought[name] = group.create_task(self._seek(name))

    def lost(self, target: str, code: str) -> None:
        """No word gets in there any more: look again before the next one."""
        name = outbox.place_of(target)
        if name in self._known:
            log.error("slack: no word gets into %s: %s", self._said(name), code)
            del self._known[name]
            self._directory.forget(self._said(name))

    async def _seek(self, name: str) -> None:
        plain, pause, why = self._said(name), PAUSE, ""
        while name not in self._known:
            try:
                id = await self._directory.channel(plain)
                in_vain = id is None
                said = (
                    f"the bot cannot see {plain}; invite it there, and if it is private put its id"
                    " in the configuration"
                )
            except (SlackApiError, *NO_ANSWER) as error:
                id, said = None, f"cannot look for {plain} yet ({error})"
                in_vain = classify(error).kind is Kind.FORBIDDEN
            if id is not None:
                self._known[name] = id
                self.unseen.discard(name)
                break
            if in_vain and name not in self.unseen:
                self.unseen.add(name)
                self._found()
            if said != why:
                log.warning("slack: %s", said)
            why = said
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        del self._sought[name]
        self._found()

    def _said(self, name: str) -> str:
        return self._announce if name == outbox.ANNOUNCE else name
