"""A house per story, on each database."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from incidentbot.slack.outbound import outbox
from tests.stories.house import House, house


@pytest.fixture(autouse=True)
def edits_follow_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edits of one thing wait a second or three for each other; a story need not."""
    for method in outbox.GAP:
        monkeypatch.setitem(outbox.GAP, method, 0.2)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the bot. A story runs on both with
    `@pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)`.
    """
    return getattr(request, "param", "socket")


@pytest.fixture
async def bot(
    tmp_path: Path, database_url: str, free_port: int, transport: str
) -> AsyncIterator[House]:
    """The bot in its workspace, watching nothing: for stories that people begin."""
    async with house(tmp_path, database_url, port=free_port, transport=transport) as made:
        yield made
