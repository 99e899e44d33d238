"""What is not as usual yet: an incident is not over while a switch runs or traffic is elsewhere."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import ids
from incidentbot.incidents import lifecycle
from incidentbot.runbooks import attempt, inventory
from incidentbot.runbooks.offers import assets_of_incident
from incidentbot.settings import Settings
from incidentbot.store.models import Plan


def not_normal(session: Session, settings: Settings, incident_id: str) -> list[str]:
    """A sentence for each run that is under way and each asset its primary does not serve; by
    what is written down, as everything that is shown at once."""
    plans = list(session.scalars(select(Plan).filter_by(incident_id=incident_id)))
    running = [
        f"The plan {plan.id} is {plan.state.replace('_', ' ')}."
        for plan in plans
        if plan.state in attempt.UNDER_WAY
    ]
    touched = {str(ids.read_canonical(plan.body).get("asset")) for plan in plans}
    incident = lifecycle.get(session, incident_id)
    at_risk = {asset.name for asset in assets_of_incident(session, settings, incident)}
    about = touched | (at_risk if incident.dependency else set())
    switched = [
        f"{asset.title} is served by {serving}, not by {asset.primary}."
        for asset in settings.assets
        if asset.name in about and (serving := inventory.serving(session, asset)) != asset.primary
    ]
    return running + switched


def under_way(session: Session, incident_id: str) -> list[str]:
    """The plans whose write may be happening at this moment."""
    mine = select(Plan.id).where(Plan.incident_id == incident_id, Plan.state.in_(attempt.UNDER_WAY))
    return list(session.scalars(mine))
