"""A modest table of emoji names. Coloured circles are drawn, so they look alike everywhere."""

from __future__ import annotations

from markupsafe import Markup

from incidentbot.rehearsal.workspace.render.html import el

GLYPHS = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "eyes": "👀", "tada": "🎉",
    "heart": "❤️", "smile": "😄", "slightly_smiling_face": "🙂", "joy": "😂", "thinking_face": "🤔",
    "pray": "🙏", "clap": "👏", "raised_hands": "🙌", "wave": "👋", "ok_hand": "👌", "muscle": "💪",
    "fire": "🔥", "rotating_light": "🚨", "bell": "🔔", "no_bell": "🔕", "mega": "📣",
    "loudspeaker": "📢", "zap": "⚡", "boom": "💥", "bug": "🐛", "hammer_and_wrench": "🛠️",
    "wrench": "🔧", "gear": "⚙️", "rocket": "🚀", "ship": "🚢", "construction": "🚧",
    "octagonal_sign": "🛑", "no_entry": "⛔", "lock": "🔒", "unlock": "🔓", "key": "🔑",
    "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️", "alarm_clock": "⏰",
    "clock1": "🕐", "calendar": "📆", "date": "📅", "memo": "📝", "clipboard": "📋",
    "pushpin": "📌",
    "round_pushpin": "📍", "paperclip": "📎", "link": "🔗", "book": "📖", "books": "📚",
    "page_facing_up": "📄", "bookmark": "🔖", "bookmark_tabs": "📑", "file_folder": "📁",
    "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊",
    "mag": "🔍", "bulb": "💡", "globe_with_meridians": "🌐", "cloud": "☁️", "package": "📦",
    "floppy_disk": "💾", "satellite_antenna": "📡", "telephone_receiver": "📞", "pager": "📟",
    "fire_engine": "🚒", "ambulance": "🚑", "firefighter": "🧑‍🚒", "bust_in_silhouette": "👤",
    "busts_in_silhouette": "👥", "crown": "👑", "shield": "🛡️", "100": "💯", "star": "⭐",
    "checkered_flag": "🏁", "triangular_flag_on_post": "🚩", "repeat": "🔁",
    "arrows_counterclockwise": "🔄", "leftwards_arrow_with_hook": "↩️", "arrow_right": "➡️",
    "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️", "question": "❓", "exclamation": "❗",
    "information_source": "ℹ️", "heavy_check_mark": "✔", "white_check_mark": "✔", "x": "✖",
    "warning": "⚠", "robot_face": "🤖", "speech_balloon": "💬", "thread": "🧵", "coffee": "☕",
    "broken_heart": "💔", "sos": "🆘", "new": "🆕", "skull": "💀", "snail": "🐌", "ice_cube": "🧊",
}  # fmt: skip

CIRCLES = {
    "red_circle": "red", "large_red_circle": "red", "large_orange_circle": "orange",
    "large_yellow_circle": "yellow", "large_green_circle": "green", "green_circle": "green",
    "large_blue_circle": "blue", "large_purple_circle": "purple", "white_circle": "white",
    "black_circle": "black", "red_square": "red square", "large_red_square": "red square",
    "large_green_square": "green square", "large_yellow_square": "yellow square",
    "large_orange_square": "orange square",
}  # fmt: skip

TWINS = ("thumbsup", "thumbsdown", "heavy_check_mark", "red_circle", "green_circle")
NAMES = [name for name in (*GLYPHS, *CIRCLES) if name not in TWINS and "square" not in name]
PICKER = ("+1", "eyes", "white_check_mark", "fire", "tada", "pray", "thinking_face", "heart")


def emoji(name: str) -> Markup | None:
    """`thumbsup` as a picture with its name for screen readers; None for an unknown name."""
    base = name.split("::", 1)[0]  # "wave::skin-tone-2" is the same sign in another colour
    attrs: dict[str, str | int | bool | None] = {
        "role": "img",
        "aria-label": base.replace("_", " "),
        "title": f":{base}:",
    }
    if base in CIRCLES:
        return el("span", cls=f"emoji shape {CIRCLES[base]}", attrs=attrs)
    if base in GLYPHS:
        return el("span", GLYPHS[base], cls=f"emoji {_tone(base)}".strip(), attrs=attrs)
    return None


def _tone(name: str) -> str:
    tones = {"white_check_mark": "good", "heavy_check_mark": "good", "x": "bad", "warning": "warn"}
    return tones.get(name, "")
