"""A plan as a script: what a shell makes of it is what the bot would have sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot.runbooks.contract import TOKEN, Request
from incidentbot.runbooks.script import Part, script
from incidentbot.runbooks.wires.web import body_of

HOSTILE = [
    "plain", "it's", '"double"', "$(rm -rf /)", "`id`", "a\nb", "-x", "@/etc/passwd", "\\",
    "a;b&c|d",     "!!", "{a,b}", "*", "~", "üñí ☃", "'\"'\"'", "%s\\n", "$HOME", "#", "\t",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))


def ssm(**params: Any) -> dict[str, Any]:
    return Request("ssm", "PutParameter", "us-west-2", params).as_dict()


def lines(*parts: Part) -> list[str]:
    """The commands of it."""
    whole = script("P-1a2b3c4d", "ab" * 32, "Serve images from us-west-2", parts)
    inside = whole.split("\nset -eu\n", 1)[1].rsplit("\n)\n", 1)[0]
    return [line for line in inside.split("\n") if line and not line.startswith("#")]


def test_it_says_what_it_is_and_what_it_is_not() -> None:
    whole = script("P-1a2b3c4d", "ab" * 32, "Serve images from us-west-2",
                   [Part("Change the parameter", [ssm(Name="/a", Value="b")])])  # fmt: skip
    assert whole.startswith("# Plan P-1a2b3c4d: Serve images from us-west-2\n")
    assert "ab" * 32 in whole
    assert "THE GUARDS ARE NOT IN IT" in whole
    assert "# 1. Change the parameter\n" in whole
    expected = (
        "aws ssm put-parameter --region us-west-2 --cli-input-json"
        """ '{"Name": "/a", "Value": "b"}'"""
    )
    assert expected in whole.splitlines()


@given(JSON, JSON)
def test_aws_gets_exactly_the_params(name: Any, value: Any) -> None:
    whole = script("P", "h", "t", [Part("w", [ssm(Name=name, Value=value)])])
    words = shlex.split(whole, comments=True)
    at = words.index("--cli-input-json")
    assert json.loads(words[at + 1]) == {"Name": name, "Value": value}
    assert words[:3] == ["(", "set", "-eu"]
    assert words[3:8] == ["aws", "ssm", "put-parameter", "--region", "us-west-2"]
    assert words[at + 2 :] == [")"]


@given(TEXT, TEXT, LINE)
def test_curl_gets_exactly_the_body_the_address_and_the_headers(
    text: str, path: str, value: str
) -> None:
    params = {"url": f"https://api.example.com/{path}", "text": text, "headers": {"X-A": value}}
    request = Request("http", "PUT", "", params).as_dict()
    whole = script("P", "h", "t", [Part("w", [request])])
    words = shlex.split(whole, comments=True)
    assert words[words.index("--data-raw") + 1] == text
    assert words[words.index("--url") + 1] == params["url"]
    assert words[words.index("--header") + 1] == (f"X-A: {value}" if value else "X-A;")
    assert words[words.index("--request") + 1] == "PUT"


@given(LINE, st.text())
def test_a_proxy_hears_exactly_the_command_and_comments_hold_no_command(
    command: str, title: str
) -> None:
    request = Request("haproxy", "command", "[::1]:9999", {"command": command}).as_dict()
    whole = script(title, title, title, [Part(title, [request])])
    words = shlex.split(whole, comments=True)
    assert words[3:] == [
        "printf",
        "%s\\n",
        command,
        "|",
        "nc",
        "-w",
        "10",
        "--",
        "::1",
        "9999",
        ")",
    ]


def test_the_token_is_filled_in_where_it_is_known_and_asked_for_where_it_is_not() -> None:
    request = Request("cloudfront", "UpdateDistribution", "us-east-1",
                      {"Id": "E1", "IfMatch": TOKEN}).as_dict()  # fmt: skip
    (known,) = lines(Part("w", [request], token="E'TAG"))
    assert json.loads(shlex.split(known)[-1])["IfMatch"] == "E'TAG"
    (asked,) = lines(Part("w", [request]))
    assert "${TOKEN:?" in asked
    assert TOKEN not in asked


def test_blobs_are_base64_whether_bytes_or_text_and_s3_is_called_s3api() -> None:
    content = Request("appconfig", "CreateHostedConfigurationVersion", "us-west-2",
                      {"ApplicationId": "a", "Content": '{"o": 1}'}).as_dict()  # fmt: skip
    (line,) = lines(Part("w", [content]))
    words = shlex.split(line)
    assert words[1:3] == ["appconfig", "create-hosted-configuration-version"]
    assert words[words.index("--cli-binary-format") + 1] == "base64"
    assert base64.b64decode(json.loads(words[-1])["Content"]) == b'{"o": 1}'
    copy = Request("s3", "CopyObject", "us-west-2", {"Bucket": "b", "Key": "k"}).as_dict()
    assert lines(Part("w", [copy]))[0].startswith("aws s3api copy-object ")
    unknown = Request("no-such", "PutThing", "", {"Raw": b"\xff"}).as_dict()
    assert shlex.split(lines(Part("w", [unknown]))[0])[:3] == ["aws", "no-such", "put-thing"]


def test_what_the_bot_itself_does_is_told_and_what_no_command_can_say() -> None:
    house = Request("house", "Post", "", {"text": "a\nb"}).as_dict()
    zero = Request("http", "PUT", "", {"url": "https://a.example.com/", "text": "\0"}).as_dict()
    assert lines(Part("w", [house, zero])) == []
    whole = script("P", "h", "t", [Part("w", [house, zero])])
    assert '# the bot itself does this: Post {"text": "a\\nb"}' in whole
    assert "zero byte" in whole


def test_a_header_that_is_none_is_refused() -> None:
    request = Request("http", "PUT", "", {"url": "https://a.example.com/"}).as_dict()
    with pytest.raises(ValueError, match="name of a header"):
        script("P", "h", "t", [Part("w", [request], secrets={'X"$(id)': "KEY"})])


RECORD = """#!/bin/sh
{ printf '%s\\0' "$0" "$@"; printf 'END\\0'; } >> "$RECORD"
"""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    for name in ("aws", "curl"):
        (folder / name).write_text(RECORD)
        (folder / name).chmod(0o755)
    (folder / "nc").write_text('#!/bin/sh\n{ cat; printf "END\\0"; } >> "$RECORD"\n')
    (folder / "nc").chmod(0o755)
    return folder


def ran(tools: Path, text: str, **env: str) -> tuple[int, list[str]]:
    """What a real shell makes of it: (exit code, every command with its words)."""
    record = tools / "record"
    record.write_bytes(b"")
    path = f"{tools}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh"], input=text.encode(), env={"PATH": path, "RECORD": str(record), **env},
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode, record.read_bytes().decode().split("END\0")[:-1]


def test_a_real_shell_runs_it_with_hostile_values_and_secrets_from_the_environment(
    tools: Path,
) -> None:
    params = {"url": "https://api.example.com/x", "json": {"values": HOSTILE}}
    web = Request("http", "PATCH", "", params).as_dict()
    proxy = Request("haproxy", "command", "/run/h a'p.sock", {"command": "set x '$(id)'"}).as_dict()
    parts = [
        Part("one", [ssm(Name=value, Value=value) for value in HOSTILE]),
        Part("two", [web], secrets={"Authorization": "SHOP_KEY", "X-Key": ""}, sign="SHOP_SIGN"),
        Part("three", [proxy]),
    ]
    text = script("P-1", "ab", "t", parts)
    env = {"SHOP_KEY": "Bearer s3'cr$et", "SECRET_X_KEY": "k", "SHOP_SIGN": "sig"}
    code, calls = ran(tools, text, **env)
    assert code == 0
    assert [json.loads(call.split("\0")[-2])["Value"] for call in calls[: len(HOSTILE)]] == HOSTILE
    words = calls[len(HOSTILE)].split("\0")
    body, _ = body_of(params)
    assert body is not None
    assert words[words.index("--data-raw") + 1] == body.decode()
    assert "Authorization: Bearer s3'cr$et" in words
    assert "X-Key: k" in words
    signature = hmac.new(b"sig", body, hashlib.sha256).hexdigest()
    assert f"X-Signature-256: sha256={signature}" in words
    assert calls[-1] == "set x '$(id)'\n"
    assert "s3'cr" not in text


def test_a_secret_that_is_not_set_stops_it_before_anything_is_sent(tools: Path) -> None:
    web = Request("http", "PUT", "", {"url": "https://api.example.com/x"}).as_dict()
    text = script("P-1", "ab", "t", [Part("w", [web], secrets={"Authorization": "SHOP_KEY"})])
    code, calls = ran(tools, text)
    assert (code != 0, calls) == (True, [])
