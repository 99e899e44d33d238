"""What Slack tells of channels, people and the app; the app's removal is the last of all."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.slack.outbound import line
from incidentbot.store.models import Incident
from tests.stories.gestures.walk import Deeds, Walk

does = Deeds()


def of_long_ago(session: Session) -> None:
    ago = clock.now() - timedelta(hours=1)
    session.execute(update(Incident).values(detected_at=ago))


@does("event member_joined_channel")
async def somebody_joins(walk: Walk) -> None:
    await walk.bot.app.store.tx(of_long_ago)
    walk.bot.slack.workspace.add_person("lena", "Lena Park")
    await walk.do("join", "lena", channel=walk.room)
    await walk.told("lena", "Where we stand: ")


@does("event team_join", "event user_change", "event subteam_updated",
      "event subteam_members_changed")  # fmt: skip
async def people_change(walk: Walk) -> None:
    ws, directory = walk.bot.slack.workspace, walk.bot.app.slack._directory
    omar = ws.add_person("omar", "Omar Haddad")
    await walk.bot.until(lambda: directory.name(omar.id) == "Omar Haddad")
    ws.change_person(omar.id, real_name="Omar H.")
    await walk.bot.until(lambda: directory.name(omar.id) == "Omar H.")
    group = next(g for g in ws.usergroups.values() if g.handle == "oncall")
    ws.set_group_users(walk.id("maya"), group, [walk.id("maya"), omar.id])
    await walk.bot.until(lambda: "admin" in directory.person(omar.id).rights)


@does("event member_left_channel", "event channel_left")
async def the_bot_is_taken_out(walk: Walk) -> None:
    """Once it comes back by itself."""
    me, channel = walk.bot.slack.workspace.app.bot_user_id, walk.bot.channel(walk.room)
    await walk.do("kick", "jonas", channel=walk.room, who=me)
    await walk.entry("external", "has me in it no more")
    await walk.entry("external", "was brought back")
    assert me in channel.members


@does("event channel_rename", "event channel_archive", "event channel_unarchive",
      "event channel_id_changed")  # fmt: skip
async def the_channel_changes(walk: Walk) -> None:
    room = walk.bot.channel(walk.room)
    await walk.do("rename", "jonas", channel=walk.room, name="inc-pages-of-ours")
    walk.room = room.name
    await walk.entry("external", "is called #inc-pages-of-ours now")
    await walk.still()
    await walk.do("archive", "jonas", channel=walk.room)
    await walk.entry("external", "was archived")
    await walk.shown("Nothing is lost: what is said waits", "incidents")
    await walk.do("unarchive", "jonas", channel=walk.room)
    await walk.entry("external", "was opened again")
    await walk.do("change_id", "jonas", channel=walk.room)
    await walk.entry("external", "gave the channel #inc-pages-of-ours another id")
    await walk.type("maya", "note After the move")
    await walk.shown("After the move")


@does("event channel_deleted")
async def the_channel_is_deleted(walk: Walk) -> None:
    await walk.declare("Soon without a channel")
    await walk.still()
    await walk.do("delete_channel", "jonas", channel=walk.room)
    await walk.entry("external", "was deleted")
    await walk.shown("Nothing is lost: what is said waits", "incidents")


@does("event group_rename", "event group_archive", "event group_unarchive", "event group_left",
      "event group_deleted")  # fmt: skip
async def the_private_channel_changes(walk: Walk) -> None:
    room = await walk.declare("--private Secret things")
    me, channel = walk.bot.slack.workspace.app.bot_user_id, walk.bot.channel(room)
    await walk.do("rename", "maya", channel=room, name="inc-private-ours")
    walk.room = channel.name
    await walk.entry("external", "is called #inc-private-ours now")
    await walk.do("kick", "maya", channel=walk.room, who=me)
    await walk.entry("external", "has me in it no more")
    await walk.do("invite", "maya", channel=walk.room, who=me)
    await walk.entry("external", "has me in it again")
    await walk.still()
    await walk.do("archive", "maya", channel=walk.room)
    await walk.entry("external", "was archived")
    await walk.do("unarchive", "maya", channel=walk.room)
    await walk.entry("external", "was opened again")
    await walk.still()
    await walk.do("delete_channel", "maya", channel=walk.room)
    await walk.entry("external", "was deleted")


@does("event tokens_revoked", "event app_uninstalled")
async def the_app_is_removed(walk: Walk) -> None:
    await walk.do("uninstall", "jonas")

    def state(session: Session) -> Any:
        return line.read(session).state

    await walk.bot.until(lambda: walk.bot.app.store.run(state) == "refused")
