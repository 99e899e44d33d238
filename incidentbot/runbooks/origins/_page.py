"""A page of ListObjectsV2, read fast where that is surely right, else with a real XML parser.

Nine of ten seconds of a comparison would go into XML. A page as S3 writes it is plain: the same few
elements over and over. `_FAST` knows that shape, and counts: if every `<Contents>` of the body is
one that it matched whole, and the body has none of what could make text be something else (CDATA,
comments, a document type, a carriage return), it has read what a parser would have read. Whatever
is different in any way goes to the parser.
"""

import re
from html import unescape
from urllib.parse import unquote_to_bytes
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from incidentbot.errors import Permanent
from incidentbot.runbooks.listing import Page, Row

_QUOTE = rb'(?:&quot;|&#34;|")?'
_LEAF = rb"<%s>[^<>&]*</%s>"
_EXTRA = rb"|".join(
    _LEAF % (name, name) for name in (b"ChecksumAlgorithm", b"ChecksumType", b"StorageClass")
)
_OWNER = rb"<Owner><ID>[^<>&]*</ID>(?:<DisplayName>[^<>]*</DisplayName>)?</Owner>"
_FAST = re.compile(
    rb"<Contents><Key>([^<>]*)</Key><LastModified>[^<>&]*</LastModified>"
    rb"<ETag>" + _QUOTE + rb"([0-9a-f]{32}(?:-[0-9]+)?)" + _QUOTE + rb"</ETag>(?:" + _EXTRA + rb")*"
    rb"<Size>(0|[1-9][0-9]*)</Size>(?:" + _EXTRA + rb"|" + _OWNER + rb")*</Contents>"
)
_HEAD = re.compile(
    rb"(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:UTF|utf)-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>)?\s*<ListBucketResult[ >]"
)
_TRUNCATED = re.compile(rb"<IsTruncated>(true|false)</IsTruncated>")
_URL = b"<EncodingType>url</EncodingType>"
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_FORBIDDEN = bytes(n for n in range(32) if n not in (9, 10))
_MD5 = re.compile(r"[0-9a-f]{32}(?:-[0-9]+)?")


def read(body: bytes, what: str) -> Page:
    """Raises Permanent when it is no such page."""
    return _fast(body) or _parsed(body, what)


def _fast(body: bytes) -> Page | None:
    """The page, or None when it is not surely plain."""
    if b"<!" in body or b"\r" in body or not body.rstrip().endswith(b"</ListBucketResult>"):
        return None
    truncated = _TRUNCATED.findall(body)
    if len(truncated) != 1 or not _HEAD.match(body) or body.count(b"<?") > 1:
        return None
    rows: list[Row] = _FAST.findall(body)
    if not len(rows) == body.count(b"<Contents") == body.count(b"</Contents>"):
        return None
    try:
        keys = _keys([row[0] for row in rows], _URL in body)
    except ValueError:
        return None
    if keys is not None:
        rows = [(key, row[1], row[2]) for key, row in zip(keys, rows, strict=True)]
    return Page(rows, truncated[0] == b"true")


def _keys(raw: list[bytes], encoded: bool) -> list[bytes] | None:
    """The keys as they are stored; None when they are what stands there. ValueError if in doubt."""
    whole = b"\n".join(raw)
    if not whole.isascii():
        whole.decode()  # a page that is no UTF-8 is no page
    if whole.translate(None, _FORBIDDEN) != whole:
        raise ValueError("characters that XML does not allow")
    if b"&" not in whole and not (encoded and (b"%" in whole or b"+" in whole)):
        return None
    return [_unpacked(key, encoded) for key in raw]


def _unpacked(key: bytes, encoded: bool) -> bytes:
    if b"&" in key:
        if _ENTITY.search(key) or b"&#" in key:
            raise ValueError("an entity that only a parser should read")
        key = unescape(key.decode()).encode()
    return _decoded(key) if encoded else key


def _decoded(key: bytes) -> bytes:
    """As S3 encodes with encoding-type=url: a blank may be a plus."""
    return unquote_to_bytes(key.replace(b"+", b" "))


def _parsed(body: bytes, what: str) -> Page:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Permanent(f"{what}: the listing is no XML ({error})") from error
    space = root.tag.removesuffix("ListBucketResult")
    truncated = root.findtext(f"{space}IsTruncated")
    if not root.tag.endswith("ListBucketResult") or truncated not in ("true", "false"):
        raise Permanent(f"{what}: the listing is not one of a bucket")
    encoded = root.findtext(f"{space}EncodingType") == "url"
    rows = [_row(entry, space, encoded, what) for entry in root.findall(f"{space}Contents")]
    return Page(rows, truncated == "true")


def _row(entry: Element, space: str, encoded: bool, what: str) -> Row:
    key = (entry.findtext(f"{space}Key") or "").encode()
    size = (entry.findtext(f"{space}Size") or "").strip()
    if not key or not size.isascii() or not size.isdigit():
        raise Permanent(f"{what}: the listing has an object without key or size")
    etag = (entry.findtext(f"{space}ETag") or "").strip().strip('"').lower()
    known = etag if _MD5.fullmatch(etag) else ""
    return _decoded(key) if encoded else key, known.encode(), str(int(size)).encode()
