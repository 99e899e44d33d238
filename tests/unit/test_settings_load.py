from __future__ import annotations

import copy
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from incidentbot.errors import ConfigError
from incidentbot.settings import (
    Known,
    Settings,
    SettingsModel,
    check,
    format_duration,
    load,
    parse_duration,
)
from incidentbot.settings.options import fill
from incidentbot.settings.yaml_lines import read
from tests.unit.settings_cases import (
    ENV,
    KNOWN,
    VALID,
    HttpOptions,
    S3Options,
    changed,
    refusal,
    write,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(write(tmp_path, VALID), ENV, KNOWN)


def test_a_valid_file_has_no_faults(tmp_path: Path) -> None:
    assert check(write(tmp_path, VALID), ENV, KNOWN) == []


def test_checks_carry_the_options_of_their_plug_in(settings: Settings) -> None:
    canary, image = settings.dependencies[0].checks
    assert canary.options == S3Options(
        origin="us-east-1", key="canary.txt", slow=timedelta(seconds=1)
    )
    assert isinstance(image.options, HttpOptions)
    assert image.options.slow == timedelta(milliseconds=1500)
    assert (canary.users_path, image.users_path) == (False, True)


def test_a_switch_keeps_values_beside_the_options_of_its_plug_in(settings: Settings) -> None:
    switch = settings.assets[0].ways[0]
    assert switch.values == {"us-east-1": "us-east-1", "us-west-2": "us-west-2"}
    assert switch.options.model_dump() == {
        "parameter": "/shop/asset-origin",
        "region": "us-west-2",
        "endpoint_url": None,
    }


def test_a_plug_in_that_asks_for_values_gets_them(tmp_path: Path) -> None:
    class WithValues(SettingsModel):
        parameter: str
        region: str
        values: dict[str, str]

    known = Known(KNOWN.checks, KNOWN.formats, {"ssm_parameter": WithValues}, origins=KNOWN.origins)
    switch = load(write(tmp_path, VALID), ENV, known).assets[0].ways[0]
    assert isinstance(switch.options, WithValues)
    assert switch.options.values == switch.values


def test_what_is_left_out_has_a_sensible_default(tmp_path: Path) -> None:
    text = "name: Shop\nslack: {announce: incidents, oncall: [U012AB3CD], approvers: [maya]}\n"
    settings = load(write(tmp_path, text), ENV, KNOWN)
    assert settings.slack.command == "/incident"
    assert settings.slack.channel_prefix == "inc"
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert not (settings.dependencies or settings.assets or settings.feeds or settings.origins)
    assert settings.runbooks == tmp_path / "runbooks"


def test_without_a_quorum_half_of_the_checks_rounded_up_must_fail(tmp_path: Path) -> None:
    dependency = load(write(tmp_path, changed("    quorum: 2\n", "")), ENV, KNOWN).dependencies[0]
    assert (dependency.quorum, len(dependency.checks), dependency.checks_needed) == (None, 2, 1)


def test_relative_paths_start_at_the_folder_of_the_file(settings: Settings, tmp_path: Path) -> None:
    assert settings.storage.database.get_secret_value() == (
        f"sqlite:///{tmp_path}/data/incidentbot.db"
    )
    assert settings.storage.documents == tmp_path / "papers"
    assert settings.runbooks == tmp_path / "books"


def test_settings_cannot_be_changed(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.slack.command = "/other"  # type: ignore[misc]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_url_wins_and_speaks_psycopg(tmp_path: Path, scheme: str) -> None:
    env = ENV | {"DATABASE_URL": f"{scheme}://bot:pw@db.example.com:5432/bot?sslmode=require"}
    settings = load(write(tmp_path, VALID), env, KNOWN)
    assert settings.storage.database.get_secret_value() == (
        "postgresql+psycopg://bot:pw@db.example.com:5432/bot?sslmode=require"
    )
    assert settings.storage.documents == tmp_path / "papers"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("127.0.0.1:8080", "127.0.0.1:5000"), ("[::1]:8080", "[::1]:5000")],
)
def test_port_wins_over_the_port_in_the_file(tmp_path: Path, listen: str, expected: str) -> None:
    path = write(tmp_path, changed('listen: "127.0.0.1:8080"', f'listen: "{listen}"'))
    web = load(path, ENV | {"PORT": "5000"}, KNOWN).web
    assert (web.listen, web.port) == (expected, 5000)


def test_the_web_address_loses_its_last_slash(tmp_path: Path) -> None:
    path = write(tmp_path, changed('"http://127.0.0.1:8080"}', '"https://bot.example.com/"}'))
    assert load(path, ENV, KNOWN).web.public_url == "https://bot.example.com"


@pytest.mark.parametrize(
    ("text", "seconds"), [("1500ms", 1.5), ("5s", 5), ("2m", 120), ("1h", 3600), ("8760h", 31536e3)]
)
def test_times_are_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize(
    "wrong",
    ["90", '"90"', "1.5s", "0s", "-5s", "5 s", "5S", "9000h", "on", "", "true", "[5s]", "٥s"],
)
def test_other_times_are_refused_with_the_allowed_forms(tmp_path: Path, wrong: str) -> None:
    text = refusal(write(tmp_path, changed("    every: 5s", f"    every: {wrong}")))
    assert "dependencies[s3-us-east-1].every: " in text
    assert "(allowed: a whole number with its unit: 500ms, 5s, 2m, 1h)" in text


def test_a_plug_in_that_would_ignore_unknown_keys_is_not_taken(tmp_path: Path) -> None:
    class Loose(SettingsModel, extra="ignore"):
        pass

    known = Known({**KNOWN.checks, "http": Loose}, KNOWN.formats, KNOWN.actions)
    with pytest.raises(TypeError, match="Loose would ignore unknown keys"):
        load(write(tmp_path, VALID), ENV, known)


def test_options_are_filled_into_a_copy_and_the_document_stays_as_it_was(tmp_path: Path) -> None:
    document, _ = read(write(tmp_path, VALID))
    assert document is not None
    before = copy.deepcopy(document.data)
    data, faults = fill(document, KNOWN, {})
    assert faults == []
    assert document.data == before
    assert data != before


def test_without_slack_the_file_is_good_for_watching_only(tmp_path: Path) -> None:
    lines = VALID.splitlines(keepends=True)
    path = write(tmp_path, "".join(line for line in lines if not line.startswith("slack:")))
    assert check(path, {}, KNOWN) == []
    settings = load(path, {}, KNOWN, need_slack=False)
    assert not settings.has_slack
    assert settings.access is None
    with pytest.raises(ConfigError, match="slack: is missing"):
        load(path, ENV, KNOWN)


def test_where_slack_is_not_needed_its_secrets_are_not_looked_at_but_others_are(
    tmp_path: Path,
) -> None:
    hook = "webhooks: [{name: a, url: https://example.com/a, secret: HOOK_SECRET}]\n"
    path = write(tmp_path, VALID + hook)
    with pytest.raises(ConfigError, match="HOOK_SECRET is not set in the environment"):
        load(path, {}, KNOWN, need_slack=False)
    env = {"HOOK_SECRET": "s3cret-for-hooks", "SLACK_BOT_TOKEN": "odd"}
    (webhook,) = load(path, env, KNOWN, need_slack=False).webhooks
    assert webhook.secret is not None
    assert webhook.secret.reveal() == "s3cret-for-hooks"
    assert webhook.on == ("check", "incident")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml") == f"{tmp_path / 'none.yaml'}: there is no such file"
    assert refusal(tmp_path) == f"{tmp_path}: is a folder, not a file"


def test_what_is_left_out_is_kept_beside_the_file_too(tmp_path: Path) -> None:
    path = write(tmp_path, "name: Shop\n")
    settings = load(path, {}, KNOWN, need_slack=False)
    database = settings.storage.database.get_secret_value()
    assert database == f"sqlite:///{tmp_path}/incidentbot.db"
    assert settings.storage.documents == tmp_path / "documents"
    assert settings.runbooks == tmp_path / "runbooks"
