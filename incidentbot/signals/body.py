"""What came over the wire, decoded and parsed once: all formats and receivers look at the same."""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

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
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_FORM = re.compile(r"[\w.\[\]%+-]{1,200}=[^\s<>{}]*(?:&[\w.\[\]%+-]{1,200}=[^\s<>{}]*)*\s*")


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
    return _decode(raw, "utf-8")


def _decode(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (UnicodeDecodeError, ValueError):
        return None


def _json(raw: bytes, text: str) -> Body:
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except RecursionError:
        return Body(raw, "text", text, fault="JSON that is nested too deeply")
    except ValueError:
        return Body(raw, "text", text, fault="not JSON, or cut off")
    return Body(raw, "json", text, json=value)


def _markup(raw: bytes, text: str) -> Body:
    if _HTML.match(text):
        return Body(raw, "html", text, fault="a web page instead of a feed")
    try:
        # An XML declaration names the encoding of the bytes, which we have decoded already.
        root = fromstring(
            re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")), forbid_dtd=False
        )
    except DefusedXmlException:
        return Body(raw, "text", text, fault="XML with entities or external references: refused")
    except (ParseError, ValueError, LookupError, RecursionError):
        return Body(raw, "text", text, fault="not XML, or cut off")
    return Body(raw, "xml", text, xml=root)
