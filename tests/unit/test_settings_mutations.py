"""Whatever is done to a good file: it loads, or every fault points at a line that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from incidentbot.errors import ConfigError
from incidentbot.settings import load
from tests.unit.settings_cases import APP, BOT, ENV, KNOWN, VALID

LINES = VALID.split("\n")
WORDS = sorted(set(re.findall(r"[\w./:-]+|[\[\]{},]", VALID)))
ODD = st.sampled_from(
    [
        *("", "\t", "&a ", "*a", "!x ", "- ", "---\n", ": ", "#", "'", '"', "\x00", "\r", "\u2028"),
        *("null", "no", "on", "12:30:00", "1e999", "-1", "[]", "{}", "[[[", "? ", "|\n", "% ", "@"),
        *("${TOKEN}", BOT, APP, "token: x\n", "name: x\n", "kind: http\n", "<<: {a: 1}\n"),
        *("é", "\N{GRINNING FACE}", "'{key}'", "`"),
    ]
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """One to four edits: a word exchanged, a line dropped, repeated or moved, something put in."""
    text = VALID
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["word", "drop", "repeat", "indent", "insert", "cut"])):
            case "word":
                word, other = draw(st.sampled_from(WORDS)), draw(st.sampled_from(WORDS) | ODD)
                lines[at] = lines[at].replace(word, other, 1)
            case "drop":
                del lines[at]
            case "repeat":
                lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
            case "indent":
                lines[at] = " " * draw(st.integers(0, 8)) + lines[at].lstrip()
            case "insert":
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + draw(ODD) + lines[at][column:]
            case "cut":
                lines[at:] = [lines[at][: draw(st.integers(0, len(lines[at])))]]
        text = "\n".join(lines)
    return text


def loads_or_points_at_a_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        load(path, ENV, KNOWN)
    except ConfigError as error:
        message = error.message
    else:
        return
    last = max(1, len(content.split(b"\n")))
    for row in message.split("\n"):
        where = re.match(re.escape(str(path)) + r":(\d+): .", row)
        assert where, row
        assert 1 <= int(where[1]) <= last, row
    assert BOT not in message
    assert APP not in message


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "incidentbot.yaml"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=mutations())
def test_a_changed_file_loads_or_tells_where_it_is_wrong(path: Path, text: str) -> None:
    loads_or_points_at_a_line(path, text.encode())


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
@example(content=b"\xff\xfe\x00")
@example(content=b"a: '\n\n\n")
@example(content=b"? \n")
@example(content=b"\n\n\n---\n...\n")
def test_bytes_that_are_no_configuration_are_refused_with_a_line(
    path: Path, content: bytes
) -> None:
    loads_or_points_at_a_line(path, content)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="ab:-[]{},'\"&*!|>%@`?#~ \n\t<$\\0", max_size=80))
def test_yaml_like_noise_is_refused_with_a_line(path: Path, text: str) -> None:
    loads_or_points_at_a_line(path, text.encode())
