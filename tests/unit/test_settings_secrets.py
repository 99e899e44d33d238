from __future__ import annotations

import logging
from pathlib import Path

import pytest

from incidentbot.settings import check, load, render
from tests.unit.settings_cases import (
    APP,
    BOT,
    ENV,
    KNOWN,
    SIGNING,
    VALID,
    changed,
    line_of,
    refusal,
    write,
)

PASSWORD = "hunter2-and-more"


def test_each_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"  {BOT}\r\n")
    env = {"SLACK_BOT_TOKEN_FILE": str(secret), "SLACK_APP_TOKEN": APP}
    access = load(write(tmp_path, VALID), env, KNOWN).access
    assert access is not None
    assert access.bot_token.get_secret_value() == BOT


def test_a_database_address_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"postgres://bot:{PASSWORD}@db/bot\n")
    storage = load(write(tmp_path, VALID), ENV | {"DATABASE_URL_FILE": str(secret)}, KNOWN).storage
    assert storage.database.get_secret_value() == f"postgresql+psycopg://bot:{PASSWORD}@db/bot"
    assert PASSWORD not in repr(storage)


@pytest.mark.parametrize(
    ("env", "mode"),
    [
        ({"SLACK_APP_TOKEN": APP}, "socket"),
        ({"SLACK_SIGNING_SECRET": SIGNING}, "http"),
        ({"SLACK_APP_TOKEN": APP, "SLACK_SIGNING_SECRET": SIGNING}, "socket"),
    ],
)
def test_an_app_token_or_a_signing_secret_is_enough(
    tmp_path: Path, env: dict[str, str], mode: str
) -> None:
    access = load(write(tmp_path, VALID), {"SLACK_BOT_TOKEN": BOT, **env}, KNOWN).access
    assert access is not None
    assert access.mode == mode


def test_without_either_both_ways_are_named(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, VALID), {})
    assert "environment: SLACK_BOT_TOKEN: is not set: the bot token (xoxb-...)" in text
    assert "SLACK_APP_TOKEN (xapp-..., for Socket Mode: no public address needed)" in text
    assert "SLACK_SIGNING_SECRET (for HTTP: Slack calls web.public_url)" in text


def test_secrets_are_not_looked_at_where_they_are_not_needed(tmp_path: Path) -> None:
    path = write(tmp_path, VALID)
    assert load(path, {}, KNOWN, need_secrets=False).access is None
    assert load(path, {"SLACK_BOT_TOKEN": "odd"}, KNOWN, need_secrets=False).access is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-abc", "must be a bot token; it holds a user token"),
        ("SLACK_BOT_TOKEN", APP, "must be a bot token; it holds an app token"),
        ("SLACK_APP_TOKEN", BOT, "must be an app token; it holds a bot token"),
        ("SLACK_APP_TOKEN", "something", "must be an app token; it does not look like one"),
        ("SLACK_BOT_TOKEN", "xoxb-a b", "has spaces, line breaks or unusual characters within"),
        ("SLACK_BOT_TOKEN_FILE", "/etc", "SLACK_BOT_TOKEN: is set twice, also by SLACK_BOT_"),
        ("SLACK_SIGNING_SECRET_FILE", "/no/file", "cannot be read: No such file or directory"),
        ("SLACK_API_URL", "slack.example.com/api", "is not a web address (allowed: http://... or"),
        ("SLACK_API_URL", f"https://u:{PASSWORD}@h/", "has a user or password in it"),
        ("DATABASE_URL", f"mysql://u:{PASSWORD}@h/d", "is not a database address"),
        ("PORT", "70000", "cannot be '70000' (allowed: a port, 0 to 65535)"),
        ("PORT", "٨٠", "a port, 0 to 65535"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named_and_its_value_is_not(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    faults = check(write(tmp_path, VALID), ENV | {name: value}, KNOWN)
    assert len(faults) == 1, render(faults)
    assert words in str(faults[0])
    assert str(faults[0]).startswith("environment: ")
    assert faults[0].line is None
    assert PASSWORD not in str(faults[0])
    assert BOT not in str(faults[0])
    assert APP not in str(faults[0])


@pytest.mark.parametrize("content", [b"", b" \n", b"x" * 70_000])
def test_a_secret_file_with_nothing_useful_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    env = {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET_FILE": str(tmp_path / "secret")}
    assert "SLACK_SIGNING_SECRET_FILE: names a file that" in refusal(write(tmp_path, VALID), env)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "https://slack.com/api/"),
        ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"),
        ("https://slack.example.com/api/", "https://slack.example.com/api/"),
    ],
)
def test_another_slack_server_can_be_named(tmp_path: Path, given: str, used: str) -> None:
    access = load(write(tmp_path, VALID), ENV | {"SLACK_API_URL": given}, KNOWN).access
    assert access is not None
    assert access.api_url == used


@pytest.mark.parametrize(
    ("key", "home"),
    [
        ("bot_token", "SLACK_BOT_TOKEN"),
        ("app_token", "SLACK_APP_TOKEN"),
        ("signing_secret", "SLACK_SIGNING_SECRET"),
        ("token", "SLACK_BOT_TOKEN"),
        ("password", "SLACK_BOT_TOKEN"),
        ("API-Key", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_secret_in_the_file_is_sent_to_the_environment(
    tmp_path: Path, key: str, home: str
) -> None:
    text = changed("slack: {", f"slack: {{{key}: {PASSWORD}, ")
    message = refusal(write(tmp_path, text))
    assert f"incidentbot.yaml:2: slack.{key}: secrets do not belong in this file" in message
    assert f"set {home} in the environment, or {home}_FILE with the path of a file" in message
    assert PASSWORD not in message


def test_secrets_of_other_parts_have_their_own_home(tmp_path: Path) -> None:
    text = changed("bucket: b2}", f"bucket: b2, secret_access_key: {PASSWORD}}}")
    assert PASSWORD not in refusal(write(tmp_path, text))
    text = changed("bucket: b2}", f"bucket: b2, session_token: {PASSWORD}}}")
    assert "origins[us-west-2].session_token: secrets do not belong" in (
        message := refusal(write(tmp_path, text))
    )
    assert "AWS's own environment variables, profile or role" in message
    text = changed("storage: {", f"storage: {{password: {PASSWORD}, ")
    assert "set DATABASE_URL in the environment" in refusal(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('announce: "#incidents"', f"announce: {BOT}"),
        ("oncall: [maya]", f"oncall: [{APP}]"),
        ("name: Shop\n", f"name: {BOT}\n"),
        ("severity: 2", f"severity: {BOT}"),
        ("every: 5s", f"every: {BOT}"),
        ("name: aws-status", f"name: {BOT}"),
        ("kind: ssm_parameter", f"kind: {BOT}"),
        ("runbooks: books\n", f"{BOT}: 1\n"),
        ("runbooks: books\n", f"{BOT}: 1\n{BOT}: 1\n"),
        ("dependency: s3-us-east-1", f"dependency: {SIGNING}"),
        ("kind: ssm_parameter", f"kind: {SIGNING}"),
        ("severity: 2", f"severity: {SIGNING}"),
        ("sqlite:///data/incidentbot.db", f"postgresql://bot:{PASSWORD}@db/bot"),
        ("sqlite:///data/incidentbot.db", f"postgresql://db/bot?password={PASSWORD}"),
        ("http://127.0.0.1:9/x.svg", f"https://bot:{PASSWORD}@shop.example.com/x.svg"),
        ("parameter: /shop/asset-origin", "parameter: AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_never_shown(
    tmp_path: Path, old: str, new: str
) -> None:
    text = changed(old, new)
    message = refusal(write(tmp_path, text))
    for secret in (BOT, APP, SIGNING, PASSWORD, "AKIAIOSFODNN7EXAMPLE"):
        assert secret not in message
    assert f"incidentbot.yaml:{line_of(text, new)}" in message


def test_settings_never_show_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    env = ENV | {
        "SLACK_SIGNING_SECRET": SIGNING,
        "DATABASE_URL": f"postgres://bot:{PASSWORD}@db/bot",
    }
    settings = load(write(tmp_path, VALID), env, KNOWN)
    logging.getLogger("test").warning("%s %r", settings, settings.access)
    text = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    for secret in (BOT, APP, SIGNING, PASSWORD):
        assert secret not in text + caplog.text


def test_templates_are_refused_because_nothing_would_fill_them_in(tmp_path: Path) -> None:
    text = changed("bucket: b2", "bucket: ${BUCKET}").replace("name: Shop\n", "name: ${NAME}\n")
    lines = refusal(write(tmp_path, text.replace("bucket: ${BUCKET}", 'bucket: "${BUCKET}"')))
    assert "incidentbot.yaml:1: name: holds a ${...}, which is not filled in" in lines
    assert "origins[us-west-2].bucket: holds a ${...}" in lines
