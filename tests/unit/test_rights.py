"""Who may do what: only what is granted, an admin all of it, and a refusal names who may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.errors import Refused
from incidentbot.incidents.rights import (
    ADMIN,
    ANYBODY,
    COMMANDER,
    RESPONDER,
    RIGHTS,
    Member,
    Rights,
    require,
)

OURS = Rights(
    {
        ANYBODY: ("everyone",),
        RESPONDER: ("jonas", "@oncall", "team:TOTHER"),
        COMMANDER: ("U0LENA", "SLEADS"),
        ADMIN: ("U0ROOT",),
    }
)
LOOK, WORK = {ANYBODY}, {ANYBODY, RESPONDER}

CASES = {
    "a plain member looks": (Member("U1", "omar"), LOOK),
    "by user name": (Member("U1", "jonas"), WORK),
    "by a group's handle": (Member("U1", "omar", groups=frozenset({"@oncall", "S1"})), WORK),
    "by a group's id": (
        Member("U1", "omar", groups=frozenset({"SLEADS"})), {ANYBODY, COMMANDER}),
    "by id": (Member("U0LENA", "lena"), {ANYBODY, COMMANDER}),
    "a handle that reads like an id is none": (Member("U1", "u0lena"), LOOK),
    "an admin may everything": (Member("U0ROOT", "root"), set(RIGHTS)),
    "a guest has nothing of everyone's": (Member("U1", "gil", kind="guest"), set()),
    "a guest by name": (Member("U1", "jonas", kind="guest"), WORK),
    "a guest called everyone": (Member("U1", "everyone", kind="guest"), set()),
    "a stranger by team": (Member("U1", "sam", "TOTHER", "stranger"), WORK),
    "a stranger of another team": (Member("U1", "sam", "TELSE", "stranger"), set()),
    "a stranger with a name of ours": (Member("U1", "jonas", "TELSE", "stranger"), set()),
    "a bot": (Member("U1", "deploys", kind="bot"), set()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_has_what_is_granted_and_nothing_else(case: str) -> None:
    member, expected = CASES[case]
    assert OURS.of(member) == expected


def test_guests_have_what_is_granted_to_guests_and_strangers_have_not() -> None:
    rights = Rights({RESPONDER: ("guests",)})
    assert rights.of(Member("U1", "gil", kind="guest")) == WORK
    for kind in ("stranger", "bot", "member"):
        assert rights.of(Member("U1", "guests", kind=kind)) == frozenset()


def test_a_refusal_says_what_it_takes_and_who_has_it() -> None:
    require(OURS, frozenset({COMMANDER}), COMMANDER, "`merge`")
    with pytest.raises(Refused, match=r"^`merge` takes the right of a commander\. Who has it: U0L"):
        require(OURS, frozenset(WORK), COMMANDER, "`merge`")
    with pytest.raises(Refused, match=r"an approver\. Who has it: nobody; slack\.rights grants it"):
        require(OURS, frozenset(WORK), "approver", "This")
    with pytest.raises(Refused, match="every member of the workspace"):
        require(OURS, frozenset(), ANYBODY, "This")


def test_a_right_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no such right: king"):
        Rights({"king": ("maya",)})


NAMES = st.sampled_from(["maya", "jonas", "everyone", "guests", "U1", "U2", "@oncall", "S1",
                         "team:T1", "team:T2"])  # fmt: skip
GRANTS = st.dictionaries(st.sampled_from(RIGHTS), st.lists(NAMES, max_size=3))
MEMBERS = st.builds(
    Member,
    id=st.sampled_from(["U1", "U2", "U3"]),
    handle=st.sampled_from(["", "maya", "jonas", "guests", "everyone", "u1"]),
    team=st.sampled_from(["", "T1", "T2"]),
    kind=st.sampled_from(["member", "guest", "stranger", "bot"]),
    groups=st.frozensets(st.sampled_from(["@oncall", "S1"])),
)


@given(grants=GRANTS, member=MEMBERS, right=st.sampled_from(RIGHTS), more=NAMES)
def test_a_grant_more_never_takes_a_right_away(
    grants: dict[str, list[str]], member: Member, right: str, more: str
) -> None:
    before = Rights(grants).of(member)
    assert before <= Rights(grants | {right: [*grants.get(right, ()), more]}).of(member)
    assert not before or ANYBODY in before
    assert ADMIN not in before or before == set(RIGHTS)


@given(grants=GRANTS, member=MEMBERS)
def test_whoever_is_no_member_of_ours_has_nothing_that_everyone_has(
    grants: dict[str, list[str]], member: Member
) -> None:
    without = {right: [n for n in to if n != "everyone"] for right, to in grants.items()}
    if member.kind != "member":
        assert Rights(grants).of(member) == Rights(without).of(member)
    if member.kind == "stranger":
        named = {r: [n for n in to if n[0] in "US@t"] for r, to in without.items()}
        assert Rights(without).of(member) == Rights(named).of(member)
