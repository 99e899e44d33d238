"""The formats: the same facts in each, hostile text stays text, JSON comes back unharmed."""

from __future__ import annotations

import html as entities
import json as stdlib_json
import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incidentbot.errors import Permanent
from incidentbot.postmortem import chart_text, words
from incidentbot.postmortem.compose import compose
from incidentbot.postmortem.exporters import html, json, markdown
from incidentbot.postmortem.model import Draft, Facts
from tests.unit import postmortem_cases as cases

GFM = MarkdownIt("gfm-like", {"html": True, "linkify": False})


class Page(HTMLParser):
    """What a reader of the page sees, and every tag and attribute in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.seen: list[str] = []
        self._quiet = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._quiet += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.seen.append(data)

    @property
    def text(self) -> str:
        return _flat(" ".join(self.seen))


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", entities.unescape(text))


def seen_in_html(draft: Draft) -> Page:
    return Page(html.export(draft).decode())


def seen_in_markdown(draft: Draft) -> Page:
    return Page(GFM.render(markdown.export(draft).decode()))


def every_text(value: object) -> list[str]:
    """Every string of the JSON that a reader is meant to read."""
    if isinstance(value, dict):
        keys = {"kind", "id", "shape", "shade", "state", "start", "end", "at", "until", "learned",
                "made_at", "ended_at", "as_of", "basis", "strips", "actions", "language", "due",
                "what", "type", "zone"}  # fmt: skip
        return [text for k, v in value.items() if k not in keys for text in every_text(v)]
    if isinstance(value, list):
        return [text for item in value for text in every_text(item)]
    return [value] if isinstance(value, str) and value else []


@pytest.mark.parametrize(
    "facts", [cases.complete(), cases.nobody_came(), cases.told_by_a_person(), cases.hostile()]
)
def test_all_formats_carry_the_same_facts(facts: Facts) -> None:
    draft = compose(facts)
    told = every_text(stdlib_json.loads(json.export(draft))["draft"])
    assert len(told) > 40
    page, text = seen_in_html(draft).text, seen_in_markdown(draft).text
    assert [t for t in told if _flat(t) not in page and t != cases.HOSTILE] == []
    plain = [t for t in told if cases.HOSTILE not in t]
    assert [t for t in plain if _flat(t) not in text] == []


def test_hostile_text_is_text_in_html() -> None:
    page = seen_in_html(compose(cases.hostile()))
    names = {name for name, _ in page.tags}
    assert not names & {"script", "a", "img", "iframe", "object", "link", "base", "form"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("src", "href") for name in attributes)
    assert "<script>alert(1)</script>" in "".join(page.seen)


def test_hostile_text_is_text_in_markdown() -> None:
    made = markdown.export(compose(cases.hostile())).decode()
    page = Page(GFM.render(made))
    names = {name for name, _ in page.tags}
    known = {"h1", "h2", "h3", "p", "strong", "em", "blockquote", "table", "thead", "tbody", "tr",
             "th", "td", "br", "ul", "li", "code", "pre"}  # fmt: skip
    assert names <= known
    assert made.count("<script") == made.count("\\<script") + _fenced(made).count("<script")
    assert "<script>alert(1)</script> [x](javascript:alert(1))" in "".join(page.seen)


def _fenced(made: str) -> str:
    return "".join(re.findall(r"^```text\n(.*?)^```$", made, re.S | re.M))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_survives_markdown_as_itself(text: str) -> None:
    page = Page(GFM.render(f"| a |\n| --- |\n| {markdown.escape(text)} |\n"))
    assert _flat("".join(page.seen)) == _flat("a" + entities.escape(words.clean(text)))
    assert {name for name, _ in page.tags} <= {"table", "thead", "tbody", "tr", "th", "td"}


def test_a_mention_or_a_link_is_broken_for_those_who_look_after_parsing() -> None:
    made = markdown.escape("ask @maya, see http://x.example and www.x.example, #12 :fire:")
    assert "@maya" not in made
    assert "://" not in made
    assert "www." not in made
    assert ":fire:" not in made


def test_marks_that_turn_the_reading_direction_are_left_out() -> None:
    facts = cases.complete()
    title = "all \u202eyllaer\u202c well\x00\x1b[31m\nnext"
    draft = compose(replace(facts, incident=replace(facts.incident, title=title)))
    for made in (html.export(draft), markdown.export(draft)):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", made.decode())
    assert json.read(json.export(draft)).head.title == title


def test_a_line_of_ten_thousand_characters_is_carried_whole() -> None:
    facts = cases.complete()
    long = "x" * 10_000
    draft = compose(replace(facts, entries=(replace(facts.entries[-1], text=long),)))
    for made in (html.export(draft), markdown.export(draft), json.export(draft)):
        assert long in made.decode()


def test_html_stands_alone() -> None:
    made = html.export(compose(cases.complete())).decode()
    rest = made.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert not re.search(r"https?://|<script|@import|url\((?!#)|<link", rest)
    assert len(made) < 1_000_000
    assert made.startswith("<!doctype html>")


def test_json_says_its_version_and_refuses_others() -> None:
    made = json.export(compose(cases.complete()))
    top = stdlib_json.loads(made)
    assert (top["format"], top["version"]) == ("incidentbot-postmortem", 1)
    with pytest.raises(Permanent, match="version"):
        json.read(made.replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(Permanent, match="beginning"):
        json.read(b"{")
    assert "Envelope" in json.schema()["title"]


WORDS = st.text(max_size=12)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    type(None): st.none(),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type of the draft; times are aware, numbers finite."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        parts = [any_of(part) for part in get_args(kind) if part is not ...]
        return st.lists(parts[0], max_size=2).map(tuple)
    if get_args(kind):
        return st.one_of(*(any_of(part) for part in get_args(kind)))
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.name: any_of(hints[f.name]) for f in fields(kind)})


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_of(Draft))
def test_json_brings_any_draft_back(draft: Draft) -> None:
    assert json.read(json.export(draft)) == draft


def test_the_chart_in_letters_lines_up() -> None:
    (picture,) = next(s for s in compose(cases.complete()).sections if s.id == "chart").blocks
    assert picture.kind == "chart"
    rows = chart_text.plain(picture).splitlines()[:4]
    assert rows[0].startswith("users affected")
    assert rows[1].startswith("shop-image")
    assert len({len(row) for row in rows[1:]}) == 1
    assert "█" in rows[1]
