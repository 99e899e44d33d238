"""What the messages show, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidentbot.incidents.links import Link


@dataclass(frozen=True, slots=True)
class CheckLine:
    name: str
    kind: str
    state: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class VendorLine:
    feed: str
    state: str
    title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OfferLine:
    runbook: str
    asset: str
    title: str
    available: bool
    reason: str
    where: str = ""  # what its call goes through


@dataclass(frozen=True, slots=True)
class RoleLine:
    """`person` is None where nobody has it: then it is the commander's, if there is one."""

    role: str
    person: str | None
    name: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """`service` is the name of the site or team from the configuration."""

    id: str
    title: str
    status: str
    severity: int
    severity_word: str
    summary: str
    dependency: str | None
    opened_by: str
    commander: str | None
    commander_name: str
    started_at: datetime
    detected_at: datetime
    vendor_reported_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    channel: str | None
    checks: Sequence[CheckLine] = ()
    vendor: Sequence[VendorLine] = ()
    offers: Sequence[OfferLine] = ()
    documents: Sequence[tuple[str, str]] = ()  # (format, address); of a private one, the file
    unowned: bool = False  # everybody was asked, and nobody has answered
    crew: Sequence[RoleLine] = ()  # every role, in the usual order
    merged_into: str | None = None  # the incident that goes on
    merged_room: str = ""  # the name of its channel
    merged_channel: str = ""  # and the id
    links: Sequence[Link] = ()
    actions: int = 0  # action items that are open
    next_update_at: datetime | None = None
    private: bool = False
    test: bool = False
    where: str = ""  # what of the vendor's it hangs on


@dataclass(frozen=True, slots=True)
class PlanView:
    id: str
    hash: str
    state: str
    body: dict[str, Any]
    created_by: str
    expires_at: datetime
    approvals: Sequence[str] = ()  # of whom, in order
    outcome: str = ""
    progress: Sequence[tuple[datetime, str]] = field(default=())
    test: bool = False  # of an incident that is a drill; the plan is none
    incident_id: str = ""
    stopped: str = ""  # why no runbook may write now
    break_glass: bool = False  # whether anybody may run it alone, with a reason
