"""Who is on call and who approves: does each name belong to somebody who can?"""

from collections.abc import Mapping
from typing import Any

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.slack_replies import alive, section, trouble
from incidentbot.doctor.ward import Ward
from incidentbot.paging.contract import Roster
from incidentbot.settings.faults import suggest
from incidentbot.slack.setup.needs import is_id

TITLE = "People"
PLACE = 60
PAGING = "paging"
WHYS = {
    "oncall": "Nobody else is invited in place of them.",
    "approvers": "They cannot approve what somebody else has started.",
    PAGING: "Their turn comes, and nobody is asked.",
}

People = Mapping[str, dict[str, Any]]  # by id, and by user name


async def examine(ward: Ward) -> list[Finding]:
    await alive(ward)
    slack = section(ward)
    reply, rows, whole = await ward.slack.pages("users.list", "members")
    known: dict[str, dict[str, Any]] = {}
    for row in rows:
        known[str(row.get("id"))] = row
        known[str(row.get("name", "")).lower()] = row
    found = []
    approvers = tuple(name for name in slack.approvers if _is_person(name))
    named = (("oncall", slack.oncall), ("approvers", approvers), (PAGING, _paged(ward)))
    for key, names in named:
        if reply.fine:
            found += [_one(key, name, known, whole) for name in names]
        else:
            found += _untold(key, names, reply)
    # A group, a team or everyone is more than one person; who is in it is not looked at here.
    alone = len(approvers) == len(slack.approvers)
    return [*found, *(_approvers(approvers, known) if alone else ())]


def _is_person(name: str) -> bool:
    grouped = name.startswith(("@", "team:")) or is_id(name, "S")
    return not grouped and name not in ("everyone", "guests")


def _paged(ward: Ward) -> tuple[str, ...]:
    """Whom the lists and rotas of paging name, by what Slack is to know them by."""
    settings = ward.usable()
    roster, paging = Roster(settings.people), settings.paging
    asks = [
        ask
        for policy in (paging, *paging.policies)
        for asked in (policy.first, *(level.to for level in policy.then or ()))
        for ask in asked
    ]
    names: list[str] = []
    for ask in asks:
        options = ask.options
        names += [*getattr(options, "people", ()), *getattr(options, "members", ())]
        names += [one.who for one in getattr(options, "overrides", ())]
    people = [roster.find(name) for name in dict.fromkeys(names)]
    return tuple(dict.fromkeys(one.slack for one in people if one.slack))


def _where(key: str) -> str:
    return key if key == PAGING else f"slack.{key}"


def _untold(key: str, names: tuple[str, ...], reply: Any) -> list[Finding]:
    """Slack did not list its people. Ids work all the same; names do not."""
    where, plain = _where(key), [name for name in names if not is_id(name, "UW")]
    if reply.code != "missing_scope":
        return [trouble(where, reply, "Whether the names are right is not known.", "users:read")]
    if plain:
        return [
            fault(
                where,
                f"{', '.join(plain)} cannot be found by name without the scope users:read",
                WHYS[key],
                "Put their ids there (profile > three dots > Copy member ID), or add users:read "
                "and install the app again.",
            )
        ]
    return [ok(where, "holds ids only; they work without users:read but could not be looked up")]


def _one(key: str, name: str, known: People, whole: bool) -> Finding:
    where = _where(key)
    person = known.get(name if is_id(name, "UW") else name.lower())
    about = f"{where}: {name}"
    step = f"Correct {where}: the user name, or the id (profile > three dots > Copy member ID)."
    if person is None:
        if whole:
            near = suggest(name, (one for one in known if not is_id(one, "UW")))
            said = f"there is nobody of that name in the workspace{near}"
            return fault(about, said, WHYS[key], step)
        said = "is not among the first people of this large workspace"
        return warning(about, said, "Looking them up takes long when it matters.",
                       f"Put their id in {where}.")  # fmt: skip
    if person.get("deleted"):
        return fault(about, "is deactivated", WHYS[key], f"Take them out of {where}.")
    if person.get("is_bot"):
        return fault(about, "is a bot", WHYS[key], step)
    real = (person.get("profile") or {}).get("real_name") or person.get("real_name") or name
    if person.get("is_restricted") or person.get("is_ultra_restricted"):
        return warning(
            about,
            f"{real} is a guest",
            "A guest may not be let into every channel.",
            f"Make them a member, or name somebody else in {where}.",
        )
    return ok(about, str(real))


def _approvers(names: tuple[str, ...], known: People) -> list[Finding]:
    """One approver is none for whatever they start themselves."""
    people = {str((known.get(name.lower()) or known.get(name) or {}).get("id", name))
              for name in names}  # fmt: skip
    if len(people) > 1:
        return []
    return [
        warning(
            "slack.approvers",
            "is one person",
            "What they start themselves can be approved by nobody.",
            "Name a second person in slack.approvers.",
        )
    ]
