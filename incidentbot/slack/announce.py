"""Notices in the announcement channel: what people should hear although there is no incident."""

from sqlalchemy.orm import Session

from incidentbot.incidents import notices
from incidentbot.slack import outbox
from incidentbot.slack.blocks import kit
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Counter, Notice
from incidentbot.timeline import Wake

CURSOR = "slack notices"  # the counter that holds the number of the last one queued


async def follow(store: Store) -> None:
    """Queue each notice once, for ever."""
    wake = Wake()
    store.on_commit(notices.TOPIC, wake.ring)
    while True:
        while await store.tx(_queue_new):
            pass
        await wake.wait()


def _queue_new(session: Session) -> int:
    insert_once(session, Counter, name=CURSOR, value=0)
    cursor = session.get_one(Counter, CURSOR, with_for_update=True, populate_existing=True)
    found = notices.after(session, cursor.value)
    for notice in found:
        outbox.post(session, f"notice:{notice.id}", outbox.ANNOUNCE, _message(notice))
        cursor.value = notice.id
    return len(found)


def _message(notice: Notice) -> kit.Message:
    line = f"{kit.when(notice.at)}  {kit.esc(notice.text, 2500)}"
    return kit.message(notice.text, [kit.section(line)])
