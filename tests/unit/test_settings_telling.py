"""The keys that say who is told, where and how often."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from incidentbot.settings import load
from tests.unit.settings_cases import ENV, KNOWN, VALID, refusal, write

TOLD = VALID.replace(
    "command: /incident}",
    """command: /incident,
  also_announce: [{channel: eng, severity: 2, dependencies: [s3-us-east-1], tests: true}],
  updates: {1: 15m, 2: on_change, 4: 4h}, digest: {at: "07:30", timezone: Europe/Berlin}}""",
)
PAGES = """\
statuspages:
  - {name: public, page_id: abcd1234, api_key: PAGE_KEY, url: "https://status.shop.example/",
     components: {s3-us-east-1: comp1}}
"""


def test_everything_said_is_there(tmp_path: Path) -> None:
    settings = load(write(tmp_path, TOLD + PAGES), ENV | {"PAGE_KEY": "k3y"}, KNOWN)
    slack = settings.slack
    assert slack.announced_in == ("#incidents", "eng")
    every = [slack.update_every(severity) for severity in (1, 2, 3, 4)]
    assert every == [timedelta(minutes=15), None, None, timedelta(hours=4)]
    assert (slack.digest.at, slack.digest.off) == (time(7, 30), False)
    (page,) = settings.statuspages
    assert page.api_key.reveal() == "k3y"
    assert page.hosts == {"abcd1234.statuspage.io", "status.shop.example"}
    assert "k3y" not in repr(settings)


def test_left_out_the_usual_holds(tmp_path: Path) -> None:
    slack = load(write(tmp_path, VALID), ENV, KNOWN).slack
    every = [slack.update_every(severity) for severity in (1, 2, 3)]
    assert every == [timedelta(minutes=30), timedelta(minutes=60), None]
    assert slack.digest.at == time(9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOLD.replace("1: 15m", "6: 15m"), "slack.updates.6: is not a severity (allowed: 1 to 5)"),
        (TOLD.replace("1: 15m", "1: often"), "is not a length of time"),
        (TOLD.replace("[s3-us-east-1], tests", "[s3], tests"), "there is no dependency 's3'"),
        (VALID + PAGES.replace("{s3-us-east-1:", "{cdn:"), "there is no dependency 'cdn'"),
        (
            VALID.replace("127.0.0.1:9/summary", "STATUS.shop.example/summary") + PAGES,
            "is the status page 'public' that we write to: we would hear ourselves",
        ),
        (
            VALID.replace("127.0.0.1:9/summary", "abcd1234.statuspage.io/summary") + PAGES,
            "we would hear ourselves",
        ),
        (
            VALID + PAGES + "vendors: [{name: me, feeds: [{name: me, "
            'url: "https://status.shop.example/history.atom"}]}]\n',
            "we would hear ourselves",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(write(tmp_path, text), ENV | {"PAGE_KEY": "k3y"})
