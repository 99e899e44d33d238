"""The row of an incident, locked, so that two people who act at once act one after the other."""

from sqlalchemy.orm import Session

from incidentbot.errors import NotFound, Refused
from incidentbot.store.models import Incident


def get(session: Session, incident_id: str) -> Incident:
    """Only to read it. Raises NotFound."""
    return _there(session.get(Incident, incident_id), incident_id)


def locked(session: Session, incident_id: str) -> Incident:
    row = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    return _there(row, incident_id)


def live(session: Session, incident_id: str) -> Incident:
    """Locked, and not over. Raises Refused with where it went on, or that it is resolved."""
    incident = locked(session, incident_id)
    if incident.merged_into is not None:
        raise Refused(
            f"{incident_id} was merged into {incident.merged_into}; nothing was changed here."
        )
    if incident.status == "resolved":
        raise Refused(f"{incident_id} is resolved; nothing was changed.")
    return incident


def _there(incident: Incident | None, incident_id: str) -> Incident:
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return incident
