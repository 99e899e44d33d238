"""docs/workspace.md: its example runs as it stands, and it names what there is."""

import asyncio
import re
import sys
from pathlib import Path

from incidentbot.rehearsal.workspace.acting import DEEDS
from incidentbot.rehearsal.workspace.gate import MODES
from incidentbot.rehearsal.workspace.mishaps import MODES as MISHAPS
from tests.contracts.workspace_kit import kit

DOCS = Path(__file__).parents[2] / "docs" / "workspace.md"


async def test_the_example_runs_as_it_stands() -> None:
    found = re.search(r"<!-- example -->\n```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", found[1], stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert "ship it, <@U" in printed.decode() and printed.decode().count("'shipped'") == 2


async def test_the_page_names_only_what_there_is() -> None:
    text = DOCS.read_text()
    (row,) = re.findall(r"a person acts: (.*?), \.\.\. \|", text)
    deeds = set(re.findall(r"`(\w+)`", row))
    assert deeds <= set(DEEDS)
    for mode in (*MODES, *MISHAPS):
        assert re.search(rf"`{mode}`", text) or re.fullmatch(r"50[234]_html", mode), mode
    async with kit() as slack:
        orders = (await slack.control("", "GET"))["orders"]
    paths = {order.partition(" ")[2] for order in orders}
    named = set(re.findall(r"/control/\w*", text))
    assert named <= paths
