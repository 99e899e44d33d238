"""Bodies in the form of products and dialects that write the same thing in their own way."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.body import read
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import recognised, understand
from tests.unit.feed_samples import (
    GREEN,
    as_json,
    atom,
    component,
    entry,
    incident,
    item,
    rss,
    statuspage,
    update,
)

FEED = Feed("feed", "wolke", datetime(2026, 3, 2, 18, tzinfo=UTC))


def told(body: bytes) -> list[Signal]:
    return understand(body, FEED).signals


def verdict(body: bytes) -> tuple[str, str]:
    return overall(told(body))


# Incident histories of others than Statuspage.


def instatus(kind: str, *updates: tuple[str, str, str], parts: str = "Buckets, API") -> str:
    """The text of an entry; a time of an update is "Mar 2 17:50:04 GMT+0"."""
    fields = f"<p><strong>Type:</strong> {kind}</p><p><strong>Duration:</strong> 2 hours</p>"
    fields += f"<p><strong>Affected Components:</strong> {parts}</p>"
    return fields + "".join(update(*one) for one in updates)


def history(*entries: str) -> bytes:
    return atom(*entries, title="Wolke Status - Incident history").replace(b",2005:/history", b"")


ASKED = ("Mar 2 17:00:04 GMT+0", "Investigating", "We look.")
KNOWN = ("Mar 2 17:20:04 GMT+0", "Identified", "We know.")
OVER = ("Mar 2 17:40:04 GMT+0", "Resolved", "It is over.")
STARTED = "2026-03-02T17:00:04.000+00:00"


@pytest.mark.parametrize("order", [(ASKED, KNOWN), (KNOWN, ASKED)])
def test_the_newest_update_decides_whichever_end_of_the_text_it_stands_at(order: Any) -> None:
    first, other = told(history(entry("Errors", instatus("Incident", *order), at=STARTED)))
    assert (first.service, first.storage, first.state) == ("Buckets", "yes", "degraded")
    assert (other.service, other.storage, other.phase) == ("API", "no", "identified")
    assert [u.phase for u in first.updates] == ["identified", "investigating"]
    assert first.started_at == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert first.updated_at == datetime(2026, 3, 2, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize("order", [(ASKED, OVER), (OVER, ASKED)])
def test_an_incident_is_over_whichever_end_says_so(order: Any) -> None:
    body = history(entry("Errors", instatus("Incident", *order), at=STARTED))
    assert verdict(body) == ("operational", "no")
    assert told(body)[1].updated_at == datetime(2026, 3, 2, 17, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "state"),
    [("2026-03-02T17:30:00Z", "maintenance"), ("2026-03-03T17:30:00Z", "operational")],
)
def test_work_without_a_phase_of_its_own_begins_at_its_date(starts: str, state: str) -> None:
    html = instatus("Maintenance", ("Feb 20 09:00:00 GMT+0", "Identified", "We will."))
    assert verdict(history(entry("Upgrade", html, at=starts)))[0] == state
    done = html + update("Mar 2 17:45:00 GMT+0", "Completed")
    assert verdict(history(entry("Upgrade", done, at=starts)))[0] == "operational"


def test_the_long_text_of_an_item_may_be_escaped_twice_and_its_list_only_in_the_short_one() -> None:
    long = update(*ASKED).replace("<", "&lt;").replace(">", "&gt;")
    text = f"<content:encoded><![CDATA[<b>Type:</b> Incident {long}]]></content:encoded>"
    body = rss(
        item("Errors", "Type: Incident\nAffected Components: Buckets\nMar 2, 17:00:04").replace(
            "</item>", f"{text}</item>"
        ),
        title="Wolke Status - Incident history",
    ).replace(b"<rss ", b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" ')
    signals = told(body)
    assert [(s.service, s.phase, s.storage) for s in signals] == [
        ("Buckets", "investigating", "yes")
    ]


@pytest.mark.parametrize(
    ("html", "state"),
    [
        ("<p><small>Mar 2, 5:20 PM UTC</small><br/><strong>RESOLVED</strong> - <p>Ok.</p>", "ok"),
        ("<p><small>Mar 2, 5:20 PM UTC</small><br/><strong>MONITORING</strong> - Hm.", "ok"),
        ("<p><small>Mar 2, 5:20 PM UTC</small><br/><strong>UPDATE</strong> - No.", "degraded"),
        ("<strong>Resolved</strong> - <p>Over.</p>", "ok"),
        ("<p><strong>Resolved</strong> - Over.</p><p><strong>Monitoring</strong> - Hm.</p>", "ok"),
        ("<p><strong>Identified</strong> - Yes.</p>", "degraded"),
        ("<p><small>mars 2, 17:20 UTC</small><br><strong>Résolu</strong> - Fini.</p>", "ok"),
        ("<p><small>2. Mär, 17:20 CET</small><br><strong>Behoben</strong> - Gut.</p>", "ok"),
        ("<p><small>3月 2, 17:20 JST</small><br><strong>解決済み</strong> - 完了</p>", "ok"),
        ("<p><strong>Note</strong> - Nothing is over.</p>", "degraded"),
    ],
)
def test_a_phase_is_found_in_capitals_without_a_time_and_in_other_languages(
    html: str, state: str
) -> None:
    body = rss(item("Errors", html), title="Wolke Status - Incident History")
    assert verdict(body)[0].replace("operational", "ok") == state


def test_an_entry_without_any_phase_is_history_after_some_days() -> None:
    old = item("Errors", "Sorry.", at="Mon, 02 Feb 2026 17:30:00 GMT")
    assert verdict(rss(old, title="W - Incident History"))[0] == "operational"


def test_work_at_an_edge_site_is_no_news_in_a_history_either() -> None:
    html = "<p><strong>THIS IS A SCHEDULED EVENT</strong></p>"
    html += update("Mar 2 17:50 UTC", "In progress")
    assert verdict(atom(entry("OSL (Oslo) on 2026-03-02", html)))[0] == "operational"
    assert verdict(atom(entry("Oslo on Monday", html)))[0] == "maintenance"


# Plain feeds whose items hold all their updates.


def staged(*stages: tuple[str, str]) -> str:
    return "<br /><br />".join(f"<small>{at}</small><br /><b>{p}</b> - Words." for at, p in stages)


@pytest.mark.parametrize(
    ("stages", "state"),
    [
        ((("March 2, 2026 09:10 PST", "Investigating"),), "degraded"),
        (
            (
                ("March 2, 2026 09:10 PST", "Investigating"),
                ("March 2, 2026 09:40 PST", "Monitoring"),
            ),
            "operational",
        ),
        (
            (
                ("March 2, 2026 09:10 PST", "Investigating"),
                ("March 2, 2026 09:40 PST", "Resolved"),
            ),
            "operational",
        ),
    ],
)
def test_an_item_that_begins_with_its_oldest_update(stages: Any, state: str) -> None:
    signals = told(rss(item("Logins fail", staged(*stages))))
    assert overall(signals)[0] == state
    assert signals[-1].started_at == datetime(2026, 3, 2, 17, 10, tzinfo=UTC)


def test_updates_in_a_text_without_tags_are_read_in_their_order() -> None:
    text = "Investigating - errors are seen. Monitoring - a fix is in."
    assert verdict(rss(item("Logins", text)))[0] == "operational"
    assert verdict(rss(item("Logins", "June 1, 2026 11:24 UTC Investigating - Ai.")))[0] != (
        "operational"
    )


def listed(phase: str, *parts: str) -> str:
    names = "".join(f"<li>{part}</li>" for part in parts)
    return f"<b>Status: {phase}</b><br/><br/>Text.<br/><b>Affected components</b><ul>{names}</ul>"


def test_components_that_are_listed_below_a_text_are_told_one_by_one() -> None:
    html = listed(
        "Identified", "Files (Partial outage)", "Storage (Full outage)", "A (Operational)"
    )
    signals = told(rss(item("Errors", html)))
    assert [(s.service, s.state, s.storage) for s in signals] == [
        ("Files", "partial_outage", "no"),
        ("Storage", "major_outage", "yes"),
    ]


@pytest.mark.parametrize(
    ("phase", "part", "state"),
    [
        ("Maintenance scheduled", "API (Operational)", "operational"),
        ("Maintenance in progress", "API (Operational)", "maintenance"),
        ("In progress", "API (Under maintenance)", "maintenance"),
        ("Maintenance complete", "API (Operational)", "operational"),
        ("Resolved", "API (Degraded performance)", "operational"),
        ("Monitoring", "API (Operational)", "operational"),
    ],
)
def test_work_is_known_by_its_phase_also_when_the_title_does_not_say_it(
    phase: str, part: str, state: str
) -> None:
    assert verdict(rss(item("Database upgrade", listed(phase, part))))[0] == state


@pytest.mark.parametrize(
    ("title", "state"),
    [
        ("[Ended] Maintenance window", "operational"),
        ("[Behoben] Ausfall der Anmeldung", "operational"),
        ("[Gelöst] Störung", "operational"),
        ("Störung der Anmeldung", "degraded"),
        ("Ausfall der Anmeldung", "major_outage"),
        ("Panne du réseau", "major_outage"),
        ("The website went down", "major_outage"),
        ("The website recovered", "operational"),
        ("Monitor is UP: website", "operational"),
        ("Wartungsarbeiten geplant", "operational"),
    ],
)
def test_titles_of_monitors_and_in_other_languages(title: str, state: str) -> None:
    text = "Es wird am Montag sein, scheduled" if title.startswith("Wartung") else ""
    assert verdict(rss(item(title, text)))[0] == state


def test_what_went_down_and_came_back_is_one_thing() -> None:
    down = item("Uploads went down", at="Mon, 02 Mar 2026 17:00:00 GMT")
    up = item("Uploads recovered", at="Mon, 02 Mar 2026 17:10:00 GMT")
    assert verdict(rss(down, up))[0] == "operational"


@pytest.mark.parametrize(
    ("title", "fields", "state"),
    [
        ("Storage", "Type: incident Regions: us-south Outage Start: 2026-03-02T17:00:00Z", "bad"),
        ("RESOLVED: storage", "Type: incident Outage Start: 2026-03-02T17:00:00Z", "ok"),
        ("Storage", "Type: maintenance Maintenance Start: 2026-03-03T17:00:00Z", "ok"),
        ("Errors in storage are fixed", "Type: security", "unknown"),
    ],
)
def test_fields_say_when_a_thing_begins_and_the_title_that_it_is_over(
    title: str, fields: str, state: str
) -> None:
    found = verdict(rss(item(title, fields)))[0]
    assert found.replace("operational", "ok").replace("major_outage", "bad") == state


# Statuspage and what serves its addresses.


@pytest.mark.parametrize("key", ["incidents", "scheduled_maintenances"])
def test_a_list_without_members_may_be_null(key: str) -> None:
    assert verdict(statuspage(**{key: None})) == ("operational", "no")
    assert verdict(statuspage(components=None)) == ("unknown", "unclear")


def test_incidents_are_known_without_the_page_around_them() -> None:
    body = as_json({"incidents": [incident("Object storage", incident_updates=[])]})
    assert recognised(read(body)) == ["statuspage"]
    assert verdict(body) == ("degraded", "yes")


def test_work_that_is_only_announced_is_no_incident_in_whichever_list() -> None:
    work = incident("Object storage", status="scheduled", impact="maintenance")
    assert verdict(statuspage(incidents=[work])) == ("operational", "no")
    work["status"] = "in_progress"
    assert verdict(statuspage(incidents=[work])) == ("maintenance", "yes")


def test_a_place_whose_service_is_not_in_the_body_may_be_one_of_storage() -> None:
    place = component("FRA1", "degraded_performance", group_id="g1")
    event = incident("FRA1", components=[place])
    assert verdict(statuspage(incidents=[event])) == ("degraded", "unclear")
    group = component("Spaces", group=True, id="g1")
    assert verdict(statuspage(incidents=[event], components=[group, place])) == ("degraded", "yes")
    login = incident("Login", components=[component("Login", "degraded_performance", group_id="g")])
    assert verdict(statuspage(incidents=[login])) == ("degraded", "no")


@pytest.mark.parametrize(
    ("word", "state"),
    [("outage", "major_outage"), ("degraded", "degraded"), ("maintenance", "maintenance")],
)
def test_words_of_pages_that_copy_the_schema(word: str, state: str) -> None:
    body = statuspage(status=GREEN, components=[component("API"), component("S3", word)])
    assert verdict(body) == (state, "yes")


@pytest.mark.parametrize(
    ("name", "storage"),
    [
        ("Objektspeicher", "yes"),
        ("Stockage objet", "yes"),
        ("Almacenamiento de objetos", "yes"),
        ("オブジェクトストレージ", "yes"),
        ("对象存储", "yes"),
        ("Object Store", "yes"),
        ("Content Delivery Network", "yes"),
        ("Block Volume", "yes"),
        ("Edge Caching", "yes"),
        ("High-Performance Edge Network", "yes"),
        ("Event Stream", "no"),
        ("Docker Images", "no"),
        ("Login", "no"),
    ],
)
def test_storage_is_known_by_many_names(name: str, storage: str) -> None:
    body = statuspage(components=[component(name, "partial_outage")])
    assert verdict(body) == ("partial_outage", storage)


def test_a_text_that_speaks_of_buckets_speaks_of_storage() -> None:
    html = update("Mar 2 17:50 UTC", "Investigating", "Errors on buckets in the east.")
    assert verdict(atom(entry("Elevated errors", html))) == ("degraded", "yes")


@pytest.mark.parametrize(
    ("name", "storage"),
    [("US-East-1 (N. Virginia)", "yes"), ("US West Region", "yes"), ("Web console", "no")],
)
def test_a_place_of_a_vendor_that_only_stores_is_storage(name: str, storage: str) -> None:
    body = statuspage(components=[component(name, "partial_outage")])
    feed = Feed("feed", "wasabi", FEED.read_at)
    assert overall(understand(body, feed).signals) == ("partial_outage", storage)
    assert verdict(body) == ("partial_outage", "no")


# The others.


def widget(**parts: Any) -> bytes:
    page = {"page": {"name": "Wolke", "url": "https://status.wolke.example"}}
    return as_json({**page, "ongoing_incidents": [], "scheduled_maintenances": [], **parts})


def test_a_widget_with_other_names_for_title_and_phase() -> None:
    event = {
        "id": "i1",
        "title": "Uploads fail",
        "phase": "identified",
        "impact": "partial_outage",
        "started_at": "2026-03-02T17:00:00Z",
        "last_update": {"at": "2026-03-02T17:10:00Z", "message": "We mend it."},
        "affected_components": [{"id": "c", "name": "Object storage", "status": "degraded"}],
    }
    body = widget(ongoing_incidents=[event])
    assert recognised(read(body)) == ["incidentio"]
    (signal,) = told(body)
    assert (signal.title, signal.phase, signal.state) == ("Uploads fail", "identified", "degraded")
    assert signal.updated_at == datetime(2026, 3, 2, 17, 10, tzinfo=UTC)
    assert signal.storage == "yes"


def test_what_is_in_the_list_of_work_under_way_is_under_way() -> None:
    work = {"id": "m1", "title": "Upgrade", "phase": "ongoing", "affected_components": []}
    assert verdict(widget(in_progress_maintenances=[work]))[0] == "maintenance"


def test_ongoing_incidents_may_be_null() -> None:
    body = widget(ongoing_incidents=None, in_progress_maintenances=None)
    assert recognised(read(body)) == ["incidentio"]
    assert verdict(body) == ("operational", "no")


def test_the_components_of_instatus_may_come_as_a_bare_list() -> None:
    inside = {"name": "EU", "status": "OPERATIONAL"}
    body = as_json(
        [
            {"id": "1", "name": "API", "status": "OPERATIONAL", "children": [inside]},
            {"id": "2", "name": "Object storage", "status": "PARTIALOUTAGE", "children": []},
        ]
    )
    assert recognised(read(body)) == ["instatus"]
    assert verdict(body) == ("partial_outage", "yes")


def test_components_of_cachet_3_and_its_groups() -> None:
    newer = {"name": "Object storage", "enabled": True, "status": {"human": "?", "value": 3}}
    body = as_json({"data": [{"id": "1", "type": "components", "attributes": newer}]})
    assert recognised(read(body)) == ["cachet"]
    assert verdict(body) == ("partial_outage", "yes")
    work = newer | {"status": {"human": "Under maintenance", "value": 6}}
    body = as_json({"data": [{"id": "1", "type": "components", "attributes": work}]})
    assert verdict(body) == ("maintenance", "yes")
    member = {"id": 1, "name": "Buckets", "status": 4, "group_id": 1}
    group = {"id": 1, "name": "Storage", "enabled_components": [member]}
    assert verdict(as_json({"data": [group]})) == ("major_outage", "yes")


def test_a_part_of_an_outage_is_not_a_whole_one() -> None:
    service = {"serviceName": "File Storage", "serviceStatus": "PartialOutage", "incidents": []}
    region = {"regionCanonicalName": "eu-oslo-1", "serviceHealthReports": [service]}
    assert verdict(as_json({"regionHealthReports": [region]})) == ("partial_outage", "yes")


def test_a_page_made_from_a_template_may_have_line_breaks_in_its_strings() -> None:
    body = (
        b'{"cStateVersion": "6.0", "description": "two\nlines", "summaryStatus": "down",'
        b' "systems": [{"name": "CDN", "status": "down", "unresolvedIssues": []}]}'
    )
    assert verdict(body) == ("major_outage", "yes")


def test_no_component_of_a_huge_page_is_left_out() -> None:
    many = [component(f"Part {number}") for number in range(6000)]
    body = statuspage(components=[*many, component("Object storage", "major_outage")])
    assert verdict(body) == ("major_outage", "yes")


# FireHydrant.

CONDITIONS = {
    "Degraded": "DEGRADED",
    "Gone": "OFFLINE",
    "Fine": "OPERATIONAL",
    "Maintenance ": "BAD",
}


def firehydrant(*parts: tuple[str, str], **lists: Any) -> bytes:
    components = [{"name": name, "id": name, "customerCondition": now} for name, now in parts]
    config = {"companyName": "Wolke", "operationalMessage": "All is well."}
    page = {"config": config, "components": components, "conditions": CONDITIONS}
    return as_json(page | lists)


def trouble(milestone: str = "identified", **conditions: str) -> dict[str, Any]:
    return {
        "id": "i1",
        "name": "Errors of the API",
        "currentMilestone": milestone,
        "timestamps": {"started": "2026-03-02T17:00:00Z"},
        "componentConditions": conditions,
        "timeline": [{"occurredAt": "2026-03-02T17:10:00Z", "details": {"note": "We look."}}],
    }


def work(starts: str, ends: str) -> dict[str, Any]:
    about = {"id": "m1", "name": "Upgrade", "startsAt": starts, "endsAt": ends}
    return about | {"componentConditions": {"Storage": "Maintenance "}}


def test_a_quiet_page_of_firehydrant() -> None:
    body = firehydrant(("Storage", "Fine"))
    assert recognised(read(body)) == ["firehydrant"]
    assert [(s.state, s.title) for s in told(body)] == [("operational", "All is well.")]
    assert verdict(firehydrant()) == ("unknown", "unclear")


def test_an_incident_has_the_conditions_that_the_page_explains() -> None:
    body = firehydrant(("API", "Fine"), incidents=[trouble(API="Degraded", Storage="Gone")])
    signals = told(body)
    assert [(s.service, s.state) for s in signals] == [
        ("API", "degraded"),
        ("Storage", "major_outage"),
    ]
    assert overall(signals) == ("major_outage", "yes")
    assert signals[0].started_at == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert signals[0].updated_at == datetime(2026, 3, 2, 17, 10, tzinfo=UTC)


def test_an_incident_that_is_resolved_or_calms_down() -> None:
    assert verdict(firehydrant(("A", "Fine"), incidents=[trouble("resolved", A="Gone")])) == (
        "operational",
        "no",
    )
    assert verdict(firehydrant(("A", "Fine"), incidents=[trouble("mitigated", A="Fine")]))[0] == (
        "operational"
    )
    assert verdict(firehydrant(("A", "Fine"), incidents=[trouble(A="Fine")]))[0] == "degraded"


def test_a_component_that_is_not_well_is_told_without_an_incident() -> None:
    assert verdict(firehydrant(("Storage", "Degraded"))) == ("degraded", "yes")
    assert verdict(firehydrant(("Storage", "Maintenance "))) == ("maintenance", "yes")


@pytest.mark.parametrize(("hours", "state"), [((17, 19), "maintenance"), ((19, 20), "operational")])
def test_work_counts_between_its_times(hours: tuple[int, int], state: str) -> None:
    starts, ends = (f"2026-03-02T{hour}:00:00Z" for hour in hours)
    body = firehydrant(("Storage", "Fine"), scheduledMaintenances=[work(starts, ends)])
    assert verdict(body)[0] == state
