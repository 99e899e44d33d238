"""A page of a listing is read fast only where that is surely what a real parser reads."""

from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incidentbot.errors import Permanent
from incidentbot.runbooks.listing import Row
from incidentbot.runbooks.origins import _page
from incidentbot.runbooks.origins.azure_blob import _page as azure_page
from incidentbot.runbooks.origins.http import rows_of

MD5 = "0123456789abcdef0123456789abcdef"
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n'
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
# What XML can hold; with encoding-type=url a key may be anything.
plain = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n"), min_size=1
)
etags = st.sampled_from([MD5, f"{MD5}-12", "", "W/x", MD5.upper()])
quotes = st.sampled_from(["&quot;", '"', "&#34;", ""])
extras = st.sampled_from(
    [
        "",
        "<StorageClass>STANDARD</StorageClass>",
        "<Owner><ID>1</ID><DisplayName>a &amp; b</DisplayName></Owner>",
        "<Other>1</Other>",
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>",
        "<!-- a comment -->",
        "<StorageClass><![CDATA[<Contents>]]></StorageClass>",
    ]
)


def listing(entries: list[str], encoded: bool, more: bool = False, head: str = DECLARED) -> bytes:
    url = "<EncodingType>url</EncodingType>" if encoded else ""
    told = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    body = f"<ListBucketResult {space}>{told}{url}{''.join(entries)}</ListBucketResult>"
    return (head + body).encode()


def entry(key: str, etag: str = MD5, mark: str = "&quot;", extra: str = "", size: str = "7") -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>{mark}{etag}{mark}</ETag><Size>{size}</Size>{extra}</Contents>"
    )


@given(
    st.lists(st.tuples(keys, etags, quotes, extras, st.sampled_from(["0", "7", "12345678901"]))),
    st.booleans(),
    st.sampled_from([quote, quote_plus]),
)
@example([("a b+c%&<>\r\x00\U0010ffff", MD5, '"', "", "7")], False, quote_plus)
def test_what_is_read_fast_is_what_a_parser_reads(
    rows: list[tuple[str, str, str, str, str]], more: bool, encode: object
) -> None:
    body = listing(
        [entry(encode(key), etag, mark, extra, size) for key, etag, mark, extra, size in rows],  # type: ignore[operator]
        encoded=True,
        more=more,
    )
    wanted = _page._parsed(body, "b")
    assert wanted.more is more
    assert [row[0] for row in wanted.rows] == [key.encode() for key, *_ in rows]
    assert _page.read(body, "b") == wanted
    fast = _page._fast(body)
    assert fast is None or fast == wanted


@given(st.lists(plain))
@example(["a&b", "c<d", "e>f", "x&amp;y", "ü/日本", "]]"])
def test_keys_that_are_not_encoded_are_unpacked_as_a_parser_does(found: list[str]) -> None:
    body = listing([entry(escape(key)) for key in found], encoded=False)
    assert _page.read(body, "b") == _page._parsed(body, "b")


def test_the_usual_page_is_read_fast() -> None:
    extra = "<StorageClass>STANDARD</StorageClass>"
    body = listing([entry(f"a/{n}.png", extra=extra) for n in range(3)], encoded=True, more=True)
    page = _page._fast(body)
    assert page is not None and page.more
    assert page.rows == [(f"a/{n}.png".encode(), MD5.encode(), b"7") for n in range(3)]


@pytest.mark.parametrize(
    "body",
    [
        listing([entry("a", extra="<!-- x -->")], encoded=True),
        listing([entry("a")], encoded=True).replace(b"<Key>", b"<Key >"),
        listing([entry("a")], encoded=True, head='<?xml version="1.0" encoding="ISO-8859-1"?>'),
        listing([entry("a&#10;b")], encoded=False),
        listing([entry("a\r\nb")], encoded=False),
        listing([entry("a", size="007")], encoded=True),
        listing([entry("a"), entry("b").replace("<Size>7</Size>", "")], encoded=True),
        listing([entry("a")], encoded=True)[:-3],
        listing([], encoded=True).replace(b"<IsTruncated>false</IsTruncated>", b""),
        b"<html>welcome to the guest network</html>",
    ],
)
def test_whatever_is_unusual_goes_to_the_parser(body: bytes) -> None:
    assert _page._fast(body) is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>welcome</html>", "not one of a bucket"),
        (b"nothing", "no XML"),
        (listing([entry("a")], encoded=True)[:-30], "no XML"),
        (listing([entry("a").replace("<Size>7</Size>", "")], encoded=True), "without key or size"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>', "no XML"),
    ],
)
def test_what_is_no_page_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(Permanent, match=says):
        _page.read(body, "bucket b")


def test_a_page_of_azure_goes_on_from_its_mark() -> None:
    body = (
        "<?xml version='1.0' encoding='utf-8'?><EnumerationResults><Blobs>"
        "<Blob><Name>a &amp; b</Name><Properties><Content-Length>3</Content-Length>"
        "<Content-MD5>kAFQmDzST7DWlj99KOF/cg==</Content-MD5></Properties></Blob>"
        "<Blob><Name>c</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>"
        "</Blobs><NextMarker>2!x</NextMarker></EnumerationResults>"
    )
    page = azure_page(body.encode(), "c")
    assert (page.more, page.mark) == (True, "2!x")
    assert page.rows == [(b"a & b", b"900150983cd24fb0d6963f7d28e17f72", b"3"), (b"c", b"", b"0")]
    with pytest.raises(Permanent, match="not one of a container"):
        azure_page(b"<Other/>", "c")


MANIFEST: list[Row] = [(b"a, b", b"x", b"3"), (b"c", b"", b"0")]


@pytest.mark.parametrize(
    "text",
    [
        '[{"key": "a, b", "size": 3, "etag": "X"}, {"key": "c", "size": 0}]',
        '"a, b",3,x\nc,0,\n',
        "a, b\t3\tx\nc\t0\t\n",
    ],
)
def test_a_manifest_is_json_or_lines(text: str) -> None:
    assert rows_of(text.encode(), "m") == MANIFEST


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,3\nb\n", "entry 2 needs a key and a size"),
        ("a,-3\n", "entry 1"),
        ("[3]", "entry 1"),
        ("[", "cannot be read"),
        ("ä".encode("latin-1").decode("latin-1") + ",x", "entry 1"),
    ],
)
def test_a_manifest_that_is_wrong_names_the_entry(text: str, says: str) -> None:
    with pytest.raises(Permanent, match=says):
        rows_of(text.encode(), "m")
