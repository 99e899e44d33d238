"""Bytes off the wire: almost well-formed XML is read, what is broken or hostile says why not."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.signals.body import MOST_BYTES, read

FEED = "<rss><channel><title>{}</title></channel></rss>"


def title(raw: bytes) -> str | None:
    body = read(raw)
    assert body.xml is not None, body.fault
    return body.xml.findtext("channel/title")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("up&nbsp;again", "up\xa0again"),
        ("R&D", "R&D"),
        ("a & b", "a & b"),
        ("a && b &c", "a && b &c"),
        ("5 &lt; 6 &amp; so", "5 < 6 & so"),
        ("caf&eacute; &unheardof;", "café &unheardof;"),
        ("bell\x07 null\x00", "bell null"),
        ("bell &#7; and &#x1F; end", "bell  and  end"),
        ("dash &ndash; &#8211;", "dash – –"),
    ],
)
def test_xml_that_is_almost_well_formed_is_read_as_it_was_meant(written: str, meant: str) -> None:
    assert title(FEED.format(written).encode()) == meant


def test_a_prefix_that_nobody_declared_is_no_obstacle() -> None:
    assert title(FEED.format("x</title><media:thumb media:url='u'/><title>").encode()) == "x"


@pytest.mark.parametrize(
    ("declared", "encoded"),
    [
        ("UTF-8", "latin-1"),
        ("ISO-8859-1", "latin-1"),
        ("ISO-8859-1", "utf-8"),
        ("windows-1252", "cp1252"),
        ("no-such-thing", "utf-8"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-8"),
    ],
)
def test_an_encoding_that_is_not_the_declared_one_does_not_hide_the_text(
    declared: str, encoded: str
) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + FEED.format("Störung behoben")
    assert title(text.encode(encoded)) == "Störung behoben"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b"\n\n  ", codecs.BOM_UTF8 + b"\r\n"])
def test_what_stands_before_the_declaration_is_no_obstacle(mark: bytes) -> None:
    assert title(mark + b'<?xml version="1.0"?>' + FEED.format("x").encode()) == "x"


def test_a_comment_before_a_web_page_does_not_make_it_a_feed() -> None:
    body = read(b"<!-- a --> <!-- b -->\n<!DOCTYPE html><title>Sorry</title>")
    assert (body.kind, body.fault) == ("html", "a web page instead of a feed")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "refused"),
        (b'\x01<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "plain text"),
        (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a; & b</r>', "refused"),
        (b'<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><r>&nbsp;&c;</r>', "refused"),
        (b"<rss><channel><title>x</title>", "cut off"),
        (b"<rss><channel><title>caf\xe9", "cut off"),
        (b'<?xml version="1.0" encoding="no-such"?><rss>\xe9</rss>', "neither UTF-8"),
        (b"x" * (MOST_BYTES + 1), "longer than 2 MB"),
        (b"\x1f\x8b\x08\x00\x00", "neither UTF-8"),
    ],
    ids=lambda part: str(part)[:30],
)
def test_what_is_cut_or_hostile_says_so(raw: bytes, fault: str) -> None:
    assert fault in read(raw).fault


@pytest.mark.parametrize(
    "raw",
    [
        b"a=&" * 600_000 + b"{",
        b"<!---->" * 250_000 + b"x",
        b"<rss>" + b"&a" * 900_000 + b"</rss",
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"page":' * 100_000 + b"1" + b"}" * 100_000,
        b"<rss " + b'a:b="" ' * 250_000 + b"/>",
        b" " * 2_000_000,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_two_hostile_megabytes_end(raw: bytes) -> None:
    body = read(raw)
    assert body.fault or body.xml is not None


@given(st.text(max_size=200))
def test_any_text_in_an_element_is_read_or_has_a_fault(text: str) -> None:
    body = read(FEED.format(text).encode("utf-8", errors="replace"))
    assert (body.xml is not None) != bool(body.fault)
