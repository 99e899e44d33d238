"""mrkdwn becomes the HTML a person expects, and hostile text stays text."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.rehearsal.workspace.render.markdown import markdown
from incidentbot.rehearsal.workspace.render.mrkdwn import mrkdwn
from incidentbot.rehearsal.workspace.render.reader import Reader
from incidentbot.rehearsal.workspace.render.rich_text import rich_text

READER = Reader(
    me="U1",
    zone=ZoneInfo("Europe/Berlin"),
    now=datetime(2017, 2, 28, 18, 30, tzinfo=UTC),
    users={"U1": "Maya", "U2": "Jonas"},
    channels={"C1": "incidents"},
)

TAGS = {"strong", "em", "s", "code", "pre", "blockquote", "a", "span", "time", "br"}
MORE_TAGS = TAGS | {"div", "ul", "ol", "li", "p", "hr", "h3", "h4", "h5", "h6"}
ATTRIBUTES = {"class", "href", "target", "rel", "datetime", "title", "data-user", "role"}


class Strict(HTMLParser):
    """Fails on a tag or attribute that is not allowed, an unsafe address, or bad nesting."""

    def __init__(self, tags: set[str]) -> None:
        super().__init__()
        self.tags = tags
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.tags, tag
        for name, value in attrs:
            assert name in ATTRIBUTES | {"aria-label", "start"}, name
            if name == "href":
                assert (value or "").startswith(("http://", "https://", "mailto:", "/channels/"))
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


def checked(html: str, tags: set[str] = TAGS) -> Strict:
    parser = Strict(tags)
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~", "<strong>bold</strong> <em>it</em> <s>no</s>"),
        ("_*both*_", "<em><strong>both</strong></em>"),
        ("us_west_2 and 2*3*4", "us_west_2 and 2*3*4"),
        ("*not closed", "*not closed"),
        ("`*raw* <b>`", "<code>*raw* &lt;b&gt;</code>"),
        ("a &amp; b &lt;i&gt; &nbsp;", "a &amp; b &lt;i&gt; &amp;nbsp;"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\nafter", "<blockquote>said</blockquote>after"),
        ("before ```\na *b*\n``` after", "before <pre><code>a *b*</code></pre> after"),
        ("*<https://a_b.c/d_e|x>*", None),
        (":nosuchthing: 12:30:45", ":nosuchthing: 12:30:45"),
        ("<!here> <@U2>", None),
    ],
)
def test_marks_become_html(text: str, html: str | None) -> None:
    made = str(mrkdwn(text, READER))
    checked(made)
    if html is not None:
        assert made == html


def test_links_keep_their_address_and_label() -> None:
    made = str(mrkdwn("*<https://a.test/d_e_f?x=1&amp;y=2|the *report*>*.", READER))
    assert 'href="https://a.test/d_e_f?x=1&amp;y=2"' in made
    assert made.startswith("<strong><a ") and ">the *report*</a></strong>." in made


def test_bare_addresses_are_linked_without_the_full_stop() -> None:
    made = str(mrkdwn("see https://status.test/a.", READER))
    assert 'href="https://status.test/a"' in made and made.endswith("</a>.")
    assert "<a" not in mrkdwn("see https://status.test/a", READER, parse="none")


def test_mentions_show_names_and_mark_the_reader() -> None:
    made = str(mrkdwn("<@U1> <@U2> <#C1> <#C9|hidden> <!channel>", READER))
    assert '<span class="mention me" data-user="U1">@Maya</span>' in made
    assert ">@Jonas</span>" in made and 'href="/channels/C1?as=U1">#incidents</a>' in made
    assert ">#hidden</span>" in made and ">@channel</span>" in made


def test_a_bare_here_counts_in_blocks_but_not_in_verbatim_text() -> None:
    assert "mention" in mrkdwn("hi @here", READER)
    assert mrkdwn("hi @here", READER, parse="none") == "hi @here"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!date^1488303471^{time}|17:37 UTC>", "18:37"),
        ("<!date^1488303471^{date_short_pretty} {time_secs}|x>", "today 18:37:51"),
        ("<!date^1488303471^{date_num}|x>", "2017-02-28"),
        ("<!date^1488303471^{date_long}|x>", "Tuesday, February 28th, 2017"),
        ("<!date^1488303471^{ago}|x>", "52 minutes ago"),
        ("<!date^soon^{time}|17:37 UTC>", "17:37 UTC"),
        ("<!date^1488303471^{nosuch}|17:37 UTC>", "17:37 UTC"),
    ],
)
def test_dates_are_shown_in_the_readers_zone(text: str, shown: str) -> None:
    assert checked(str(mrkdwn(text, READER))).text == shown


PIECES = st.sampled_from(
    [
        "*",
        "_",
        "~",
        "`",
        "```",
        "<",
        ">",
        "&lt;",
        "&gt;",
        "&amp;",
        "|",
        ":",
        "^",
        "@",
        "#",
        "!",
        "\n",
        "<@U1>",
        "<#C1>",
        "<!here>",
        "<!date^1^{time}|x>",
        ":x:",
        "<https://a.test|b>",
        "<javascript:x|y>",
        "<img/src=x>",
        '"',
        "'",
        "onerror=",
        "https://a.test",
        "@here",
        "\ue000",
        "0",
        "\ue001",
        "**",
        "__",
        "[a](javascript:x)",
        "[a](https://b.test)",
        "#",
        "-",
        "1.",
        ">",
        "---",
        "<!--",
    ]
)
HOSTILE = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=30).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=HOSTILE, parse=st.sampled_from(["names", "links", "none"]))
def test_no_text_makes_a_tag_that_is_not_allowed(text: str, parse: str) -> None:
    checked(str(mrkdwn(text, READER, parse=parse)))


@settings(max_examples=200, deadline=None)
@given(text=HOSTILE)
def test_no_markdown_makes_a_tag_that_is_not_allowed(text: str) -> None:
    checked(str(markdown(text)), MORE_TAGS)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), HOSTILE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(["text", "link", "user", "channel", "emoji", "date", "x"]),
    values=st.lists(JSON, min_size=6, max_size=6),
)
def test_rich_text_of_any_shape_stays_safe(kind: str, values: list[object]) -> None:
    names = ("text", "url", "user_id", "name", "timestamp", "style")
    inner = {"type": kind, **dict(zip(names, values, strict=True))}
    block = {"elements": [{"type": "rich_text_section", "elements": [inner]}, *values]}
    checked(str(rich_text(block, READER)), MORE_TAGS)


def test_a_very_long_hostile_text_takes_no_time() -> None:
    for piece in ("*a ", "<", "_*~", "`", ":a", "https://", "> *x* "):
        checked(str(mrkdwn(piece * (12_000 // len(piece)), READER)))
