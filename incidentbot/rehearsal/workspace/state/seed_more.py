"""More than the shop's team, by option: a second workspace, guests, another organisation."""

from __future__ import annotations

from .core import Core, new_id
from .model import Channel, Enterprise, Team, User

OTHER_TEAM = "T0NORTHWIND"


def seed_grid(core: Core) -> None:
    """Make the team one of two of an organisation; the app is installed for all of it.

    Maya is in both workspaces, Lena only in the second; each has a channel of its own name.
    """
    core.enterprise = Enterprise(new_id("E"), "Shop Group")
    labs = Team(new_id("T"), "Shop Labs", "shoplabs", core.team.url)
    core.teams[labs.id] = labs
    lena = User(
        id=new_id("U"),
        name="lena",
        real_name="Lena Fischer",
        title="Engineer of the labs",
        email="lena@shop.example",
        teams=(labs.id,),
    )
    core.users[lena.id] = lena
    maya = next(u for u in core.users.values() if u.name == "maya")
    maya.teams = (core.team.id, labs.id)
    now = int(core.now())
    channel = Channel(
        id=new_id("C"),
        name="labs",
        creator=lena.id,
        created=now,
        updated=now * 1000,
        team_id=labs.id,
        members=[lena.id, maya.id],
    )
    core.channels[channel.id] = channel
    app = next(iter(core.apps.values()))
    app.org_deploy = app.is_org_install = True
    app.team_ids = tuple(core.teams)


def seed_guests(core: Core) -> None:
    """Rita, a guest of #incidents; Tom, a guest of #random alone; Noor of Northwind in a channel.

    They see their channels and nothing else. Noor can click what apps post there, but has no
    slash commands and no shortcuts: those are for people of the organisation that installed them.
    """
    rita = User(
        id=new_id("U"),
        name="rita",
        real_name="Rita Sole",
        title="Contractor",
        email="rita@partner.example",
        is_restricted=True,
    )
    tom = User(
        id=new_id("U"),
        name="tom",
        real_name="Tom Rees",
        title="Auditor",
        email="tom@audit.example",
        is_restricted=True,
        is_ultra_restricted=True,
    )
    noor = User(
        id=new_id("U"),
        name="noor",
        real_name="Noor Haddad",
        title="Storage at Northwind",
        email="noor@northwind.example",
        team_id=OTHER_TEAM,
    )
    for user in (rita, tom, noor):
        core.users[user.id] = user
    named = {channel.name: channel for channel in core.channels.values()}
    named["incidents"].members.append(rita.id)
    named["random"].members.append(tom.id)
    maya, jonas = (u.id for u in core.users.values() if u.name in ("maya", "jonas"))
    now = int(core.now())
    shared = Channel(
        id=new_id("C"),
        name="shared-northwind",
        creator=maya,
        created=now,
        updated=now * 1000,
        members=[maya, jonas, noor.id],
    )
    core.channels[shared.id] = shared
