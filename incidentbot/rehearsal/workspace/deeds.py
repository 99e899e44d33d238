"""What a person can do to messages and channels beyond talking: change, leave, archive, remove."""

from __future__ import annotations

from collections.abc import Sequence

from .actions import Result, outcome
from .handed_in import content_of
from .hub import Hub
from .state import Draft
from .typed import encode, rich_text


@outcome
async def edit(hub: Hub, user: str, channel: str, ts: str, text: str) -> Result:
    """Change one's own message."""
    ws = hub.workspace
    draft = Draft(text=encode(ws, text), blocks=[rich_text(ws, text)])
    ws.update_message(user, channel, ts, draft)
    return Result(ts=ts)


@outcome
async def delete(hub: Hub, user: str, channel: str, ts: str) -> Result:
    """Delete one's own message."""
    hub.workspace.delete_message(user, channel, ts)
    return Result(ts=ts)


@outcome
async def share(
    hub: Hub,
    user: str,
    channel: str,
    files: Sequence[tuple[str, bytes]],
    comment: str = "",
    thread_ts: str | None = None,
) -> Result:
    """Put files (name, content) into a channel as one message with a comment."""
    ws = hub.workspace
    ws.writable(channel, user)
    made = []
    for name, content in files:
        file = ws.reserve_file(user, name, len(content))
        ws.receive_file(file.id, content)
        made.append(ws.complete_file(user, file.id, None))
    ws.share_files(user, channel, made, encode(ws, comment), thread_ts)
    return Result(ts=ws.channels[channel].messages[-1]["ts"])


@outcome
async def leave(hub: Hub, user: str, channel: str) -> Result:
    """Leave a channel."""
    hub.workspace.leave(user, channel)
    return Result()


@outcome
async def invite(hub: Hub, user: str, channel: str, who: str) -> Result:
    """Invite somebody (by id) to a channel."""
    hub.workspace.invite(user, channel, [who])
    return Result()


@outcome
async def kick(hub: Hub, user: str, channel: str, who: str) -> Result:
    """Take somebody (by id), such as the bot, out of a channel."""
    hub.workspace.kick(user, channel, who)
    return Result()


@outcome
async def rename(hub: Hub, user: str, channel: str, name: str) -> Result:
    """Give a channel another name."""
    hub.workspace.rename(user, channel, name)
    return Result()


@outcome
async def archive(hub: Hub, user: str, channel: str, *, undo: bool = False) -> Result:
    """Archive a channel, or with `undo` open it again."""
    (hub.workspace.unarchive if undo else hub.workspace.archive)(user, channel)
    return Result()


@outcome
async def unreact(hub: Hub, user: str, channel: str, ts: str, name: str) -> Result:
    """Take one's own reaction back."""
    hub.workspace.unreact(user, channel, ts, name)
    return Result(ts=ts)


@outcome
async def unpin(hub: Hub, user: str, channel: str, ts: str) -> Result:
    """Take a pin off."""
    hub.workspace.unpin(user, channel, ts)
    return Result(ts=ts)


@outcome
async def unarchive(hub: Hub, user: str, channel: str) -> Result:
    """Open an archived channel again."""
    hub.workspace.unarchive(user, channel)
    return Result()


@outcome
async def dismiss(hub: Hub, user: str, channel: str, ts: str) -> Result:
    """Take a message that only this person sees off the screen."""
    hub.workspace.dismiss_ephemeral(user, channel, ts)
    return Result()


@outcome
async def read(hub: Hub, user: str, channel: str, ts: str | None = None) -> Result:
    """Have read a channel, up to `ts` or all of it."""
    hub.workspace.mark_read(user, channel, ts)
    return Result()


@outcome
async def delete_channel(hub: Hub, user: str, channel: str) -> Result:
    """Delete a channel for good."""
    hub.workspace.delete_channel(user, channel)
    return Result()


@outcome
async def change_id(hub: Hub, user: str, channel: str) -> Result:
    """A channel gets another id (Slack's own doing, whoever is named as `user`)."""
    hub.workspace.change_id(channel)
    return Result()


@outcome
async def create_channel(hub: Hub, user: str, name: str, *, private: bool = False) -> Result:
    """Make a channel with oneself in it."""
    hub.workspace.create_channel(user, name, is_private=private)
    return Result()


@outcome
async def set_topic(hub: Hub, user: str, channel: str, topic: str) -> Result:
    """Write another topic."""
    hub.workspace.set_topic(user, channel, topic)
    return Result()


@outcome
async def upload(
    hub: Hub,
    user: str,
    channel: str,
    files: Sequence[dict[str, str]],
    comment: str = "",
    thread_ts: str | None = None,
) -> Result:
    """Put files into a channel: each {name, text} or {name, base64}."""
    read = [(str(one["name"]), content_of(one)) for one in files]
    return await share(hub, user, channel, read, comment, thread_ts)


@outcome
async def connect(hub: Hub, user: str, channel: str) -> Result:
    """An external person comes into a channel, which is shared from then on."""
    hub.workspace.connect(user, channel)
    return Result()


@outcome
async def uninstall(hub: Hub, user: str) -> Result:
    """Remove the app: its tokens are dead from then on."""
    hub.workspace.revoke(hub.workspace.app)
    return Result()
