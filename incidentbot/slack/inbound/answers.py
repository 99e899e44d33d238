"""What bolt answered, as what Slack is told."""

import json
import logging
from typing import Any

from slack_bolt import BoltResponse

log = logging.getLogger(__name__)


def of(response: BoltResponse) -> dict[str, Any] | None:
    """The payload of an acknowledgement, {} for an empty one, None where there must be none.

    What nobody here understands is acknowledged too: it would only be delivered again.
    """
    if response.status == 404:
        log.warning("slack: something came that is not understood: %s", response.body)
        return {}
    if response.status != 200:
        log.error("slack: not acknowledged: %d %s", response.status, response.body)
        return None
    if not response.body:
        return {}
    kind = (response.headers.get("content-type") or [""])[0]
    if kind.startswith("application/json"):
        answer = json.loads(response.body)
        return answer if isinstance(answer, dict) else {}
    return {"text": response.body}
