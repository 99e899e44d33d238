"""`incidentbot audit`, as it is typed: its words and its exit code."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from incidentbot import audit, clock, ids
from incidentbot.audit import reading
from incidentbot.cli.audit import cli
from incidentbot.incidents import lifecycle
from incidentbot.store import Store
from incidentbot.store.models import Incident
from tests.unit.audit_cases import ROWS, fill, head, rewrite, sql, sqlite

FILE = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya]}
storage: {database: "sqlite:///incidentbot.db"}
web: {listen: "127.0.0.1:0"}
audit: {file: {path: anchors.jsonl}, slack: {channel: "#audit"}}
people: [{name: Jonas, slack: U0JONAS, os_user: %s}]
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "incidentbot.yaml").write_text(FILE % pwd.getpwuid(os.getuid()).pw_name)
    with sqlite(tmp_path) as made:
        made.run(fill)
        yield made


def typed(folder: Path, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(cli, [*words, "--config", str(folder / "incidentbot.yaml")])
    return ran.exit_code, ran.output or str(ran.exception)


def anchored(store: Store, path: Path) -> None:
    path.write_bytes(ids.canonical(store.run(head).as_dict()) + b"\n")


def test_a_whole_log_without_and_with_anchors(store: Store, tmp_path: Path) -> None:
    code, said = typed(tmp_path, "verify")
    assert (code, "whole: 8 rows" in said) == (0, True)
    assert "No anchor was compared" in said
    assert "Not read: slack" in said
    anchored(store, tmp_path / "anchors.jsonl")
    code, said = typed(tmp_path, "verify")
    assert (code, "agrees: row 8" in said) == (0, True)


def test_a_changed_row_is_named_and_a_rewritten_log_by_lines_copied_out_of_slack(
    store: Store, tmp_path: Path
) -> None:
    pasted = tmp_path / "slack.txt"
    pasted.write_text(f"incidentbot APP 17:40\n{reading.line(store.run(head))}\n\nJonas: ok\n")
    assert typed(tmp_path, "verify", "--anchors", str(pasted))[0] == 0
    store.run(rewrite)
    assert typed(tmp_path, "verify")[0] == 0
    code, said = typed(tmp_path, "verify", "--anchors", str(pasted), "--json")
    found = json.loads(said)
    assert (code, found["whole"], found["fault"]["row"]) == (1, False, 8)
    assert found["fault"]["what"] == "anchor"
    assert f"{pasted}:2" in found["fault"]["words"]
    sql(store, "UPDATE audit SET actor = 'U0EVE' WHERE seq = 5")
    code, said = typed(tmp_path, "verify")
    assert (code, "row 5 was changed after it was written" in said) == (1, True)


def test_a_file_without_an_anchor_or_that_is_not_there_is_no_silent_yes(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("nothing\n")
    assert (
        "there is no anchor" in typed(tmp_path, "verify", "--anchors", str(tmp_path / "empty"))[1]
    )
    code, said = typed(tmp_path, "verify", "--anchors", str(tmp_path / "gone"))
    assert (code, "No such file" in said) == (1, True)


def test_rows_are_shown_by_plan_and_incident_and_private_ones_to_nobody_else(
    store: Store, tmp_path: Path
) -> None:
    def declared(session: Session) -> list[str]:
        found = [
            lifecycle.open_incident(
                session, key=f"k{n}", title=f"Uploads hang {n}", severity=3, opened_by="U0MAYA",
                started_at=clock.now(), detected_at=clock.now(), text="Uploads hang.",
            )[0]
            for n in (1, 2)
        ]  # fmt: skip
        session.get_one(Incident, found[1]).private = True
        audit.append(session, "role", "U0MAYA", found[1], "P-22222222", {"role": "commander"})
        audit.append(session, "kill_switch", "U0MAYA", data={"on": True})
        return found

    open_, private = store.run(declared)
    assert open_ == "INC-1"
    code, said = typed(tmp_path, "show", "--json")
    rows = json.loads(said)
    assert code == 0
    assert private not in {row["incident"] for row in rows}
    assert rows[-1]["kind"] == "kill_switch"
    assert rows[-1]["seq"] == ROWS + 2
    assert len(json.loads(typed(tmp_path, "show", "--plan", "p-1a2b3c4d", "--json")[1])) == ROWS
    assert "No row" in typed(tmp_path, "show", "--incident", private)[1]
    sql(store, "UPDATE audit SET data = 'no json' WHERE seq = 1")
    said = typed(tmp_path, "show", "--incident", "inc-1")[1]
    assert "no json" in said
    assert "Maja bestätigte Schritt 2." in said
