"""The table of keys in the documentation is made from the models. Run this module to write it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from incidentbot.settings import check, markdown_table, render, starter
from incidentbot.watching import known
from tests.unit.settings_cases import ENV, write

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
TABLE = re.compile(r"(<!-- keys -->\n).*?(<!-- /keys -->)", re.DOTALL)


def up_to_date(page: str) -> str:
    return TABLE.sub(lambda part: f"{part[1]}{markdown_table(known())}\n{part[2]}", page)


def test_the_documentation_lists_every_key_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == up_to_date(page), f"write it anew: python -m {__name__}"


@pytest.mark.parametrize(
    "name",
    [
        *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"),
        *("SLACK_API_URL", "DATABASE_URL", "PORT"),
    ],
)
def test_the_documentation_names_every_variable(name: str) -> None:
    assert f"| `{name}` |" in PAGE.read_text(encoding="utf-8")


def test_the_starter_fits_the_plug_ins_there_are(tmp_path: Path) -> None:
    assert render(check(write(tmp_path, starter()), ENV, known())) == ""


if __name__ == "__main__":
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
