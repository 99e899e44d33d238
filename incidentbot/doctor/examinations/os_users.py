"""Who people are on this machine, for the commands typed here."""

import pwd

from incidentbot.doctor.contract import Finding, ok, warning
from incidentbot.doctor.ward import Ward

TITLE = "People on this machine"
PLACE = 64
WHY = "What they type here counts as nobody's: commands that change something are refused."


async def examine(ward: Ward) -> list[Finding]:
    people = [one for one in ward.usable().people if one.os_user]
    here = {entry.pw_name for entry in pwd.getpwall()}
    found = []
    for one in people:
        about = f"people: {one.name}"
        if one.os_user not in here:
            found.append(
                warning(
                    about,
                    f"there is no user {one.os_user} on this machine",
                    WHY,
                    f"Correct os_user of {one.name}: what `id -un` prints for them. Where they log"
                    " in on another machine only, nothing is to do.",
                )
            )
        elif not one.slack:
            found.append(
                warning(
                    about,
                    f"is {one.os_user} here, and nobody in Slack",
                    WHY,
                    f"Add slack: ... to {one.name} under people.",
                )
            )
        else:
            found.append(ok(about, f"is {one.os_user} here"))
    return found
