"""`feeds list`, and the notes of `check-config` about vendors that nobody knows."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from incidentbot.cli import cli
from incidentbot.errors import NotFound
from tests.unit.test_catalogue import file
from tests.unit.test_cli import SECRETS

OWN = "vendors: [{name: acme, title: Acme Clouds, aliases: [ac]}]\n"


def type_(*words: str) -> str:
    done = CliRunner().invoke(cli, words, env=SECRETS)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_all_vendors_with_the_addresses_of_their_feeds() -> None:
    said = type_("feeds", "list")
    assert "aws            Amazon Web Services" in said
    assert "https://health.aws.amazon.com/public/currentevents [aws_currentevents]" in said


def test_one_vendor_by_any_of_its_names_with_all_there_is_to_know() -> None:
    said = type_("feeds", "list", "--vendor", "oci")
    assert "Oracle Cloud (OCI): vendor: oracle (also: oci, oracle-cloud)" in said
    assert "unconfirmed" in said
    assert "object-storage*" in said
    assert "us-ashburn-1" in said


def test_an_unknown_vendor_is_told_its_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        type_("feeds", "list", "--vendor", "wasabbi")
    assert "near to it: wasabi" in caught.value.message


def test_what_a_configuration_adds_is_shown_with_it(tmp_path: Path) -> None:
    path = tmp_path / "incidentbot.yaml"
    path.write_text(file("vendor: acme, service: s3", more=OWN))
    assert "Acme Clouds" in type_("feeds", "list", "--config", str(path))
    assert "none is known" in type_("feeds", "list", "--vendor", "ac", "-c", str(path))


def test_check_config_notes_a_vendor_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "incidentbot.yaml"
    path.write_text(file("vendor: wasabbi, service: s3"))
    said = type_("check-config", "--config", str(path))
    assert f"note: {path}:4: dependencies[d0].vendor: 'wasabbi' is not in the catalogue" in said
    assert said.endswith("is fine.\n")
