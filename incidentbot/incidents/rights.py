"""Who may do what: the same rules in Slack, at the command line and on the pages. Pure.

A right is granted to people by the configuration: by person, by group, by team, to every full
member ("everyone") or to every guest ("guests"). Guests have what is granted to them by name,
group, team or as guests; people of other organisations what is granted by id, group or team; and
both nothing else. An admin has every right; whoever commands an incident has the commander's
right in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from incidentbot.errors import Refused

ANYBODY = "anybody"  # look: list, status, timeline
RESPONDER = "responder"  # work on an incident
COMMANDER = "commander"  # decide: merge, reopen, make private
APPROVER = "approver"  # let a plan run
ADMIN = "admin"
RIGHTS = (ANYBODY, RESPONDER, COMMANDER, APPROVER, ADMIN)

EVERYONE, GUESTS = "everyone", "guests"
TEAM = "team:"
MEMBER, GUEST, STRANGER = "member", "guest", "stranger"  # kinds of people


@dataclass(frozen=True, slots=True)
class Member:
    """What a grant can go by. `handle` in lower case; `kind`: a stranger is of another
    organisation, and a bot has only what is granted to it."""

    id: str
    handle: str = ""
    team: str = ""
    kind: str = MEMBER
    groups: frozenset[str] = field(default=frozenset())  # ids and @handles of user groups


class Rights:
    """Built from the configuration: right -> whom it is granted to."""

    def __init__(self, grants: Mapping[str, Sequence[str]]) -> None:
        unknown = set(grants) - set(RIGHTS)
        if unknown:
            raise ValueError(f"no such right: {', '.join(sorted(unknown))}")
        self._grants = {right: tuple(grants.get(right, ())) for right in RIGHTS}

    def of(self, member: Member) -> frozenset[str]:
        """Every right this member has, wherever it comes from."""
        held = {right for right, to in self._grants.items() if _granted(member, to)}
        if ADMIN in held:
            return frozenset(RIGHTS)
        # Who may act may also look: a grant of one without the other helps nobody.
        return frozenset(held | {ANYBODY} if held else held)

    def words(self, right: str) -> str:
        """Who has it, for a refusal: "maya, @oncall"."""
        said = [_WORDS.get(who, who) for who in self._grants[right]]
        return ", ".join(said) or "nobody; slack.rights grants it"


def require(rights: Rights, held: frozenset[str], right: str, what: str) -> None:
    """Raises Refused, with who may, unless `right` is among the `held` ones."""
    if right not in held:
        raise Refused(f"{what} takes the right of {_a(right)}. Who has it: {rights.words(right)}.")


def _granted(member: Member, to: Sequence[str]) -> bool:
    names = {member.id, f"{TEAM}{member.team}", *member.groups} - {TEAM}
    # A user name is unique in one organisation only: a stranger's may be that of somebody here.
    if member.kind != STRANGER and member.handle not in ("", EVERYONE, GUESTS):
        names.add(member.handle)
    if member.kind == MEMBER:
        names.add(EVERYONE)
    elif member.kind == GUEST:
        names.add(GUESTS)
    return not names.isdisjoint(to)


def _a(right: str) -> str:
    return f"an {right}" if right[0] in "aeiou" else f"a {right}"


_WORDS = {EVERYONE: "every member of the workspace", GUESTS: "guests"}
