"""People as roles: the story says "commander", one table says who that was."""

from __future__ import annotations

from incidentbot.postmortem import words
from incidentbot.postmortem.blocks import Table
from incidentbot.postmortem.model import Facts

BOT = "incidentbot"


class Cast:
    """Who took part, each under one label."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._labels: dict[str, str] = {}
        for role in facts.roles:
            held = self._labels.get(role.person)
            self._labels[role.person] = f"{held} and {role.role}" if held else role.role
        self._add("approver", [a.person for plan in facts.plans for a in plan.approvals])
        self._add("declarer", [facts.incident.opened_by])
        self._add("responder", [entry.actor for entry in facts.entries])
        self._add("responder", [plan.created_by for plan in facts.plans])

    def _add(self, label: str, people: list[str]) -> None:
        """Give `label` to those who have none; several people under one label are numbered."""
        free = [p for p in dict.fromkeys(people) if p and p not in self._labels and p != BOT]
        taken = sum(1 for known in self._labels.values() if known.startswith(label))
        for number, person in enumerate(free, taken + 1):
            alone = len(free) == 1 and not taken
            self._labels[person] = label if alone else f"{label} {number}"

    def who(self, person: str) -> str:
        """The label to print: a role, or "incidentbot"."""
        return self._labels.get(person, person)

    def name(self, person: str) -> str:
        return self._facts.people.get(person, person)

    def holder(self, role: str) -> str | None:
        """The name of the person who holds this role."""
        return next((self.name(r.person) for r in self._facts.roles if r.role == role), None)

    def table(self) -> Table:
        """Everyone who took part, by name."""
        since = {(r.person, r.role): r.since for r in self._facts.roles}
        rows: list[tuple[str, ...]] = []
        for person, label in self._labels.items():
            held = [
                f"{role} since {words.clock(at)}"
                for (who, role), at in since.items()
                if who == person
            ]
            rows.append((label, self.name(person), ", ".join(held) or "took part"))
        return Table(
            "Who held which role", ("In this document", "Name", "What was recorded"), tuple(rows)
        )
