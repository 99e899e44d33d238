"""RSS and Atom: incident histories and plain feeds, each oddity by the name of what goes wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.signals import STATES, Signal
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import understand
from tests.unit.feed_samples import atom, entry, item, rss, update

FEED = Feed("feed", "wolke", datetime(2026, 3, 2, 18, tzinfo=UTC))


def told(body: bytes, name: str = "") -> list[Signal]:
    return understand(body, FEED, name).signals


def only(body: bytes) -> Signal:
    (signal,) = told(body)
    return signal


def history(*items: str) -> bytes:
    return rss(*items, title="Wolke Status - Incident History", about="Statuspage")


def test_a_history_of_resolved_incidents_is_quiet() -> None:
    old = entry("Errors", update("Feb 1 10:00 UTC", "Resolved"), at="2026-02-01T10:00:20Z")
    assert [s.title for s in told(atom(old, old))] == ["No open incident"]
    assert only(atom()).title == "No incident in the history"


def test_published_is_the_newest_update_and_the_oldest_is_the_start() -> None:
    html = update("Mar 2 17:50 UTC", "Identified", "We know.") + update(
        "Mar 2 17:20 UTC", "Investigating", "We look."
    )
    signal = only(atom(entry("Uploads to buckets fail", html)))
    assert (signal.state, signal.phase, signal.storage) == ("degraded", "identified", "yes")
    assert signal.started_at == datetime(2026, 3, 2, 17, 20, tzinfo=UTC)
    assert signal.updated_at == datetime(2026, 3, 2, 17, 50, tzinfo=UTC)
    assert [(u.phase, u.text) for u in signal.updates] == [
        ("identified", "We know."),
        ("investigating", "We look."),
    ]
    assert signal.vendor_id == "tag:status.wolke.example,2005:Incident/1"


def test_the_guid_of_an_rss_item_is_the_incident_whatever_its_date() -> None:
    html = update("Mar 2 17:50 UTC", "Identified")
    body = history(item("Errors", html, link="https://status.wolke.example/incidents/x"))
    assert only(body).vendor_id == "https://status.wolke.example/incidents/x"


def test_an_update_that_bears_no_phase_does_not_hide_the_phase() -> None:
    html = update("Mar 2 17:50 UTC", "Update") + update("Mar 2 17:20 UTC", "Monitoring")
    signal = only(atom(entry("Errors", html)))
    assert (signal.title, signal.state, signal.phase) == ("Errors", "operational", "monitoring")


def test_spaces_between_the_tags_change_nothing() -> None:
    html = update("Mar 2 17:50 UTC", "Identified").replace("<small>", " <small> ")
    html = html.replace("</small><br>", "</small> <br /> ")
    assert only(atom(entry("Errors", html))).phase == "identified"


@pytest.mark.parametrize(
    ("zone", "published"),
    [
        ("CET", "2026-03-02T16:50:31Z"),
        ("PST", "2026-03-03T01:50:31Z"),
        ("IST", "2026-03-02T12:20:31Z"),  # in India
        ("IST", "2026-03-02T15:50:31Z"),  # in Israel
        ("CST", "2026-03-02T23:50:31Z"),  # in America
        ("CST", "2026-03-02T09:50:31Z"),  # in China
        ("XYZT", "2026-03-02T14:50:31Z"),
        ("+03", "2026-03-02T14:50:31Z"),
    ],
)
def test_a_zone_is_what_the_time_of_publication_shows_it_to_be(zone: str, published: str) -> None:
    html = update(f"Mar 2 17:50 {zone}", "Identified") + update(
        f"Mar 2 17:20 {zone}", "Investigating"
    )
    signal = only(atom(entry("Errors", html, at=published)))
    at = datetime.fromisoformat(published).replace(second=0)
    assert (signal.updated_at, signal.started_at) == (at, at - timedelta(minutes=30))


def test_the_clocks_may_have_changed_between_two_updates() -> None:
    html = update("Mar 29 09:00 CEST", "Identified") + update("Mar 28 22:00 CET", "Investigating")
    signal = only(atom(entry("Errors", html, at="2026-03-29T07:00:10Z")))
    assert signal.started_at == datetime(2026, 3, 28, 21, tzinfo=UTC)


def test_a_publication_of_another_time_does_not_bend_the_zone() -> None:
    html = update("Mar 2 17:50 CET", "Identified")
    signal = only(atom(entry("Errors", html, at="2026-03-02T16:42:00Z")))
    assert signal.updated_at == datetime(2026, 3, 2, 16, 50, tzinfo=UTC)


def test_times_without_a_year_cross_new_year() -> None:
    html = update("Jan 1 00:10 UTC", "Monitoring") + update("Dec 31 23:50 UTC", "Investigating")
    signal = only(atom(entry("Errors", html, at="2026-01-01T00:10:40Z")))
    assert signal.updated_at == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
    assert signal.started_at == datetime(2025, 12, 31, 23, 50, tzinfo=UTC)


@pytest.mark.parametrize("published", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_year_that_nobody_means_breaks_nothing(published: str) -> None:
    signal = only(atom(entry("Errors", update("Jan 1 00:00 CET", "Identified"), at=published)))
    assert (signal.state, signal.updated_at) == ("degraded", None)


def test_a_leap_day_is_one_only_in_a_leap_year() -> None:
    html = update("Feb 29 10:00 UTC", "Investigating")
    assert only(atom(entry("E", html, at="2028-02-29T10:00:05Z"))).started_at == datetime(
        2028, 2, 29, 10, tzinfo=UTC
    )
    assert only(atom(entry("E", html, at="2026-03-01T10:00:05Z"))).started_at is None


@pytest.mark.parametrize(
    ("phase", "state"),
    [("Scheduled", "operational"), ("In progress", "maintenance"), ("Verifying", "maintenance")],
)
def test_scheduled_work_counts_while_it_is_under_way(phase: str, state: str) -> None:
    html = "<p><strong>THIS IS A SCHEDULED EVENT Mar 3, 10:00 - 12:00 UTC</strong></p>"
    body = atom(entry("Upgrade of buckets", html + update("Mar 2 17:50 UTC", phase)))
    assert only(body).state == state


def test_the_time_of_the_request_is_nobodys_update() -> None:
    old = entry("E", update("Feb 1 10:00 UTC", "Investigating"), at="2026-02-01T10:00:20Z")
    assert only(atom(old)).updated_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_an_incident_that_was_resolved_today_is_told_with_its_time() -> None:
    quiet, signal = told(atom(entry("Errors", update("Mar 2 17:50 UTC", "Resolved"))))
    assert (quiet.service, quiet.state) == ("", "operational")
    assert (signal.phase, signal.updated_at) == (
        "resolved",
        datetime(2026, 3, 2, 17, 50, tzinfo=UTC),
    )


def test_an_entry_whose_text_has_another_form_is_still_an_incident() -> None:
    assert only(atom(entry("Major outage of buckets", "<p>Sorry</p>"))).state == "major_outage"


# Plain feeds of any vendor.


@pytest.mark.parametrize(
    ("title", "text", "state"),
    [
        ("[Resolved] Outage of the API", "", "operational"),
        ("Resolved: uploads fail", "", "operational"),
        ("Network outage - Resolved", "", "operational"),
        ("Uploads fail (resolved)", "", "operational"),
        ("Completed: upgrade of the network", "", "operational"),
        ("Uploads fail", "This incident has been resolved.", "operational"),
        ("Uploads fail", "<b>Status: Resolved</b><br>All is well.", "operational"),
        ("Service is operating normally", "", "operational"),
        ("All systems operational", "", "operational"),
        ("Errors in uploads", "It has not been resolved yet.", "degraded"),
        ("Errors in uploads", "Service has partially recovered.", "degraded"),
        ("Investigating: slow uploads", "", "degraded"),
        ("Elevated error rates", "", "degraded"),
        ("Partial outage of uploads", "", "partial_outage"),
        ("Service disruption: uploads", "", "major_outage"),
        ("Outage in Oslo", "", "major_outage"),
        ("The website is down", "", "major_outage"),
        ("Buckets unavailable", "", "major_outage"),
        ("Maintenance in Oslo", "Maintenance has started.", "maintenance"),
        ("Maintenance in Oslo", "It will be on Monday.", "operational"),
        ("Scheduled maintenance in Oslo", "", "operational"),
        ("Monitoring - slow uploads", "", "operational"),
        ("Login errors", "<b>Status: Monitoring</b>", "operational"),
        (
            "Login errors",
            "<b>Status: Monitoring</b><b>Affected components</b> Login (Degraded performance)",
            "degraded",
        ),
        (
            "Login errors",
            "<b>Status: Identified</b><b>Affected components</b> Login (Full outage)",
            "major_outage",
        ),
        ("We open an office in Oslo", "Come and see us.", "unknown"),
    ],
)
def test_words_tell_the_state(title: str, text: str, state: str) -> None:
    assert overall(told(rss(item(title, text))))[0] == state


def test_an_empty_channel_is_good_news_only_from_a_status_feed() -> None:
    assert only(rss(title="Wolke status")).state == "operational"
    assert only(rss(title="Wolke news")).state == "unknown"
    assert only(b"<rss><channel></channel></rss>").state == "unknown"
    assert only(b"<feed xmlns='http://www.w3.org/2005/Atom'/>").state == "unknown"


def test_the_newest_of_several_items_about_one_thing_decides() -> None:
    body = rss(
        item("Investigating: uploads fail", at="Mon, 02 Mar 2026 16:00:00 GMT"),
        item("Resolved: uploads fail", at="Mon, 02 Mar 2026 17:00:00 GMT"),
        item("Resolved: logins fail", at="Mon, 02 Mar 2026 15:00:00 GMT"),
        item("Update: logins fail", at="Mon, 02 Mar 2026 16:30:00 GMT"),
    )
    signal = only(body)
    assert (signal.title, signal.state) == ("Update: logins fail", "degraded")
    assert signal.started_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert [u.phase for u in signal.updates] == ["update", "resolved"]


def test_items_never_expire_so_an_old_open_one_counts_for_nothing() -> None:
    old = item("Uploads fail", at="Mon, 02 Feb 2026 16:00:00 GMT")
    new = item("Resolved: logins fail", at="Mon, 02 Mar 2026 16:00:00 GMT")
    assert overall(told(rss(new, old)))[0] == "operational"
    stale = only(rss(old, built="Mon, 02 Mar 2026 16:00:00 GMT"))
    assert (stale.state, stale.why) == ("unknown", "its open items are all old")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Type: announcement", "unknown"),
        ("Type: release<br>Errors are fixed", "unknown"),
        ("Type: incident<br>Outage Start: 2026-03-02 16:00:00 UTC", "major_outage"),
        ("Type: incident<br>Outage End: 2026-03-02 16:30:00 UTC", "operational"),
        ("Type: maintenance<br>Maintenance End: 2026-03-09 16:30:00 UTC", "maintenance"),
    ],
)
def test_fields_in_the_text_say_what_kind_of_item_it_is(text: str, state: str) -> None:
    assert overall(told(rss(item("Cloud Object Storage", text))))[0] == state


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Mon, 02 Mar 2026 17:30:00 GMT", "17:30"),
        ("Mon, 02 Mar 2026 17:30:00 Z", "17:30"),
        ("Mon, 02 Mar 2026 17:30:00 CET", "16:30"),
        ("Mon,  2 Mar 2026 09:30:00 PST", "17:30"),
        ("Wed, 02 Mar 2026 17:30:00 +0100", "16:30"),
        ("2026-03-02T17:30:00+01:00", "16:30"),
        ("Mon, 02 Mar 2026 17:30:00 XYZT", ""),
        ("yesterday", ""),
    ],
)
def test_a_date_is_read_in_the_zone_it_is_written_in(written: str, at: str) -> None:
    found = only(rss(item("Uploads fail", at=written))).updated_at
    assert (f"{found:%H:%M}" if found else "") == at


def test_rss_1_has_its_items_beside_the_channel() -> None:
    body = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        b"<channel><title>Wolke</title></channel><item><title>S3 outage</title>"
        b"<dc:date>2026-03-02T17:30:00Z</dc:date></item></rdf:RDF>"
    )
    reading = understand(body, FEED)
    assert reading.format == "rss"
    assert overall(reading.signals) == ("major_outage", "yes")


def test_an_atom_entry_may_hold_html_that_is_not_escaped() -> None:
    div = "<div xmlns='http://www.w3.org/1999/xhtml'>It <b>has been resolved</b> now.</div>"
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>W</title><entry><title>Errors</title>"
        f"<content type='xhtml'>{div}</content></entry></feed>"
    ).encode()
    reading = understand(body, FEED)
    assert (reading.format, overall(reading.signals)[0]) == ("atom", "operational")


words = st.sampled_from(
    ["Resolved", "outage", "S3", "Mar 2, 17:50 CET", "<small>", "</small><br><strong>", "[", "- "]
)
texts = st.lists(words | st.text(max_size=6), max_size=8).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts), max_size=4), st.sampled_from(["rss", "history"]))
def test_no_text_breaks_a_feed(parts: list[tuple[str, str, str]], kind: str) -> None:
    cleaned = [[part.replace("<", "&lt;") for part in three] for three in parts]
    made = [
        f"<item><title>{title}</title><description>{html}</description><pubDate>{at}</pubDate></item>"
        for title, html, at in cleaned
    ]
    body = rss(*made) if kind == "rss" else history(*made)
    signals = told(body)
    assert {signal.state for signal in signals} <= set(STATES)
    assert not any("broke" in signal.why for signal in signals), signals
