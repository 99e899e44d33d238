"""`incidentbot feeds read`, as people type it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from incidentbot import cli
from incidentbot.signals.body import read
from incidentbot.signals.feeds.vendors import vendor_of
from tests.unit.feed_samples import (
    GREEN,
    SAMPLES,
    as_json,
    atom,
    component,
    incident,
    rss,
    statuspage,
)

Typed = Callable[..., tuple[int, str, str]]
TROUBLE = statuspage(
    status=GREEN,
    components=[component("Object Storage (eu-west-1)", "partial_outage", id="c1")],
    incidents=[incident() | {"components": [component("Object Storage (eu-west-1)", id="c1")]}],
)


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type `incidentbot feeds read ...`: exit code, output, errors."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["feeds", "read", *words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a server that has the page at /summary.json and nothing elsewhere."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/summary.json"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(TROUBLE)))
            self.end_headers()
            self.wfile.write(TROUBLE)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_told_to_a_person(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_bytes(TROUBLE)
    code, out, _ = typed(str(tmp_path / "page.json"))
    assert code == 0
    assert out.splitlines() == [
        "Format   statuspage",
        "Vendor   wolke",
        "Overall  partial outage; storage affected: yes",
        "",
        "partial outage  Object Storage (eu-west-1) in eu-west-1",
        "                title    Elevated error rates",
        "                phase    investigating",
        "                since    2026-03-02 17:37:00 UTC",
        "                updated  2026-03-02 17:50:00 UTC",
        "                storage  yes: the component 'Object Storage (eu-west-1)' is storage",
    ]


def test_json_has_the_promised_shape(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_bytes(TROUBLE)
    code, out, _ = typed(str(tmp_path / "page.json"), "--json")
    told = json.loads(out)
    (signal,) = told["signals"]
    assert code == 0
    assert told["format"] == "statuspage"
    assert told["overall"] == {"state": "partial_outage", "storage_affected": "yes"}
    promised = ("vendor", "service", "region", "state", "phase", "title", "id", "started_at")
    assert {key: signal[key] for key in (*promised, "updated_at", "storage")} == {
        "vendor": "wolke",
        "service": "Object Storage (eu-west-1)",
        "region": "eu-west-1",
        "state": "partial_outage",
        "phase": "investigating",
        "title": "Elevated error rates",
        "id": "i1",
        "started_at": "2026-03-02T17:37:00.000000Z",
        "updated_at": "2026-03-02T17:50:00.000000Z",
        "storage": "yes",
    }


def test_a_body_that_says_nothing_is_told_with_its_reason(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_bytes(TROUBLE[:90])
    code, out, _ = typed(str(tmp_path / "cut.json"), "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["format"], told["overall"]["state"]) == (None, "unknown")
    assert told["signals"][0]["why"] == "not JSON, or cut off"
    assert told["signals"][0]["started_at"] is None


def test_a_named_format_is_used_though_the_body_looks_different(
    typed: Typed, tmp_path: Path
) -> None:
    (tmp_path / "page.json").write_bytes(TROUBLE)
    code, out, _ = typed(str(tmp_path / "page.json"), "--format", "statusio")
    assert code == 0
    assert "not the public status of Status.io" in out


def test_an_unknown_format_names_the_known_ones(typed: Typed) -> None:
    code, _, err = typed("page.json", "--format", "nix")
    assert code == 1
    assert "no format is called 'nix' (allowed: " in err
    assert "statuspage, statuspage_feed" in err


def test_a_missing_file_is_an_error_that_names_it(typed: Typed, tmp_path: Path) -> None:
    code, out, err = typed(str(tmp_path / "no.json"))
    assert (code, out) == (1, "")
    assert err == f"{tmp_path}/no.json cannot be read: No such file or directory\n"
    assert typed(str(tmp_path))[0] == 1


def test_an_address_inside_is_fetched_only_where_that_is_allowed(typed: Typed, page: str) -> None:
    code, _, err = typed(f"{page}/summary.json")
    assert code == 1
    assert "--allow-private" in err
    code, out, _ = typed(f"{page}/summary.json", "--allow-private")
    assert code == 0
    assert out.startswith("Format   statuspage\n")


def test_an_address_without_a_good_answer_is_an_error(typed: Typed, page: str) -> None:
    code, _, err = typed(f"{page}/gone", "--allow-private")
    assert (code, err) == (1, f"{page}/gone cannot be read: it answered 404\n")


def test_the_standard_input_is_read_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "incidentbot", "feeds", "read", "-", "--json"],
        input=TROUBLE,
        capture_output=True,
        timeout=100,
        check=True,
    )
    assert json.loads(done.stdout)["format"] == "statuspage"


@pytest.mark.parametrize(
    ("body", "name", "url", "vendor"),
    [
        (statuspage(status=GREEN), "statuspage", "", "wolke"),
        (as_json({"page": {"url": "https://www.wolkestatus.com"}}), "statuspage", "", "wolke"),
        (as_json({"page": {"url": "https://wolke.statuspage.io"}}), "statuspage", "", "wolke"),
        (as_json({"page": {"url": "https://status.wolke.co.uk"}}), "statuspage", "", "wolke"),
        (as_json({"page": {"name": "Wolke Status"}}), "statuspage", "", "wolke"),
        (SAMPLES["betterstack"][0], "betterstack", "", "wolke"),
        (SAMPLES["instatus"][3], "instatus", "", "wolke"),
        (SAMPLES["cstate"][0], "cstate", "", "wolke"),
        (SAMPLES["statusio"][0], "statusio", "https://api.wolke.example/1.0", "wolke"),
        (atom(), "statuspage_feed", "", "wolke"),
        (rss(), "rss", "", "wolke"),
        (rss(), "aws_rss", "", "aws"),
        (b"", "", "http://127.0.0.1/x", ""),
        (as_json({"page": {"url": "http://[bad"}}), "statuspage", "", ""),
    ],
)
def test_the_vendor_is_guessed_from_page_or_address(
    body: bytes, name: str, url: str, vendor: str
) -> None:
    assert vendor_of(read(body), name, url) == vendor
