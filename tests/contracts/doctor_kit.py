"""A set-up to examine: a real workspace, a real file, real servers; and short ways to look."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incidentbot.doctor.contract import Finding
from incidentbot.doctor.round import Report, go
from incidentbot.doctor.ward import admit
from incidentbot.http import Http
from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.watching import known
from tests.contracts.wire import answering

RUNBOOKS = Path(__file__).parents[2] / "runbooks"
STATUS = '{"page": {"name": "Acme"}, "status": {"indicator": "none"}, "components": []}'


@dataclass
class Clinic:
    """`text` is the file, `env` the environment; a test changes them, then examines."""

    slack: Running
    outside: str
    folder: Path
    text: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "incidentbot.yaml"

    @property
    def app(self) -> Any:
        return self.slack.workspace.app

    def channel(self, name: str = "incidents") -> Any:
        found = self.slack.workspace.channel_named(name)
        assert found is not None
        return found

    def put(self, old: str, new: str) -> None:
        """Change one place of the file."""
        assert self.text.count(old) == 1, old
        self.text = self.text.replace(old, new)

    async def examine(self) -> Findings:
        if self.text:
            self.file.write_text(self.text, encoding="utf-8")
        http = Http()
        try:
            return Findings(await go(admit(self.file, self.env, known(), http)))
        finally:
            await http.close()


@dataclass(frozen=True)
class Findings:
    report: Report

    def of(self, name: str) -> list[Finding]:
        (part,) = [one for one in self.report.parts if one.name == name]
        return list(part.findings)

    def bad(self, name: str = "") -> list[Finding]:
        parts = [one for one in self.report.parts if name in ("", one.name)]
        return [one for part in parts for one in part.findings if one.level != "ok"]

    def the(self, name: str) -> Finding:
        """The one thing that is not well there."""
        found = self.bad(name)
        assert len(found) == 1, found
        assert found[0].why
        assert found[0].next
        return found[0]

    def left_out(self) -> dict[str, str]:
        return {part.name: part.left_out for part in self.report.parts if part.left_out}


@asynccontextmanager
async def clinic(folder: Path) -> AsyncIterator[Clinic]:
    """A set-up in which all is well: the app has the scopes of its manifest and no others."""
    async with running(options=Options(rate_limits=False)) as slack, answering() as outside:
        install(slack.workspace.app)
        app = slack.workspace.app
        env = {
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "SLACK_API_URL": f"{slack.url}api/",
            "PATH": os.environ["PATH"],
        }
        yield Clinic(slack, outside, folder, config(outside), env)


def config(outside: str) -> str:
    return f"""\
name: Shop
slack: {{announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///incidentbot.db", documents: documents}}
web: {{listen: "127.0.0.1:0", public_url: "http://127.0.0.1:8080"}}
sight: {{anchors: [{{url: "{outside}/fine", allow_private: true}}]}}
runbooks: {RUNBOOKS}
dependencies:
  - name: pictures
    title: The pictures
    vendor: acme
    service: storage
    feeds: []
    checks:
      - {{name: one, kind: http, url: "{outside}/fine", allow_private: true, timeout: 2s}}
"""
