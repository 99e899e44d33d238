"""People whom a runbook asks to come: a round of one policy, and who it asked."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle
from incidentbot.paging import rounds
from incidentbot.paging.policy import Policies
from incidentbot.store import Store

Answer = tuple[Mapping[str, Any], str]


class ByRunbook:
    """`doors` is what the wires of runbooks ask for by name."""

    def __init__(self, store: Store, policies: Policies) -> None:
        self._store = store
        self._policies = policies

    @property
    def doors(self) -> Mapping[str, Callable[[Mapping[str, Any], str], Awaitable[Answer]]]:
        return {"page_someone": self.page, "page_look": self.look}

    async def page(self, params: Mapping[str, Any], plan_id: str) -> Answer:
        """{"round": number}; the same plan and policy are the same round. Raises Refused."""
        incident_id, policy = str(params["incident"]), str(params["policy"])
        key = f"page:{plan_id}:{policy}"
        number = await self._store.tx(rounds.renew, self._policies, incident_id, policy, key)
        return {"round": number}, f"{incident_id}:{number}"

    async def look(self, params: Mapping[str, Any], plan_id: str) -> Answer:
        """{"round" (0: none yet), "policy", "live", "why" (it ended), "asked": names, "failed":
        in words} of the last round."""
        return await self._store.tx(_look, str(params["incident"])), ""


def _look(session: Session, incident_id: str) -> Mapping[str, Any]:
    lifecycle.get(session, incident_id)
    last = rounds.latest(session, incident_id)
    if last is None:
        return {"round": 0, "policy": "", "live": False, "why": "", "asked": [], "failed": []}
    told = [
        entry
        for entry in timeline.read(session, incident_id)
        if entry.kind == "page" and entry.data.get("round") == last.number
    ]
    asked = [entry for entry in told if entry.data.get("event") == "asked"]
    names = [str(one["name"]) for entry in asked for one in entry.data.get("people") or []]
    # A service pages somebody of whom it says no name.
    names += [str(entry.data.get("kind")) for entry in asked if not entry.data.get("people")]
    return {
        "round": last.number,
        "policy": last.policy,
        "live": last.state in rounds.LIVE,
        "why": last.why,
        "asked": list(dict.fromkeys(names)),
        "failed": [entry.text for entry in told if entry.data.get("event") == "failed"],
    }
