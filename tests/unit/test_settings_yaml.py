from __future__ import annotations

import pytest

from incidentbot.settings import render
from incidentbot.settings.document import Document, Mark
from incidentbot.settings.yaml_lines import MAX_BYTES, parse


def document(text: str) -> Document:
    found, faults = parse(text.encode(), "f.yaml")
    assert found is not None
    assert not faults, render(faults)
    return found


def faults_in(content: bytes | str) -> str:
    data = content if isinstance(content, bytes) else content.encode()
    return render(parse(data, "f.yaml")[1])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, word) for word in ("no", "on", "yes", "off", "Y", "NO")),
        *((word, word) for word in ("12:30:00", "1:20", "0123", "0x1F", "1_000", "2026-11-24")),
        *((word, word) for word in (".inf", "1e999", "=", "1.", "9" * 30, "5s", "/incident")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("42", 42),
        ("-1", -1),
        ("2.5", 2.5),
        ('"42"', "42"),
        ("'no'", "no"),
        ('"true"', "true"),
        ('""', ""),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    found = document(f"key: {text}\n").get(("key",))
    assert (type(found), found) == (type(value), value)


def test_every_node_knows_its_line_and_column() -> None:
    found = document("a:\n  - x: 1\n    y: [2, {z: 3}]\nb: >\n  text\n")
    assert found.data == {"a": [{"x": 1, "y": [2, {"z": 3}]}], "b": "text\n"}
    assert found.mark(("a", 0, "x")) == Mark(2, 8)
    assert found.mark(("a", 0, "x"), key=True) == Mark(2, 5)
    assert found.mark(("a", 0, "y", 1, "z")) == Mark(3, 16)
    assert found.mark(("a",)) == Mark(1, 1)


def test_what_is_missing_is_pointed_at_by_what_is_around_it() -> None:
    found = document("# c\na:\n  b:\n    - c: 1\n")
    assert found.mark(("a", "b", 0, "nothing", "here")) == Mark(4, 7)
    assert found.mark(("a", "nothing")) == Mark(2, 1)
    assert found.mark(("nothing",)) == Mark(2, 1)


def test_a_list_entry_is_called_by_its_name() -> None:
    found = document("checks: [{name: canary, key: k}, {key: k}]\n")
    assert found.label(("checks", 0, "key")) == "checks[canary].key"
    assert found.label(("checks", 1, "key")) == "checks[1].key"


def test_keys_are_always_text() -> None:
    assert document("404: a\nno: b\nnull: c\n").data == {"404": "a", "no": "b", "null": "c"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "f.yaml:1: is empty (allowed: key: value)"),
        ("# only a comment\n", "f.yaml:1: is empty (allowed: key: value)"),
        ("\n- a\n- b\n", "f.yaml:2: is not a mapping (allowed: key: value at the top)"),
        ("just text", "f.yaml:1: is not a mapping (allowed: key: value at the top)"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key 'a' is there twice; first in line 1"),
        ("x: {a: 1, a: 2}\n", "f.yaml:1: x: the key 'a' is there twice; first in line 1"),
        (
            "a: &here 1\nb: *here\n",
            "f.yaml:1: has an anchor (&); write the value out where it is needed\n"
            "f.yaml:2: b: uses an alias (*); write the value out",
        ),
        ("a: !!str 1\n", "f.yaml:1: has a tag (!); plain values only"),
        ("a: !python/object:os.system {}\n", "f.yaml:1: has a tag (!); plain values only"),
        ("a:\n  <<: {b: 1}\n", "f.yaml:2: a: uses a merge key (<<); write the keys out"),
        ("? [a, b]\n: 1\n", "f.yaml:1: has a key that is not plain text"),
        ("'': 1\n", "f.yaml:1: has an empty key"),
        ("a:\n\tb: 1\n\tc: 1\n", "f.yaml:2: a tab in the indentation; use spaces\n"
         "f.yaml:3: a tab in the indentation; use spaces"),
        ("a: 1\n---\nb: 2\n",
         "f.yaml:2: a second document begins here (allowed: one document per file)"),
        ("a: [1\nb: 2\n", "f.yaml:2: is not YAML at column 2: while parsing a flow sequence, "
         "did not find expected ',' or ']'"),
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2: byte 0xe9 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: is not UTF-8 but UTF-16; save it as UTF-8"),
        ("a: 1\nb: \x07\n", "f.yaml:2: has the unprintable U+0007"),
        (b"a: " + b"x" * MAX_BYTES,
         "f.yaml:1: is larger than a configuration can be (allowed: at most 16 MB)"),
        ("a: " + "[" * 50, "f.yaml:1: a[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: "
         "is nested too deeply (allowed: at most 20 levels)"),
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(
    content: bytes | str, expected: str
) -> None:
    assert faults_in(content) == expected


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    found, faults = parse(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f.yaml")
    assert not faults
    assert found is not None
    assert found.data == {"a": 1, "b": 2}
    assert found.mark(("b",)).line == 2


def test_a_fault_of_the_structure_does_not_hide_the_next_one() -> None:
    assert faults_in("a: &x 1\nb: !t 2\nc: 3\nc: 4\n").count("\n") == 2


def test_a_refused_key_takes_its_whole_value_with_it() -> None:
    found, faults = parse(b"a: 1\na: {b: [1, {c: 2}]}\nd: 4\n", "f.yaml")
    assert len(faults) == 1
    assert found is not None
    assert found.data == {"a": 1, "d": 4}
