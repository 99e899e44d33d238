"""What the commands about incidents stand on: the database, who types, and what they may.

They use the functions that Slack's gestures use, so rules and story are the same. The bot may run
meanwhile or not: it reads the timelines and catches up.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import typer
from sqlalchemy.orm import Session

from incidentbot.cli import common, shown
from incidentbot.cli.whoami import Operator, account, operator
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import COMMANDER, require
from incidentbot.settings import Settings
from incidentbot.store import Store
from incidentbot.store.alive import is_held
from incidentbot.store.models import Incident

P = ParamSpec("P")
T = TypeVar("T")

ASLEEP = "The bot is not running: Slack hears of this when it runs."


class Desk:
    """One command of one person. `json`: whether programs read the answer."""

    def __init__(self, config_file: Path, *, json: bool) -> None:
        self.settings: Settings = common.load(config_file, need_secrets=False, need_slack=False)
        made = Store(self.settings.storage.database.get_secret_value())
        self.store = common.of_newest_shape(made, config_file)
        self.json = json
        self.operator: Operator = self.store.run(operator, self.settings, account(os.environ))

    @property
    def person(self) -> Person:
        return self.operator.person

    def do(
        self,
        needs: str,
        what: str,
        work: Callable[Concatenate[Session, P], T],
        *args: P.args,
        **more: P.kwargs,
    ) -> T:
        """Run `work` in one transaction, if this person has the right `needs`."""

        def whole(session: Session) -> T:
            require(self.operator.rights, self.person.rights, needs, what)
            return work(session, *args, **more)

        return self.store.run(whole)

    def on(
        self, needs: str, what: str, incident_id: str, work: Callable[[Session, Incident], T]
    ) -> T:
        """The same about an incident, which this person must be allowed to see."""

        def whole(session: Session) -> T:
            incident = self.seen(session, incident_id)
            if needs == COMMANDER and self._commands(session, incident):
                return work(session, incident)
            require(self.operator.rights, self.person.rights, needs, what)
            return work(session, incident)

        return self.store.run(whole)

    def change(
        self, needs: str, what: str, incident_id: str, work: Callable[[Session, Incident], Any]
    ) -> None:
        """Change an incident and say how it is now; False from `work` says that nothing changed."""
        changed = self.on(needs, what, incident_id.upper(), self._live(work))
        self.tell(incident_id.upper(), changed=changed is not False)

    def seen(self, session: Session, incident_id: str) -> Incident:
        return privacy.visible(session, incident_id.upper(), self.person)

    def tell(self, incident_id: str, *, changed: bool) -> None:
        """How it is now, and whether Slack hears of it at once."""
        facts = self.store.run(shown.facts, incident_id)
        awake = is_held(self.store)
        if self.json:
            typer.echo(shown.as_json(facts | {"changed": changed, "bot_is_running": awake}))
            return
        typer.echo(shown.row(facts) if changed else f"Nothing changed. {shown.row(facts)}")
        if changed and not awake:
            typer.echo(ASLEEP, err=True)

    def _live(self, work: Callable[[Session, Incident], Any]) -> Callable[[Session, Incident], Any]:
        def unless_merged(session: Session, incident: Incident) -> Any:
            if incident.merged_into is not None:
                raise Refused(
                    f"{incident.id} was merged into {incident.merged_into}; it goes on there."
                )
            return work(session, incident)

        return unless_merged

    def _commands(self, session: Session, incident: Incident) -> bool:
        return lifecycle.roles(session, incident.id).get("commander") == self.person.id
