"""Beginning an incident, and running it."""

from tests.stories.gestures.walk import Deeds, Walk

does = Deeds()


@does("command declare", "submit incident.declare")
async def declare(walk: Walk) -> None:
    await walk.type("maya", "declare", "general")
    await walk.form("maya", "Declare")
    await walk.fault("maya", "title", "a few words", title=" ", severity="2")
    await walk.fill("maya", title="Uploads hang", severity="2")
    await walk.told("maya", "is open. Its channel comes now")
    await walk.bot.until(lambda: any("uploads-hang" in c.name for c in walk.bot.rooms()))
    await walk.declare("Downloads hang")
    await walk.card("Sev 3, open: Downloads hang")


@does("shortcut incident.declare")
async def declare_from_anywhere(walk: Walk) -> None:
    await walk.do("global_shortcut", "jonas", callback_id="incident.declare")
    await walk.form("jonas", "Declare")
    await walk.fill("jonas", title="Search is slow", severity="4")
    await walk.bot.until(lambda: any("search-is-slow" in c.name for c in walk.bot.rooms()))
    await walk.shown("Sev 4, open: Search is slow", "incidents")


@does("command ack", "click incident.ack")
async def acknowledge(walk: Walk) -> None:
    await walk.press_in_room("maya", "incident.ack")
    await walk.card("Sev 3, acknowledged")
    await walk.type("jonas", "ack")
    await walk.told("jonas", "was acknowledged before; nothing changed.")


@does("command severity", "submit incident.severity")
async def severity(walk: Walk) -> None:
    await walk.type("maya", "severity 2 Writes fail")
    await walk.shown("changed the severity from 3 to 2 (major): Writes fail")
    await walk.type("jonas", "severity")
    await walk.form("jonas", "Severity of")
    await walk.fill("jonas", severity="1", reason="Reads too")
    await walk.card("Sev 1, acknowledged")


@does("command take", "click role.take", "click role.leave")
async def take_and_leave_a_role(walk: Walk) -> None:
    await walk.type("maya", "take")
    await walk.form("maya", "role.take:scribe")
    await walk.do("click_view", "maya", action_id="role.take:scribe")
    await walk.form("maya", "role.leave:scribe")
    await walk.card(f"scribe: <@{walk.id('maya')}>")
    await walk.do("click_view", "maya", action_id="role.leave:scribe")
    await walk.shown("Maya Okafor gave up the role of scribe")
    await walk.do("close", "maya")
    await walk.type("maya", "take operations")
    await walk.card(f"operations: <@{walk.id('maya')}>")


@does("command role", "command assign", "submit incident.roles")
async def assign(walk: Walk) -> None:
    await walk.type("maya", "role scribe @jonas")
    await walk.shown("Maya Okafor made Jonas Weber scribe.")
    for word, holder in (("role", "maya"), ("assign", "jonas")):
        await walk.type("maya", word)
        await walk.form("maya", "users_select", "communications")
        await walk.fill("maya", communications=walk.id(holder))
        await walk.card(f"communications: <@{walk.id(holder)}>")
    await walk.type("jonas", "assign scribe @maya")
    await walk.shown("Jonas Weber made Maya Okafor scribe.")


@does("click incident.command")
async def command(walk: Walk) -> None:
    await walk.press_in_room("maya", "incident.command")
    await walk.bot.until(lambda: "commander Maya" in walk.bot.channel(walk.room).topic["value"])


@does("click handover.withdraw", "click handover.decline", "click handover.accept")
async def hand_over(walk: Walk) -> None:
    for answer, who, told in (
        ("handover.withdraw", "maya", ("jonas", "Maya Okafor keeps the command of")),
        ("handover.decline", "jonas", ("maya", "Jonas Weber cannot take it now")),
        ("handover.accept", "jonas", ("maya", "Jonas Weber accepted:")),
    ):
        asked = walk.bot.heard("jonas").count('"handover.accept"')
        await walk.type("maya", "assign commander @jonas")
        await walk.bot.until(
            lambda n=asked: walk.bot.heard("jonas").count('"handover.accept"') > n  # type: ignore[misc]
        )
        await walk.press(who, answer)
        await walk.told(*told)
    await walk.bot.until(lambda: "commander Jonas" in walk.bot.channel(walk.room).topic["value"])


@does("command page", "submit incident.page")
async def page(walk: Walk) -> None:
    await walk.type("maya", "page @ana")
    await walk.told("maya", "Ana: asked to come.")
    await walk.bot.until(lambda: walk.id("ana") in walk.bot.channel(walk.room).members)
    await walk.type("jonas", "page")
    await walk.form("jonas", "Who is asked to come?")
    await walk.fill("jonas", people=[walk.id("tom")])
    await walk.told("jonas", "Tom: asked to come.")
    await walk.bot.until(lambda: walk.id("tom") in walk.bot.channel(walk.room).members)


@does("command rename", "submit incident.rename")
async def rename(walk: Walk) -> None:
    channel = walk.bot.channel(walk.room)
    await walk.type("maya", "rename Downloads are slow")
    await walk.bot.until(lambda: channel.name.endswith("downloads-are-slow"))
    walk.room = channel.name
    await walk.type("maya", "rename")
    await walk.form("maya", "What do users notice?", "Downloads are slow")
    await walk.fault("maya", "title", "a few words", title=" ")
    await walk.fill("maya", title="Downloads fail")
    await walk.bot.until(lambda: channel.name.endswith("downloads-fail"))
    walk.room = channel.name
    await walk.card("Downloads fail")


@does("command merge", "submit incident.merge")
async def merge(walk: Walk) -> None:
    goes_on, number = walk.room, walk.number
    for by_form in (False, True):
        await walk.declare(f"Duplicate {by_form}")
        if by_form:
            await walk.type("maya", "merge")
            await walk.form("maya", "Which one goes on?")
            await walk.fill("maya", into=number)
        else:
            await walk.type("maya", f"merge {number}")
        await walk.card(f"merged into {number}")
        await walk.shown(f"merged {walk.number}", goes_on)
    walk.room, walk.number = goes_on, number


@does("command mitigate", "submit incident.mitigate")
async def mitigate(walk: Walk) -> None:
    await walk.type("jonas", "mitigate")
    await walk.form("jonas", "What helped?")
    await walk.fault("jonas", "text", "a few words", text=" ")
    await walk.fill("jonas", text="Reads are on the backup")
    await walk.card("mitigated")
    await walk.type("jonas", "mitigate Twice")
    await walk.told("jonas", "is mitigated already.")


@does("command resolve", "click incident.resolve", "submit incident.resolve")
async def resolve(walk: Walk) -> None:
    await walk.press_in_room("jonas", "incident.resolve")
    await walk.form("jonas", "Was data lost?")
    await walk.do("close", "jonas")
    await walk.type("maya", "resolve")
    await walk.form("maya", "What was it?")
    await walk.fill("maya", text="A fuse", lost="no")
    await walk.card("resolved")
    await walk.shown("is drafted from the recorded facts")
    await walk.type("maya", "resolve Twice")
    await walk.told("maya", "is resolved already.")


@does("command reopen", "submit incident.reopen")
async def reopen(walk: Walk) -> None:
    await walk.type("maya", "reopen The fuse again")
    await walk.shown("The fuse again")
    await walk.type("maya", "resolve Another fuse")
    await walk.card("resolved")
    await walk.type("maya", "reopen")
    await walk.form("maya", "Reopen")
    await walk.fault("maya", "text", "a few words", text=" ")
    await walk.fill("maya", text="And again")
    await walk.shown("And again")


@does("command private", "submit incident.private")
async def private(walk: Walk) -> None:
    old = await walk.declare("Payroll leaks")
    await walk.type("maya", "private")
    await walk.form("maya", "cannot be taken back")
    await walk.fault("maya", "sure", "Please tick it")
    await walk.fill("maya", people=[walk.id("jonas")], sure=["yes"])
    room = await walk.bot.until(
        lambda: next((c.name for c in walk.bot.rooms() if c.is_private and c.pins), "")
    )
    await walk.bot.until(lambda: walk.bot.channel(old).is_archived)
    assert walk.id("jonas") in walk.bot.channel(room).members
    walk.room = room
    await walk.type("maya", "private please")
    await walk.told("maya", "has a form, because it cannot be taken back")
