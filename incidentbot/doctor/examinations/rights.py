"""Who may do what: the user groups that are named, and rights that nobody or a wide circle has."""

from collections.abc import Mapping, Sequence
from typing import Any

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.slack_replies import alive, section, trouble
from incidentbot.doctor.ward import Ward
from incidentbot.settings.faults import suggest
from incidentbot.settings.slack import SlackSettings
from incidentbot.slack.setup.needs import is_id

TITLE = "Rights and user groups"
PLACE = 62
EMPTY = "It counts as empty: nobody of it is asked or may do anything."
FREE = ("paid_teams_only", "plan_upgrade_required")
DONE_WITHOUT = {
    "anybody": "Only who has another right can look at lists and timelines.",
    "responder": "Nobody can declare or work on an incident in Slack.",
    "commander": "Only whoever commands an incident decides in it, and admins.",
    "admin": "Nobody can correct the rights of an incident, or see private ones of others.",
}

Named = Mapping[str, tuple[str, ...]]  # setting -> the groups that it names


async def examine(ward: Ward) -> list[Finding]:
    await alive(ward)
    slack = section(ward)
    return [*await _groups(ward, _named(ward)), *_granted(slack)]


def _named(ward: Ward) -> dict[str, tuple[str, ...]]:
    named = {where: tuple(filter(_is_group, who)) for where, who in _lists(section(ward)).items()}
    paging = ward.usable().paging
    asks = [
        ask
        for policy in (paging, *paging.policies)
        for level in (policy.first, *(later.to for later in policy.then or ()))
        for ask in level
    ]
    groups = [str(ask.options.group) for ask in asks if hasattr(ask.options, "group")]
    named["paging"] = tuple(dict.fromkeys(groups))
    return {where: groups for where, groups in named.items() if groups}


def _lists(slack: SlackSettings) -> dict[str, tuple[str, ...]]:
    rights = slack.rights
    granted = {
        "anybody": rights.anybody,
        "responder": rights.responder,
        "commander": rights.commander,
        "admin": rights.admin or (),
    }
    return {"slack.approvers": slack.approvers} | {
        f"slack.rights.{right}": who for right, who in granted.items()
    }


def _is_group(name: str) -> bool:
    return name.startswith("@") or is_id(name, "S")


async def _groups(ward: Ward, named: Named) -> list[Finding]:
    if not named:
        return []
    reply = await ward.slack.call("usergroups.list", include_users="true", include_disabled="true")
    where = ", ".join(named)
    if reply.code in FREE:
        return [
            fault(
                where,
                "names user groups, and the plan of this workspace has none",
                EMPTY,
                f"Name people instead of groups in {where}.",
            )
        ]
    if not reply.fine:
        return [trouble(where, reply, EMPTY, "usergroups:read")]
    known: dict[str, dict[str, Any]] = {}
    for row in reply.data.get("usergroups", []):
        known |= {str(row.get("id")): row, f"@{row.get('handle')}": row}
    found = [_one(setting, name, known) for setting, names in named.items() for name in names]
    return [*found, *_one_approver(section(ward).approvers, known)]


def _one(setting: str, name: str, known: Mapping[str, dict[str, Any]]) -> Finding:
    about, row = f"{setting}: {name}", known.get(name)
    if row is None:
        near = suggest(name, (one for one in known if one.startswith("@")))
        said = f"there is no user group of that name{near}"
        return fault(about, said, EMPTY, f"Correct {setting}, or make the group in Slack.")
    if row.get("date_delete"):
        return fault(about, "is disabled", EMPTY,
                     f"Enable the group in Slack, or take it out of {setting}.")  # fmt: skip
    people = row.get("users") or ()
    if not people:
        return fault(about, "has no members", EMPTY,
                     f"Put people into the group, or take it out of {setting}.")  # fmt: skip
    return ok(about, "has one member" if len(people) == 1 else f"has {len(people):,} members")


def _one_approver(approvers: Sequence[str], known: Mapping[str, dict[str, Any]]) -> list[Finding]:
    """Where people are named too, the examination of people counts them."""
    if not all(_is_group(name) for name in approvers):
        return []
    people = {who for name in approvers for who in (known.get(name) or {}).get("users") or ()}
    if len(people) != 1:
        return []
    return [
        warning(
            "slack.approvers",
            "is one person",
            "What they start themselves can be approved by nobody.",
            "Put a second person into the group, or name one in slack.approvers.",
        )
    ]


def _granted(slack: SlackSettings) -> list[Finding]:
    found = []
    rights = slack.rights
    for right, without in DONE_WITHOUT.items():
        granted = getattr(rights, right)
        if granted is not None and not granted:
            make = fault if right == "responder" else warning
            about = f"slack.rights.{right}"
            found.append(make(about, "is granted to nobody", without,
                              f"Name somebody in {about}, or leave it out."))  # fmt: skip
    wide = {"slack.approvers": slack.approvers, "slack.rights.admin": rights.admin or ()}
    for setting, who in wide.items():
        if "guests" in who:
            found.append(
                warning(
                    setting,
                    "is granted to every guest",
                    "Whoever is let into one channel may let plans run.",
                    f"Name people or a user group in {setting}.",
                )
            )
    return found
