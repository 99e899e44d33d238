"""What came over the wire, decoded and parsed once: all formats and receivers look at the same."""

import codecs
import json
import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# Pages made from templates have line breaks inside their strings.
LENIENT = json.JSONDecoder(strict=False)

Kind = Literal["json", "xml", "form", "html", "text", "empty"]

MOST_BYTES = 2 * 1024 * 1024  # a larger body is not read at all
MOST_FIELDS = 1000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# No part of it can match in two ways, so that a hostile text costs no more than a long one.
_FORM = re.compile(r"[\w.\[\]%+-]{1,200}=[^\s<>{}&]*(?:&[\w.\[\]%+-]{1,200}=[^\s<>{}&]*)*\s*")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_REFERENCE = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]{0,80}(?=[\s=/>])")
_XML_OWN = ("amp", "lt", "gt", "quot", "apos")


@dataclass(frozen=True, slots=True)
class Body:
    """One of `json`, `xml` and `form` is set, by `kind`; `fault` says why none of them is."""

    raw: bytes
    kind: Kind
    text: str = ""
    json: Any = None
    xml: Element | None = None
    form: dict[str, str] | None = None
    fault: str = ""


def read(raw: bytes) -> Body:
    """Decode and parse; a body that cannot be read has a `fault` and raises nothing."""
    if len(raw) > MOST_BYTES:
        return Body(raw, "text", fault="the body is longer than 2 MB")
    text = decoded(raw)
    if text is None:
        return Body(raw, "text", fault="neither UTF-8, UTF-16 nor UTF-32")
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        return Body(raw, "empty", text, fault="the body is empty")
    if start in '{["' or start.isdigit() or start == "-":
        return _json(raw, text)
    if start == "<":
        return _markup(raw, text)
    if _FORM.fullmatch(text):
        pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=None)
        return Body(raw, "form", text, form=dict(pairs[:MOST_FIELDS]))
    if text.strip() in ("null", "true", "false"):
        return _json(raw, text)
    return Body(raw, "text", text, fault="plain text, neither JSON nor XML")


def decoded(raw: bytes) -> str | None:
    """The text of a body by its byte order mark or its look; None when it is no text."""
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return _decode(raw[len(bom) :], name)
    if len(raw) >= 2 and 0 in raw[:2]:
        return _decode(raw, "utf-16-be" if raw[0] == 0 else "utf-16-le")
    text = _decode(raw, "utf-8")
    return _declared(raw) if text is None and raw.lstrip()[:1] == b"<" else text


def _declared(raw: bytes) -> str | None:
    """Markup by the encoding that it declares; without a better one as Western Europe wrote it."""
    found = _DECLARED.match(raw.lstrip()[:300])
    name = found[1].decode("ascii").lower() if found else "utf-8"
    return _decode(raw, "cp1252" if name in ("utf-8", "utf8", "us-ascii", "iso-8859-1") else name)


def _decode(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _json(raw: bytes, text: str) -> Body:
    try:
        value = LENIENT.decode(text.lstrip("\ufeff"))
    except RecursionError:
        return Body(raw, "text", text, fault="JSON that is nested too deeply")
    except ValueError:
        return Body(raw, "text", text, fault="not JSON, or cut off")
    return Body(raw, "json", text, json=value)


def _markup(raw: bytes, text: str) -> Body:
    text = text.lstrip("\ufeff \t\r\n")
    if _HTML.match(_after_comments(text)):
        return Body(raw, "html", text, fault="a web page instead of a feed")
    # An XML declaration names the encoding of the bytes, which we have decoded already.
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    try:
        try:
            root = fromstring(text, forbid_dtd=False)
        except ParseError:
            root = fromstring(_repaired(text), forbid_dtd=False)
    except DefusedXmlException:
        return Body(raw, "text", text, fault="XML with entities or external references: refused")
    except (ParseError, ValueError, LookupError, RecursionError):
        return Body(raw, "text", text, fault="not XML, or cut off")
    return Body(raw, "xml", text, xml=root)


def _after_comments(text: str) -> str:
    """What stands behind leading comments; they may be many and long."""
    at = 0
    while text.startswith("<!--", at):
        end = text.find("-->", at + 4)
        if end < 0:
            break
        at = end + 3
        while text[at : at + 1].isspace():
            at += 1
    return text[at : at + 200]


def _repaired(text: str) -> str:
    """XML as many feeds mean it: no control characters, HTML's entities, all prefixes declared."""
    text = _REFERENCE.sub(_referred, _CONTROL.sub("", text))
    used = set(_PREFIX.findall(text)) - {"xml", "xmlns"}
    missing = {p for p in used if f"xmlns:{p}" not in text} if len(used) <= 20 else set()
    if missing:
        declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(missing))
        text = re.sub(r"<([A-Za-z_][\w.:-]{0,80})", rf"<\1{declared}", text, count=1)
    return text


def _referred(found: re.Match[str]) -> str:
    """One `&`: a reference that XML knows stays, one that only HTML knows is its character."""
    name = found[1]
    if not name:
        return "&amp;"
    if name in _XML_OWN:
        return found[0]
    return escape(_CONTROL.sub("", unescape(found[0])), quote=False)
