"""The command line, as people type it: a process of its own, its words and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.store import Store, migrate
from incidentbot.store.lease import held
from incidentbot.store.models import TimelineEntry

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1-secretsecret",
    "SLACK_APP_TOKEN": "xapp-1-A1-1-secretsecret",
}
COMMANDS = ("run", "migrate", "init", "check-config", "config-schema", "timeline", "demo")
SMALL = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}
storage: {database: "sqlite:///incidentbot.db"}
web: {listen: "127.0.0.1:0", public_url: "http://127.0.0.1"}
runbooks: runbooks
"""


def bot(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `incidentbot` there, with nothing of Slack or AWS from outside in its environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "AWS_"))}
    plain = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, "-m", "incidentbot", *words],
        cwd=folder, env=kept | plain | env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Store:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "incidentbot.yaml").write_text(SMALL)
    store = Store(f"sqlite:///{tmp_path}/incidentbot.db")
    migrate.upgrade(store)
    return store


def opened(session: Session) -> None:
    now = clock.now()
    made = lifecycle.open_incident(
        session, key="k", title="Uploads hang", severity=3, opened_by="U1", started_at=now,
        detected_at=now, text="Maya declared: Uploads hang",
    )  # fmt: skip
    lifecycle.note(session, made[0], "The queue is full", Person("U1", "Maya"))


def test_help_names_every_command(tmp_path: Path) -> None:
    said = bot(tmp_path, "--help")
    assert said.returncode == 0
    assert all(f" {command} " in said.stdout for command in COMMANDS)


def test_a_new_configuration_passes_its_own_check_and_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    first = bot(tmp_path, "init")
    assert (first.returncode, "Wrote incidentbot.yaml" in first.stdout) == (0, True)
    checked = bot(tmp_path, "check-config", **SECRETS)
    assert (checked.returncode, checked.stdout) == (0, "incidentbot.yaml is fine.\n"), checked
    (tmp_path / "incidentbot.yaml").write_text("mine")
    again = bot(tmp_path, "init")
    assert again.returncode == 1
    assert again.stderr == "incidentbot.yaml exists already; nothing was written.\n"
    assert (tmp_path / "incidentbot.yaml").read_text() == "mine"


def test_every_fault_is_told_at_once_with_its_line_and_no_secret(tmp_path: Path) -> None:
    bad = SMALL.replace("oncall: [maya]", "oncal: [maya]") + "surprise: 1\n"
    (tmp_path / "incidentbot.yaml").write_text(bad)
    said = bot(tmp_path, "check-config", SLACK_BOT_TOKEN="xoxp-wrong-kind-of-token")
    assert said.returncode == 1
    assert "incidentbot.yaml:2" in said.stderr
    assert "did you mean oncall?" in said.stderr
    assert "incidentbot.yaml:6" in said.stderr
    assert "SLACK_BOT_TOKEN" in said.stderr
    assert "SLACK_APP_TOKEN" in said.stderr
    assert "wrong-kind" not in said.stderr
    assert "Traceback" not in said.stderr


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    for command in ("check-config", "run", "migrate"):
        said = bot(tmp_path, command, "--config", "nowhere.yaml", **SECRETS)
        assert said.returncode == 1
        assert "nowhere.yaml" in said.stderr
        assert "Traceback" not in said.stderr


def test_the_schema_is_json_that_names_the_sections(tmp_path: Path) -> None:
    said = bot(tmp_path, "config-schema")
    schema = json.loads(said.stdout)
    assert {"slack", "storage", "dependencies", "runbooks"} <= schema["properties"].keys()


def test_the_timeline_is_printed_and_a_changed_entry_is_named(
    tmp_path: Path, database: Store
) -> None:
    database.run(opened)
    printed = bot(tmp_path, "timeline", "INC-1")
    assert [line.split("UTC")[1].split(maxsplit=1)[1] for line in printed.stdout.splitlines()] == [
        "Maya declared: Uploads hang",
        "The queue is full",
    ]
    fine = bot(tmp_path, "timeline", "INC-1", "--verify")
    assert (fine.returncode, fine.stdout) == (0, "INC-1: the chain of entries holds.\n")
    database.run(
        lambda session: session.execute(
            update(TimelineEntry).where(TimelineEntry.seq == 2).values(text="Nothing happened")
        )
    )
    changed = bot(tmp_path, "timeline", "INC-1", "--verify")
    assert changed.returncode == 1
    assert "INC-1: entry 2 was changed after it was written" in changed.stdout
    unknown = bot(tmp_path, "timeline", "inc-9")
    assert (unknown.returncode, unknown.stderr) == (1, "There is no incident INC-9.\n")
    database.close()


async def test_a_second_one_on_the_same_database_says_that_another_runs(
    tmp_path: Path, database: Store
) -> None:
    async with held(database):
        said = bot(tmp_path, "run", **SECRETS)
    database.close()
    assert said.returncode == 1
    lock = tmp_path / "incidentbot.db.lock"
    assert said.stderr == f"another incidentbot is running on this database ({lock})\n"


def test_a_database_that_was_never_used_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "incidentbot.yaml").write_text(SMALL)
    early = bot(tmp_path, "timeline", "INC-1")
    assert (early.returncode, "incidentbot migrate" in early.stderr) == (1, True)
    assert "Traceback" not in early.stderr
    assert bot(tmp_path, "migrate").stdout == "The database is up to date.\n"
    assert bot(tmp_path, "timeline", "INC-1").stderr == "There is no incident INC-1.\n"
