"""The head of the audit log as a line in a channel: whoever rewrites our database cannot unsay it.

The message and the note of how far we have come are one transaction; the outbox does the rest.
"""

import logging

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.audit import TOPIC, heads, reading
from incidentbot.audit.heads import Rewritten
from incidentbot.settings.audit import AuditSettings, AuditSlack
from incidentbot.slack.blocks import kit
from incidentbot.slack.outbound import outbox
from incidentbot.slack.outside.announce import name_of
from incidentbot.store import Store
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

PLACE = "slack"
TICK = 5.0  # seconds


async def follow(store: Store, settings: AuditSettings) -> None:
    """Queue a line for each head that is due, for ever; ends at once where none is wanted."""
    if settings.slack is None:
        return
    wake = Wake()
    store.on_commit(TOPIC, wake.ring)
    while True:
        await store.tx(queue, settings, settings.slack)
        await wake.wait(TICK)


def queue(session: Session, settings: AuditSettings, slack: AuditSlack) -> None:
    """Queue the head if it is time to; a log that was rewritten is told once and never anchored."""
    target = name_of(slack.channel)
    try:
        anchor, _ = heads.due(session, PLACE, settings.rows, settings.every, clock.now())
    except Rewritten as error:
        _, last = heads.behind(session, PLACE)
        text = f"The audit log was changed: {error.message}."
        log.error("%s", text)
        id = f"audit:rewritten:{last.seq if last else 0}"
        outbox.post(session, id, target, kit.message(text, [kit.section(kit.esc(text))]))
        return
    if anchor is None:
        return
    text = reading.line(anchor)
    message = kit.message(text, [kit.section(f"`{kit.esc(text)}`")])
    outbox.post(session, f"audit:{anchor.n}:{anchor.hash[:12]}", target, message)
    heads.done(session, PLACE, anchor)
