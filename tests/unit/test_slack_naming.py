"""Channel names that Slack accepts, whatever an incident is called."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from incidentbot.slack.channel.naming import channel_name

AT = datetime(2026, 11, 24, 3, 4, tzinfo=UTC)


def test_a_name_says_date_and_matter() -> None:
    name = channel_name("inc", AT, "Amazon S3 in us-east-1 is failing")
    assert name == "inc-20261124-amazon-s3-in-us-east-1-is-failing"
    assert channel_name("inc", AT, "Bilder überall weg!", 2) == "inc-20261124-bilder-uberall-weg-2"


def test_a_title_without_letters_still_has_a_name() -> None:
    assert channel_name("inc", AT, "画像が消えた") == "inc-20261124"
    assert channel_name("inc", AT, "画像が消えた", 3) == "inc-20261124-3"


@given(title=st.text(max_size=400), number=st.integers(1, 40))
def test_every_name_is_allowed(title: str, number: int) -> None:
    name = channel_name("inc", AT, title, number)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", name)
    assert not name.endswith("--")
