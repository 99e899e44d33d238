"""The command line, as people type it: a process of its own, its words and its exit code."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from incidentbot import cli, clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.store import Store, migrate
from incidentbot.store.lease import held
from incidentbot.store.models import TimelineEntry

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1-secretsecret",
    "SLACK_APP_TOKEN": "xapp-1-A1-1-secretsecret",
}
COMMANDS = (
    "run",
    "watch",
    "migrate",
    "init",
    "check-config",
    "config-schema",
    "slack",
    "doctor",
    "feeds",
    "timeline",
    "incident",
    "runbook",
    "stop",
    "rearm",
    "audit",
    "aws",
    "replay",
    "demo",
)
SMALL = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}
storage: {database: "sqlite:///incidentbot.db"}
web: {listen: "127.0.0.1:0", public_url: "http://127.0.0.1"}
runbooks: runbooks
"""
ALONE = """\
name: Shop
web: {listen: "127.0.0.1:0"}
sight: {anchors: []}
dependencies:
  - {name: s3, title: S3, vendor: aws, service: s3, region: us-east-1, feeds: [],
     checks: [{name: canary, kind: tcp, host: storage.example.com, port: 443}]}
"""
LOOK = '{"at": "2026-03-02T17:37:10Z", "dependency": "s3", "check": "canary", "ok": true}\n'


Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type `incidentbot ...` in an empty folder: exit code, output, errors. `env` is kept."""
    for name in [n for n in os.environ if n.startswith(("SLACK_", "AWS_", "DATABASE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **env: str) -> tuple[int, str, str]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "incidentbot.yaml").write_text(SMALL)
    store = Store(f"sqlite:///{tmp_path}/incidentbot.db")
    migrate.upgrade(store)
    yield store
    store.close()


def process(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "AWS_"))}
    plain = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, "-m", "incidentbot", *words],
        cwd=folder,
        env=kept | plain | env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def opened(session: Session) -> None:
    now = clock.now()
    made = lifecycle.open_incident(
        session, key="k", title="Uploads hang", severity=3, opened_by="U1", started_at=now,
        detected_at=now, text="Maya declared: Uploads hang",
    )  # fmt: skip
    lifecycle.note(session, made[0], "The queue is full", Person("U1", "Maya"))


def test_help_names_every_command(tmp_path: Path) -> None:
    said = process(tmp_path, "--help")
    assert said.returncode == 0
    assert all(f" {command} " in said.stdout for command in COMMANDS)


def test_the_version_is_told(typed: Typed) -> None:
    assert typed("--version") == (0, f"incidentbot {version('incidentbot')}\n", "")


def test_beats_without_the_automatic_story_are_refused(typed: Typed) -> None:
    code, _, said = typed("demo", "--json", "beats.json")
    assert code == 2
    assert "is written with --auto only" in said


def test_a_new_configuration_passes_its_own_check_and_is_never_overwritten(
    tmp_path: Path, typed: Typed
) -> None:
    (tmp_path / "runbooks").mkdir()
    code, said, _ = typed("init")
    assert (code, said.startswith("Wrote incidentbot.yaml.")) == (0, True)
    assert typed("check-config", **SECRETS) == (0, "incidentbot.yaml is fine.\n", "")
    (tmp_path / "incidentbot.yaml").write_text("mine")
    assert typed("init") == (1, "", "incidentbot.yaml exists already; nothing was written.\n")
    assert (tmp_path / "incidentbot.yaml").read_text() == "mine"


def test_every_fault_is_told_at_once_with_its_line_and_no_secret(
    tmp_path: Path, typed: Typed
) -> None:
    bad = SMALL.replace("oncall: [maya]", "oncal: [maya]") + "surprise: 1\n"
    (tmp_path / "incidentbot.yaml").write_text(bad)
    code, _, said = typed("check-config", SLACK_BOT_TOKEN="xoxp-wrong-kind-of-token")
    assert code == 1
    assert "incidentbot.yaml:2" in said
    assert "did you mean oncall?" in said
    assert "incidentbot.yaml:6" in said
    assert "SLACK_BOT_TOKEN" in said
    assert "SLACK_APP_TOKEN" in said
    assert "wrong-kind" not in said


@pytest.mark.parametrize("command", ["check-config", "run", "migrate", "timeline INC-1"])
def test_a_file_that_is_not_there_is_a_sentence(typed: Typed, command: str) -> None:
    code, _, said = typed(*command.split(), "--config", "nowhere.yaml", **SECRETS)
    assert (code, "nowhere.yaml" in said) == (1, True)


def test_the_schema_is_json_that_names_the_sections(typed: Typed) -> None:
    code, said, _ = typed("config-schema")
    assert code == 0
    sections = json.loads(said)["properties"].keys()
    assert {"slack", "storage", "dependencies", "runbooks"} <= sections


def test_the_timeline_is_printed_and_a_changed_entry_is_named(
    database: Store, typed: Typed
) -> None:
    database.run(opened)
    code, printed, _ = typed("timeline", "inc-1")
    told = [line.split("UTC")[1].split(maxsplit=1) for line in printed.splitlines()]
    assert told == [["state", "Maya declared: Uploads hang"], ["note", "The queue is full"]]
    assert code == 0
    fine = typed("timeline", "INC-1", "--verify")
    assert fine == (0, "INC-1: the chain of entries holds.\n", "")
    rewritten = update(TimelineEntry).where(TimelineEntry.seq == 2).values(text="All was well")
    database.run(lambda session: session.execute(rewritten))
    changed = typed("timeline", "INC-1", "--verify")
    assert changed == (1, "INC-1: entry 2 was changed after it was written\n", "")
    assert typed("timeline", "INC-9") == (1, "", "There is no incident INC-9.\n")


def test_a_database_that_was_never_used_is_no_traceback(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "incidentbot.yaml").write_text(SMALL)
    code, _, said = typed("timeline", "INC-1")
    assert (code, "incidentbot migrate" in said) == (1, True)
    assert typed("migrate") == (0, "The database is up to date.\n", "")
    assert typed("timeline", "INC-1") == (1, "", "There is no incident INC-1.\n")


async def test_a_second_one_on_the_same_database_says_that_another_runs(
    tmp_path: Path, database: Store
) -> None:
    async with held(database):
        said = process(tmp_path, "run", **SECRETS)
    lock = tmp_path / "incidentbot.db.lock"
    assert said.stderr == f"another incidentbot is running on this database ({lock})\n"
    assert said.returncode == 1


def test_help_is_the_same_everywhere(typed: Typed) -> None:
    for command in (*COMMANDS, "feeds read", "feeds list"):
        code, said, _ = typed(*command.split(), "--help")
        assert (code, "completion" in said) == (0, False), command


def test_what_needs_no_slack_takes_a_file_without_it(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "incidentbot.yaml").write_text(ALONE)
    (tmp_path / "looks.jsonl").write_text(LOOK)
    assert typed("feeds", "list", "--config", "incidentbot.yaml")[0] == 0
    code, said, _ = typed("replay", "--config", "incidentbot.yaml", "looks.jsonl")
    assert (code, "no incident" in said) == (0, True)


def test_nothing_to_watch_is_noted(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "incidentbot.yaml").write_text("name: Shop\n")
    code, said, _ = typed("check-config")
    assert (code, "note: incidentbot.yaml:1: nothing is watched" in said) == (0, True)


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db"),
        ("postgresql://me:geheim@127.0.0.1:1/x", "127.0.0.1:1/x cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence_without_its_password(
    tmp_path: Path, typed: Typed, database: str, words: str
) -> None:
    (tmp_path / "incidentbot.yaml").write_text(ALONE)
    said = process(tmp_path, "watch", DATABASE_URL=database)
    assert (said.returncode, "Traceback" in said.stderr) == (1, False)
    for code, _, told in (
        (said.returncode, "", said.stderr),
        typed("migrate", DATABASE_URL=database),
        typed("timeline", "INC-1"),
    ):
        assert (code, words in told, "geheim" in told) == (1, True, False), told


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (tmp_path / "incidentbot.yaml").write_text(ALONE)
        said = process(tmp_path, "watch", PORT=port)
    assert said.returncode == 1
    last = said.stderr.splitlines()[-1]
    assert last.startswith(f"web.listen: cannot listen on 127.0.0.1:{port}: address already in use")


def test_a_folder_that_is_not_there_is_a_sentence(typed: Typed) -> None:
    code, _, said = typed("init", "nowhere/incidentbot.yaml")
    assert (code, said) == (
        1,
        "nowhere/incidentbot.yaml cannot be written: No such file or directory\n",
    )
