"""Runbook files: every fault at once, with its line and what is allowed; never a silent key."""

from pathlib import Path

import pytest

from incidentbot.errors import ConfigError, NotFound
from incidentbot.plugins import found
from incidentbot.runbooks import load
from tests.unit.runbook_cases import RUNBOOKS, asset, shipped

THERE = (RUNBOOKS / "serve-from-backup.yaml").read_text(encoding="utf-8")
BACK = (RUNBOOKS / "serve-from-primary.yaml").read_text(encoding="utf-8")
SWITCHES = [n for n, module in found(load.ACTIONS).items() if not hasattr(module, "Arguments")]
LEFT_OUT = {"fastly_config_store"}  # the same as a dictionary, which is shipped
NO_SWITCH = ("post-to-status-page", "page-the-storage-owner", "vendor-down-no-backup")
TITLE = "title: Serve {asset} from {to}"


def complaint(folder: Path, there: str = THERE, back: str = BACK) -> str:
    (folder / "serve-from-backup.yaml").write_text(there, encoding="utf-8")
    (folder / "serve-from-primary.yaml").write_text(back, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load.load(folder, found(load.ACTIONS))
    return caught.value.message


def line(text: str, start: str) -> int:
    return next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith(start))


def test_the_shipped_ones_load_and_fit_on_a_screen() -> None:
    books = {book.name: book for book in shipped()}
    turned = {kind for book in books.values() for kind in book.kinds}
    assert turned == {name for name in SWITCHES if name not in LEFT_OUT}
    assert {*NO_SWITCH} <= set(books) and len(books) >= 10
    there = books["serve-from-backup"]
    assert there.title(asset()) == "Serve Shop images from us-west-2"
    assert (there.source(asset()), there.destination(asset())) == ("us-east-1", "us-west-2")
    assert books[there.file.undo or ""].destination(asset()) == "us-east-1"
    for path in RUNBOOKS.glob("*.yaml"):
        assert 10 <= len(path.read_text(encoding="utf-8").splitlines()) <= 25, path.name


def test_every_shipped_switch_has_its_way_back() -> None:
    books = {book.name: book for book in shipped()}
    for book in books.values():
        if book.kinds:
            back = books[book.file.undo or ""]
            assert (back.kinds, back.file.undo) == (book.kinds, book.name)
            assert {book.file.to, back.file.to} == {"backup", "primary"}


def test_no_two_shipped_runbooks_say_the_same() -> None:
    """Words for a tired reader are of use only when they are about this very mechanism."""
    for key in ("watch_for", "if_this_fails"):
        said = [getattr(book.file, key) for book in shipped()]
        assert len(said) == len(set(said)), key


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "serve-from-backup.yaml").write_text(THERE + "\n# a word\n", encoding="utf-8")
    (tmp_path / "serve-from-primary.yaml").write_text(BACK, encoding="utf-8")
    changed = load.load(tmp_path, found(load.ACTIONS))
    same = shipped()
    assert changed.get("serve-from-backup").digest != same.get("serve-from-backup").digest
    assert changed.get("serve-from-primary").digest == same.get("serve-from-primary").digest


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("when: dependency_down", "when: dependency_dwn", "when", "primary_healthy"),
        ("to: backup", "to: bakcup", "to", "backup"),
        ("to: backup", "to: us-west-2", "to", "backup"),
        ("to: backup", "to: primary", "to", "does not fit `when: dependency_down`"),
        ("risk: high", "risk: huge", "risk", "low"),
        ("action: ssm_parameter ", "action: ssm_paramter ", "action", "allowed: appconfig"),
        ("why: The", "approvals: 4\nwhy: The", "approvals", "at most 3"),
        ("why: The", "expires: 16m\nwhy: The", "expires", "longer than 15m"),
        ("why: The", "expires: 10\nwhy: The", "expires", "has no unit"),
        ("undo: serve-from-primary", "undo: serve-from-x", "undo", "allowed: serve-from-primary"),
        ("undo: serve-from-primary", "undo: serve-from-backup", "undo", "does not take this one"),
        ("why: The", "whhy: The", "whhy", "did you mean why"),
        (TITLE, 'title: "{asset.__class__}"', "title", "no other braces"),
        (TITLE, 'title: "{to:>99}"', "title", "no other braces"),
        (TITLE, 'title: "{}"', "title", "no other braces"),
        (TITLE, 'title: "{to"', "title", "no other braces"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    assert old in THERE
    text = THERE.replace(old, new)
    said = complaint(tmp_path, text)
    assert f"serve-from-backup.yaml:{line(text, key)}: {key}: " in said
    assert words in said


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    said = complaint(
        tmp_path, THERE.replace("risk: high", "risk: x"), BACK.replace("to: primary", "to: y")
    )
    assert "serve-from-backup.yaml" in said and "serve-from-primary.yaml" in said


def test_a_key_given_twice_is_a_fault(tmp_path: Path) -> None:
    said = complaint(tmp_path, THERE + "to: primary\n")
    assert f"serve-from-backup.yaml:{len(THERE.splitlines()) + 1}" in said


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    without = "".join(row for row in THERE.splitlines(True) if not row.startswith("watch_for"))
    assert "watch_for: is missing" in complaint(tmp_path, without)


@pytest.mark.parametrize(
    ("name", "words"), [("a|b.yaml", "named by its name"), ("other.yml", "ends in .yaml")]
)
def test_a_file_with_a_strange_name_is_a_fault(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_text(THERE, encoding="utf-8")
    assert words in complaint(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        load.load(tmp_path / "nowhere", {})


def test_an_unknown_runbook_lists_the_known_ones() -> None:
    with pytest.raises(NotFound, match="serve-from-backup, serve-from-primary"):
        shipped().get("serve-from-bakcup")
