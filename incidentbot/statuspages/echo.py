"""Our own words come back: a page that we write to may push its news to our hooks. They are not
news, and must not open an incident. (A feed of such a page is refused by the configuration.)"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from incidentbot.settings.telling import StatusPageSettings
from incidentbot.signals import Signal

log = logging.getLogger(__name__)

Taken = Callable[[str, Sequence[Signal], datetime], Awaitable[None]]


def unheard(pages: Sequence[StatusPageSettings], taken: Taken) -> Taken:
    """`taken`, but for what comes from one of these pages."""
    ours = {page.page_id for page in pages}
    if not ours:
        return taken

    async def heard(hook: str, signals: Sequence[Signal], at: datetime) -> None:
        kept = [signal for signal in signals if signal.labels.get("page") not in ours]
        if len(kept) < len(signals):
            log.info("hooks: %s tells of a page that we write to; not counted", hook)
        if kept:
            await taken(hook, kept, at)

    return heard
