"""What comes late is old news: a "firing" that was overtaken by its "resolved" alarms nobody.

SNS, PagerDuty and others try again on their own, and promise no order.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from incidentbot.signals import Signal

MOST = 20_000  # alerts whose times are remembered; those told longest ago are forgotten first


class Order:
    """The newest time that the sender gave for each alert. In memory: a restart forgets it.

    Only senders that give the time of every change can be told so. Alertmanager gives none while
    an alert fires, and may rightly fire again what it has called resolved; it keeps the order.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def news(self, hook: str, alerts: Sequence[Signal], received_at: datetime) -> list[Signal]:
        """Those alerts of one delivery that are not older than what this hook told before."""
        return [alert for alert in alerts if self._is_news(hook, alert, received_at)]

    def _is_news(self, hook: str, alert: Signal, received_at: datetime) -> bool:
        key = (hook, alert.vendor_id)
        before = self._told.pop(key, None)
        if alert.updated_at is None:
            return True
        at = min(alert.updated_at, received_at)  # a clock that is ahead must not shut out the next
        late = before is not None and at < before
        self._told[key] = before if before is not None and late else at
        if len(self._told) > MOST:
            self._told.popitem(last=False)
        return not late
