"""`incidentbot stop` and `rearm`, as people type them."""

import json
import os
import pwd
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.store import Store, migrate
from tests.unit.test_cli import Typed
from tests.unit.test_cli import typed as typed

ME = pwd.getpwuid(os.getuid()).pw_name
CONFIG = """\
name: Shop
slack: {{announce: "#incidents", oncall: [maya], approvers: [UMAYA, UJONAS]}}
storage: {{database: "sqlite:///incidentbot.db"}}
runbooks: runbooks
people:
  - {{name: Me, slack: {me}, os_user: {user}}}
policy: {{stop_file: STOP}}
"""


@pytest.fixture
def desk(tmp_path: Path, typed: Typed) -> Typed:
    """One database with an open incident, and a configuration in which I am each of three."""
    for name in ("maya", "jonas", "kim"):
        text = CONFIG.format(me=f"U{name.upper()}", user=ME)
        (tmp_path / f"{name}.yaml").write_text(text)
    store = Store(f"sqlite:///{tmp_path}/incidentbot.db")
    migrate.upgrade(store)
    store.run(_incident)
    store.close()
    return typed


def _incident(session: Session) -> None:
    now = clock.now()
    lifecycle.open_incident(
        session, key="k", title="t", severity=2, opened_by="UMAYA", started_at=now,
        detected_at=now, text="t",
    )  # fmt: skip


def story(tmp_path: Path) -> list[str]:
    store = Store(f"sqlite:///{tmp_path}/incidentbot.db")
    try:
        return [entry.text for entry in store.run(timeline.read, "INC-1")]
    finally:
        store.close()


def test_anybody_on_duty_stops_and_two_approvers_re_arm(desk: Typed, tmp_path: Path) -> None:
    assert desk("stop", "--status", "-c", "kim.yaml")[1] == (
        "Nothing is stopped: runbooks may write.\n"
    )
    code, out, _ = desk("stop", "the", "backup", "is wrong", "-c", "kim.yaml")
    assert code == 0 and out.startswith("All runbooks are stopped since")
    assert out.endswith("UTC: the backup is wrong.\n")
    code, _, err = desk("rearm", "-c", "kim.yaml")
    assert code == 1 and "takes the right of an approver" in err
    code, out, _ = desk("rearm", "-c", "maya.yaml")
    assert code == 0 and "one more person must agree" in out
    code, _, err = desk("rearm", "-c", "maya.yaml")
    assert code == 1 and err == "Somebody else must agree: the first wish was yours.\n"
    _, out, _ = desk("stop", "--status", "--json", "-c", "jonas.yaml")
    found = json.loads(out)
    assert found["stopped"] is True and found["rearm_asked_by"] == "UMAYA"
    assert "UMAYA asks to let them go on" in desk("stop", "--status", "-c", "jonas.yaml")[1]
    code, out, _ = desk("rearm", "-c", "jonas.yaml")
    assert code == 0 and "runbooks may write again" in out
    told = " ".join(story(tmp_path))
    assert "stopped all runbooks: the backup is wrong" in told and "may write again" in told


def test_a_stop_without_a_reason_and_a_rearm_of_nothing_are_refused(desk: Typed) -> None:
    assert desk("stop", "-c", "maya.yaml")[::2] == (
        1,
        'Say why: incidentbot stop "what goes wrong".\n',
    )
    assert desk("rearm", "-c", "maya.yaml")[::2] == (1, "Nothing is stopped.\n")


def test_a_file_beside_the_configuration_stops_too(desk: Typed, tmp_path: Path) -> None:
    (tmp_path / "STOP").touch()
    code, out, _ = desk("stop", "--status", "-c", "maya.yaml")
    assert code == 0 and f"the file {tmp_path / 'STOP'} is there" in out
