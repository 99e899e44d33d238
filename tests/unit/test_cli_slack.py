"""`slack manifest`: what is printed, from which file, and what is refused."""

from pathlib import Path

import yaml

from tests.unit.test_cli import SMALL, Typed, typed

__all__ = ["typed"]  # a fixture

DOCS = Path(__file__).parents[2] / "docs"


def test_without_a_configuration_it_is_the_one_in_the_documents(typed: Typed) -> None:
    code, said, _ = typed("slack", "manifest")
    assert (code, said) == (0, (DOCS / "slack-manifest.yaml").read_text(encoding="utf-8"))


def test_the_address_may_end_as_people_copy_it(typed: Typed) -> None:
    wanted = (DOCS / "slack-manifest-http.yaml").read_text(encoding="utf-8")
    host = "https://incidents.acme-shop.com"
    for http in (host, f"{host}/", f"{host}/slack/events"):
        assert typed("slack", "manifest", "--http", http) == (0, wanted, "")


def test_the_file_in_this_folder_says_what_is_used(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "runbooks").mkdir()
    text = SMALL.replace("slack: {", "slack: {command: /fire, ")
    (tmp_path / "incidentbot.yaml").write_text(text)
    _, said, _ = typed("slack", "manifest")
    assert yaml.safe_load(said)["features"]["slash_commands"][0]["command"] == "/fire"


def test_what_cannot_be_an_address_of_slack_is_refused(typed: Typed) -> None:
    for wrong in ("http://incidents.example", "https://a b", "incidents.example"):
        code, said, told = typed("slack", "manifest", "--http", wrong)
        assert (code, said) == (1, "")
        assert "allowed: https://host" in told
    code, _, told = typed("slack", "manifest", "--http", f"https://{'x' * 4000}")
    assert code == 1
    assert "Slack would refuse" in told


def test_a_file_that_was_named_must_be_there(typed: Typed) -> None:
    code, said, told = typed("slack", "manifest", "--config", "nowhere.yaml")
    assert (code, said) == (1, "")
    assert "nowhere.yaml" in told


def test_the_reasons_are_printed_on_request(typed: Typed) -> None:
    _, said, _ = typed("slack", "manifest", "--explain")
    assert "users:read\n  for      turn the names" in said
