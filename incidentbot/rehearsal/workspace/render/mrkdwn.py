"""Slack's mrkdwn to safe HTML.

Order matters: fences and quotes by line, then what must not be formatted inside (code, <...>,
emoji, bare addresses) is set aside, then bold, italic and strike are nested around the rest.
Everything left is text and is escaped; a mark that does not close stays as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

from incidentbot.rehearsal.workspace.render.dates import moment, slack_date
from incidentbot.rehearsal.workspace.render.emoji import emoji
from incidentbot.rehearsal.workspace.render.html import el, link, safe_url
from incidentbot.rehearsal.workspace.render.reader import Reader

FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
QUOTE = re.compile(r"^(?:(?:&gt;|>){3}|(?:&gt;|>)) ?")
LEAF = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<entity>[^<>\n]{1,4000})>"
    r"|(?<![\w:]):(?P<emoji>[a-z0-9_+\-]{1,60}(?:::[a-z0-9\-]+)?):(?![\w:])"
    r"|(?P<url>\bhttps?://[^\s<>|`]+)"
    r"|(?<![\w.])@(?P<name>here|channel|everyone)\b"
)
# A mark opens and closes at a word boundary; "_" inside us_west_2 is just a letter.
STYLED = re.compile(r"(?<![^\W_])([*_~])(?=[^\s*_~]|[*_~]\S)(.{1,1500}?)(?<=\S)\1(?![^\W_])")
STYLE_TAGS = {"*": "strong", "_": "em", "~": "s"}
ASIDE = re.compile("\ue000(\\d+)\ue001")
DEPTH = 6


def mrkdwn(text: str, reader: Reader, *, parse: str = "names") -> Markup:
    """HTML of a mrkdwn text.

    `parse`: "names" (a block's text: bare addresses and @here count), "links" (a message's
    text: addresses only) or "none" (verbatim: only what is written in angle brackets).
    """
    clean = text.replace("\ue000", "\ufffd").replace("\ue001", "\ufffd")
    out: list[Markup] = []
    at = 0
    for found in FENCE.finditer(clean):
        out.append(_lines(clean[at : found.start()].removesuffix("\n"), reader, parse))
        out.append(el("pre", el("code", unescape(_plain_entities(found[1])))))
        at = found.end()
        if clean.startswith("\n", at):
            at += 1
    out.append(_lines(clean[at:], reader, parse))
    return Markup("").join(out)


def unescape(text: str) -> str:
    """The three escapes Slack knows, and no other (`&nbsp;` stays as typed)."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(text: str, reader: Reader, parse: str) -> Markup:
    if not text:
        return Markup("")
    out: list[Markup] = []
    group: list[str] = []
    quoted = False

    def close() -> None:
        if not group:
            return
        body = Markup(el("br")).join(_inline(line, reader, parse) for line in group)
        if quoted:
            out.append(el("blockquote", body))
        else:
            out.append(Markup(el("br")) + body if out and not _is_block(out[-1]) else body)
        group.clear()

    for line in text.split("\n"):
        mark = QUOTE.match(line)
        if bool(mark) != quoted:
            close()
            quoted = bool(mark)
        group.append(line[mark.end() :] if mark else line)
    close()
    return Markup("").join(out)


def _is_block(html: Markup) -> bool:
    return html.endswith("</blockquote>")


def _inline(text: str, reader: Reader, parse: str) -> Markup:
    kept: list[Markup] = []

    def set_aside(found: re.Match[str]) -> str:
        html, rest = _leaf(found, reader, parse)
        if html is None:
            return found[0]
        kept.append(html)
        return f"\ue000{len(kept) - 1}\ue001{rest}"

    return _styles(LEAF.sub(set_aside, text), kept, 0)


def _styles(text: str, kept: list[Markup], depth: int) -> Markup:
    out: list[Markup] = []
    at = 0
    for found in STYLED.finditer(text) if depth < DEPTH else ():
        out.append(_plain(text[at : found.start()], kept))
        out.append(el(STYLE_TAGS[found[1]], _styles(found[2], kept, depth + 1)))
        at = found.end()
    out.append(_plain(text[at:], kept))
    return Markup("").join(out)


def _plain(text: str, kept: list[Markup]) -> Markup:
    parts = ASIDE.split(text)
    return Markup("").join(
        kept[int(part)] if index % 2 else escape(unescape(part)) for index, part in enumerate(parts)
    )


def _leaf(found: re.Match[str], reader: Reader, parse: str) -> tuple[Markup | None, str]:
    """HTML of one piece and the text to put back behind it."""
    kind = found.lastgroup
    if kind == "code":
        return el("code", unescape(_plain_entities(found["code"]))), ""
    if kind == "entity":
        return _entity(found["entity"], reader), ""
    if kind == "emoji":
        return emoji(found["emoji"]), ""
    if kind == "name":
        shouted = el("span", f"@{found['name']}", cls="mention me")
        return (shouted if parse == "names" else None), ""
    url = found["url"].rstrip(".,;:!?)]}'\"*_~")
    target = safe_url(unescape(url)) if parse != "none" else None
    return (link(target, target) if target else None), found["url"][len(url) :]


def _entity(text: str, reader: Reader) -> Markup | None:
    body, _, label = text.partition("|")
    label = unescape(label)
    makers: dict[str, Callable[[str, str, Reader], Markup | None]] = {
        "@": user_mention,
        "#": channel_mention,
        "!": _special,
    }
    maker = makers.get(body[:1])
    if maker:
        return maker(body[1:], label, reader)
    url = safe_url(unescape(body))
    return link(url, label or url.removeprefix("mailto:")) if url else None


def user_mention(user: str, label: str, reader: Reader) -> Markup:
    """`@Maya`; the reader's own name stands out."""
    name = reader.users.get(user) or label or user
    mine = " me" if user == reader.me else ""
    return el("span", f"@{name}", cls=f"mention{mine}", attrs={"data-user": user})


def channel_mention(channel: str, label: str, reader: Reader) -> Markup:
    """`#incidents` as a link when the reader may see it."""
    name = reader.channels.get(channel)
    if name:
        return el(
            "a", f"#{name}", cls="mention", attrs={"href": f"/channels/{channel}?as={reader.me}"}
        )
    return el("span", f"#{label}" if label else "private channel", cls="mention")


def _special(text: str, label: str, reader: Reader) -> Markup | None:
    if text in ("here", "channel", "everyone"):
        return el("span", f"@{text}", cls="mention me")
    if text.startswith("subteam^"):
        return el("span", label or f"@{text[8:]}", cls="mention")
    if text.startswith("date^"):
        return _date(text, label, reader)
    return el("span", label) if label else None


def _date(text: str, fallback: str, reader: Reader) -> Markup | None:
    parts = text.split("^")
    if len(parts) < 3:
        return el("span", fallback) if fallback else None
    shown = slack_date(parts[1], unescape(parts[2]), reader)
    when = moment(parts[1], reader.zone)
    if shown is None or when is None:
        return el("span", fallback) if fallback else None
    body = el("time", shown, attrs={"datetime": when.isoformat(), "title": fallback or None})
    url = safe_url(unescape(parts[3])) if len(parts) > 3 else None
    return link(url, body) if url else body


def _plain_entities(text: str) -> str:
    """Inside code Slack shows an address or a label, never a link."""
    return re.sub(r"<(https?://[^<>|\n]+)(?:\|([^<>\n]+))?>", lambda m: m[2] or m[1], text)
