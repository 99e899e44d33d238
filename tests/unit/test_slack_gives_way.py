"""A run under way is shown a moment later, so that showing it does not hold it up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidentbot.slack.projection import BUSY, GIVES_WAY, gives_way
from incidentbot.timeline import Entry

AT = datetime(2026, 3, 2, 17, 40, tzinfo=UTC)


def entry(kind: str, event: str) -> Entry:
    values: dict[str, Any] = dict.fromkeys(Entry.__dataclass_fields__, "")
    return Entry(**values | {"kind": kind, "data": {"event": event}, "at": AT})


@pytest.mark.parametrize("event", BUSY)
def test_its_first_lines_wait_for_a_moment_and_no_longer(event: str) -> None:
    one = entry("runbook", event)
    assert gives_way(one, AT) == GIVES_WAY
    assert 0 < gives_way(one, AT + timedelta(seconds=GIVES_WAY / 2)) < GIVES_WAY
    assert gives_way(one, AT + timedelta(seconds=GIVES_WAY)) == 0
    assert gives_way(one, AT - timedelta(hours=1)) == 0, "the clock was set back"


@pytest.mark.parametrize(
    ("kind", "event"), [("runbook", "done"), ("runbook", "in_doubt"), ("runbook", "halted"),
                        ("runbook", "planned"), ("note", "approved"), ("state", "")]
)  # fmt: skip
def test_nothing_else_waits(kind: str, event: str) -> None:
    assert gives_way(entry(kind, event), AT) == 0
