"""What to try next, read from the workspace and the regions as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from . import story_look as look
from .regions import BACKUP, PRIMARY


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the story stands. `broken` and `healed`: the region, this round."""

    bot: str  # "starting", "connected", "gone"
    broken: bool
    healed: bool
    admitted: bool
    origin: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """One line, and the channel it is about."""

    words: str
    channel_id: str = ""
    channel_name: str = ""


def hint(scene: Scene, snapshot: look.Snapshot, channel_id: str | None) -> Hint:
    """The next step. `channel_id` is the channel of this round's incident, once it is there."""
    if scene.bot != "connected":
        words = "The bot is starting." if scene.bot == "starting" else "The bot is not running."
        return Hint(words)
    if channel_id is None:
        if scene.slow:
            return Hint("Slow is not down: pictures still load and nobody is woken. Try errors.")
        if scene.broken:
            return Hint("Probes fail and are checked again: a channel opens within seconds.")
        return Hint("Everything works. Break S3 and watch the shop.")
    channel = look.channel_of(snapshot, channel_id)
    return Hint(_in_channel(scene, channel), channel_id, channel["name"])


def _in_channel(scene: Scene, channel: look.Channel) -> str:
    card = look.card(channel)
    if card is None:
        return "The channel is open, its card comes now."
    if look.resolved(card):
        if look.documents(channel):
            return "Read the postmortem: its links are in the channel. Then break S3 again."
        return "The postmortem is being drafted."
    if look.buttons(channel, look.APPROVE):
        return "Read the plan, switch to Jonas and press “Approve and run”: Maya cannot alone."
    if scene.origin == PRIMARY:
        return _while_on_primary(scene, channel)
    if not scene.healed:
        if not scene.admitted:
            return "The pictures are back. Let the vendor admit it, then heal the region."
        return "The vendor has admitted it at last. Heal the region."
    way_back = look.runbook_buttons(channel, PRIMARY)
    if way_back:
        return f"The region has been healthy for a while: press “{way_back[0].label}”."
    return "The region is back. The way back is offered once it stays healthy for a while."


def _while_on_primary(scene: Scene, channel: look.Channel) -> str:
    if scene.healed:
        return "Everything is as before. Type /incident resolve in the channel."
    if look.buttons(channel, look.ACKNOWLEDGE):
        return "Read the card, then press “Acknowledge” or “Take command”."
    offered = look.runbook_buttons(channel, BACKUP)
    if offered:
        return f"Press “{offered[0].label}”: it shows a plan and changes nothing yet."
    return "See on the card which runbooks fit."
