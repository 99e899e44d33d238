"""The diff names exactly the fields that differ, and the allow-list lets through no others."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.runbooks.diff import GONE, HIDDEN, fields, masked, outside

KEYS = st.text("ab.\\*", min_size=1, max_size=3)
LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.text("xy", max_size=2)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def test_fields_are_named_by_their_path() -> None:
    before = {"D": {"T": "one", "x": 1}, "C": {"Items": [{"T": "a"}, {"T": "b"}]}, "gone": 1}
    after = {"D": {"T": "two", "x": 1}, "C": {"Items": [{"T": "a"}, {"T": "c"}]}, "new": None}
    assert fields(before, after) == [
        ("C.Items.1.T", "b", "c"),
        ("D.T", "one", "two"),
        ("gone", 1, GONE),
        ("new", GONE, None),
    ]


def test_a_list_of_another_length_differs_as_a_whole() -> None:
    assert fields({"a": [1]}, {"a": [1, 2]}) == [("a", [1], [1, 2])]


def test_true_is_not_one() -> None:
    assert fields({"a": True}, {"a": 1}) == [("a", True, 1)]


def test_what_is_not_there_differs_from_whatever_is() -> None:
    assert fields({}, {"a": GONE}) == [("a", GONE, GONE)]


def test_a_star_is_one_part_and_nothing_else_is_a_pattern() -> None:
    allowed = ("C.Items.*.T", "R.*.Weight", "a+b")
    fine = ["C.Items.2.T", "R.back\\.up.Weight", "a+b"]
    wrong = ["C.Items.T", "C.Items.2.T.x", "xC.Items.2.T", "C.Items.1.2.T", "C.Items.2.U",
             "R.back.up.Weight", "aab", "R..Weight", "a+b\n"]  # fmt: skip
    assert outside([*fine, *wrong], allowed) == wrong
    assert outside(fine, ()) == fine


def test_what_is_hidden_is_hidden_wherever_it_stands() -> None:
    shown = {"a": [{"HeaderValue": {"x": "secret"}, "HeaderName": "X"}], "n": 1}
    kept = json.dumps(shown)
    assert masked(shown, ("HeaderValue",)) == {
        "a": [{"HeaderValue": HIDDEN, "HeaderName": "X"}],
        "n": 1,
    }
    assert json.dumps(shown) == kept


@given(DOCUMENTS)
def test_what_is_the_same_has_no_diff(document: dict[str, Any]) -> None:
    assert fields(document, document) == []


@given(DOCUMENTS, DOCUMENTS)
def test_whatever_differs_is_named_once_with_both_sides(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = fields(before, after)
    paths = [path for path, _, _ in found]
    assert len(set(paths)) == len(paths)
    assert bool(found) == (repr(_sorted(before)) != repr(_sorted(after)))
    assert [(p, b, a) for p, a, b in fields(after, before)] == found


@given(st.lists(KEYS, min_size=1, max_size=4), LEAVES)
def test_each_key_is_one_part_whatever_it_is_called(keys: list[str], leaf: Any) -> None:
    document: Any = leaf
    for key in reversed(keys):
        document = {key: document}
    other: Any = "something else"
    for key in reversed(keys):
        other = {key: other}
    ((path, _, _),) = fields(document, other)
    assert outside([path], [".".join("*" for _ in keys)]) == []
    assert outside([path], [".".join("*" for _ in [*keys, ""])]) == [path]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
