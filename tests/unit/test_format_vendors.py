"""Slack, Heroku, Salesforce and Stripe: each in a format of its own."""

from typing import Any

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.match import word
from tests.unit.feed_cases import at, known, read, whole

NOW = "2026-03-02T09:30:00-08:00"


def slack_incident(**more: Any) -> dict[str, Any]:
    return {
        "id": 878,
        "date_created": "2026-03-02T09:00:00-08:00",
        "date_updated": NOW,
        "title": "Trouble with notifications",
        "type": "incident",
        "status": "active",
        "url": "https://status.slack.com/2026-03/ea58a1",
        "services": ["Notifications", "Search"],
        "notes": [
            {"date_created": "2026-03-02T09:10:00-08:00", "body": "First.\r\nMore."},
            {"date_created": "2026-03-02T09:20:00-08:00", "body": "<p>Second.</p>"},
        ],
    } | more


def slack(*incidents: Any, status: Any = "active") -> list[Signal]:
    page = {"status": status, "date_created": NOW, "date_updated": NOW}
    return known(page | {"active_incidents": list(incidents)}, "slack_status")


def test_slack_is_well_by_its_own_word() -> None:
    assert whole(slack(status="ok")) == ("operational", "no")


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("notice", "degraded"),
        ("incident", "partial_outage"),
        ("outage", "major_outage"),
        ("maintenance", "maintenance"),
        ("never heard of", "degraded"),
        (None, "degraded"),
    ],
)
def test_the_type_of_a_slack_incident_tells_its_state(kind: Any, state: str) -> None:
    assert whole(slack(slack_incident(type=kind))) == (state, "no")


def test_offsets_and_carriage_returns_of_slack_are_read() -> None:
    first, second = slack(slack_incident())
    assert (first.service, second.service) == ("Notifications", "Search")
    assert (first.vendor_id, first.phase) == ("878", "active")
    assert (first.started_at, first.updated_at) == (at("2026-03-02 17:00"), at("2026-03-02 17:30"))
    assert [u.text for u in first.updates] == ["Second.", "First. More."]


def test_the_first_version_of_slack_has_the_incident_in_the_page() -> None:
    page = slack_incident(services=["Calls"])
    (only,) = known(page, "slack_status")
    assert (only.service, only.state) == ("Calls", "partial_outage")
    quiet = {"status": "ok", "date_created": NOW, "date_updated": NOW}
    assert whole(known(quiet, "slack_status")) == ("operational", "no")


def test_the_history_of_slack_tells_what_is_open_and_what_is_just_over() -> None:
    old = slack_incident(status="resolved", id=1, date_updated="2026-01-02T09:30:00-08:00")
    over = slack_incident(status="resolved", id=2)
    assert [(s.vendor_id, s.state) for s in known([over, old], "slack_status")] == [
        ("2", "operational"),
        ("2", "operational"),
    ]
    assert whole(known([over, slack_incident()], "slack_status")) == ("partial_outage", "no")
    assert whole(known([old], "slack_status")) == ("operational", "no")


def test_planned_work_of_slack_counts_when_it_is_under_way() -> None:
    planned = slack_incident(type="maintenance", status="scheduled")
    assert whole(known([planned], "slack_status"))[0] == "operational"


def test_a_slack_that_is_active_without_an_incident_is_trouble_of_unknown_size() -> None:
    assert whole(slack()) == ("degraded", "unclear")


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}])
def test_an_incident_of_slack_that_cannot_be_read_is_never_green(odd: Any) -> None:
    assert whole(slack(odd))[0] == "unknown"


def test_a_cloud_provider_who_is_blamed_makes_storage_unclear() -> None:
    note = {"date_created": NOW, "body": "Our cloud provider has trouble."}
    assert whole(slack(slack_incident(notes=[note]))) == ("partial_outage", "unclear")


# Heroku


def heroku(*incidents: Any, scheduled: Any = None, **colours: Any) -> list[Signal]:
    systems = [{"system": name, "status": colour} for name, colour in colours.items()]
    page = {"status": systems, "incidents": list(incidents), "scheduled": scheduled or []}
    return known(page, "heroku")


def trouble(**more: Any) -> dict[str, Any]:
    return {
        "id": 1918,
        "title": "Connection timeouts",
        "created_at": "2026-03-02T17:00:00.231Z",
        "resolved": False,
        "state": "open",
        "full_url": "https://status.heroku.com/incidents/1918",
        "updates": [
            {
                "contents": "We look into it.\r\n",
                "created_at": "2026-03-02T17:05:00Z",
                "update_type": "investigating",
                "status_dev": "green",
                "status_prod": "yellow",
            }
        ],
    } | more


@pytest.mark.parametrize(
    ("colour", "state"),
    [
        ("green", "operational"),
        ("yellow", "degraded"),
        ("red", "major_outage"),
        ("blue", "maintenance"),
        ("pink", "degraded"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_the_colours_of_heroku(colour: Any, state: str) -> None:
    assert whole(heroku(Apps=colour))[0] == state


def test_a_system_of_heroku_is_told_with_the_open_incident() -> None:
    (only,) = heroku(trouble(), Apps="green", Data="yellow")
    assert (only.service, only.state, only.storage) == ("Data", "degraded", "no")
    assert (only.vendor_id, only.phase) == ("1918", "investigating")
    assert (only.started_at, only.updated_at) == (only.started_at, at("2026-03-02 17:05"))
    assert only.link == "https://status.heroku.com/incidents/1918"


def test_an_incident_of_heroku_is_open_though_all_systems_are_green() -> None:
    assert whole(heroku(trouble(), Apps="green")) == ("degraded", "no")
    assert whole(heroku(trouble(resolved=True), Apps="green")) == ("operational", "no")
    worse = trouble(updates=[{"status_prod": "red"}])
    assert whole(heroku(worse, Apps="green"))[0] == "major_outage"


def test_what_heroku_has_planned_is_told_with_the_blue_system() -> None:
    (only,) = heroku(Apps="blue", scheduled=[trouble(title="Database upgrade")])
    assert (only.state, only.title) == ("maintenance", "Database upgrade")


def test_the_third_version_of_heroku_has_two_environments() -> None:
    page = {"status": {"Production": "red", "Development": "green"}, "issues": [trouble()]}
    (only,) = known(page, "heroku")
    assert (only.service, only.state, only.vendor_id) == ("Production", "major_outage", "1918")


# Salesforce


def instance(key: str = "NA1", status: Any = "OK", **more: Any) -> dict[str, Any]:
    return (
        {"key": key, "location": "NA", "status": status, "isActive": True}
        | {
            "Products": [],
            "Incidents": [],
            "Maintenances": [],
            "Tags": [],
        }
        | more
    )


def trust(*instances: Any) -> list[Signal]:
    return known(list(instances), "salesforce")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("OK", "operational"),
        ("MINOR_INCIDENT_NONCORE", "degraded"),
        ("MINOR_INCIDENT_CORE", "partial_outage"),
        ("MAJOR_INCIDENT_NONCORE", "partial_outage"),
        ("MAJOR_INCIDENT_CORE", "major_outage"),
        ("MAINTENANCE_CORE", "maintenance"),
        ("MAINTENANCE_NEW", "maintenance"),
        ("NEVER_HEARD_OF", "degraded"),
        (None, "unknown"),
        (0, "unknown"),
    ],
)
def test_the_status_of_an_instance(status: Any, state: str) -> None:
    assert whole(trust(instance(), instance("NA2", status)))[0] == state


def test_an_instance_is_told_with_its_open_incident() -> None:
    def inside(number: int, end: str | None) -> dict[str, Any]:
        impact = {"startTime": "2026-03-02T16:08:00.000Z", "endTime": end, "type": "slowPages"}
        return {
            "id": number,
            "updatedAt": "2026-03-02T17:00:00Z",
            "IncidentImpacts": [impact],
            "IncidentEvents": [
                {"createdAt": "2026-03-02T16:30:00Z", "type": "update", "message": "We look."}
            ],
            "serviceKeys": ["coreService"],
        }

    over, still = inside(1, "2026-03-02T16:20:00Z"), inside(2, None)
    signals = trust(instance(), instance("NA2", "MINOR_INCIDENT_CORE", Incidents=[over, still]))
    (only,) = signals
    assert (only.service, only.region, only.vendor_id) == ("coreService", "NA2", "2")
    assert (only.title, only.started_at) == ("slowPages", at("2026-03-02 16:08"))
    assert [u.text for u in only.updates] == ["We look."]
    assert word(signals, "coreService", "NA1").state == "operational"


def test_one_instance_alone_is_read_too() -> None:
    assert whole(known(instance("NA2", "MAJOR_INCIDENT_CORE"), "salesforce"))[0] == "major_outage"


def test_a_product_of_salesforce_has_its_instances_inside() -> None:
    page = {"key": "Wave", "Instances": [instance("W1"), instance("W2", "MINOR_INCIDENT_NONCORE")]}
    assert [(s.region, s.state) for s in known(page, "salesforce")] == [("W2", "degraded")]


def test_an_instance_is_known_without_its_lists() -> None:
    bare = {"key": "AP9", "status": "MINOR_INCIDENT_CORE", "location": "APAC", "environment": "x"}
    assert whole(known([bare], "salesforce"))[0] == "partial_outage"


def happening(**more: Any) -> dict[str, Any]:
    """An incident as the list of incidents has it."""
    return {
        "id": 42,
        "isCore": True,
        "instanceKeys": ["NA1", "NA2"],
        "serviceKeys": ["search"],
        "IncidentImpacts": [{"startTime": "2026-03-02T17:10:00.000Z", "severity": "major"}],
        "IncidentEvents": [
            {"type": "investigating", "message": "m", "createdAt": "2026-03-02T17:12:00.000Z"}
        ],
    } | more


@pytest.mark.parametrize(
    ("core", "severity", "state"),
    [
        (True, "major", "major_outage"),
        (True, "minor", "partial_outage"),
        (False, "major", "partial_outage"),
        (False, None, "degraded"),
    ],
)
def test_an_incident_of_the_list_is_as_bad_as_its_open_impacts(
    core: bool, severity: Any, state: str
) -> None:
    impacts = [{"startTime": "2026-03-02T17:10:00.000Z", "severity": severity}]
    impacts.append({"endTime": "2026-03-02T17:11:00.000Z", "severity": "major"})
    signals = trust(happening(isCore=core, IncidentImpacts=impacts))
    assert [(s.service, s.region, s.vendor_id) for s in signals] == [
        ("search", "NA1", "42"),
        ("search", "NA2", "42"),
    ]
    assert whole(signals) == (state, "no")


def test_an_incident_of_the_list_is_over_by_its_impacts_or_its_newest_event() -> None:
    ended = happening(IncidentImpacts=[{"endTime": "2026-03-02T17:40:00.000Z"}])
    told = [{"type": "resolved", "createdAt": "2026-03-02T17:50:00.000Z", "message": "Done."}]
    said = happening(IncidentImpacts=[], IncidentEvents=told)
    assert [s.title for s in trust(ended, said)] == ["No open incidents"]
    assert whole(trust(ended, happening()))[0] == "major_outage"
    assert any(s.state == "unknown" for s in trust(ended, "odd"))


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [("17", "19", "maintenance"), ("19", "20", "operational"), ("15", "17", "operational")],
)
def test_maintenance_of_the_list_counts_while_it_is_under_way(
    starts: str, ends: str, state: str
) -> None:
    planned = happening(
        plannedStartTime=f"2026-03-02T{starts}:00:00.000Z",
        plannedEndTime=f"2026-03-02T{ends}:00:00.000Z",
        MaintenanceImpacts=[],
    )
    del planned["IncidentImpacts"], planned["IncidentEvents"]
    assert whole(trust(planned)) == (state, "no")


def test_the_tags_and_odd_lists_of_an_instance_do_no_harm() -> None:
    odd = instance("NA2", "MAJOR_INCIDENT_CORE", Incidents=[True, None, {}], Tags=[False])
    assert whole(trust(odd, None, "x"))[0] == "major_outage"


def test_the_reference_texts_have_no_state() -> None:
    text = {"id": 1, "modelName": "fieldOption", "modelKey": "k", "text": "Outage", "locale": "en"}
    assert whole(known([text], "salesforce")) == ("unknown", "no")


# Stripe


def stripe(time: Any = "March 02, 2026 @ 05:50PM +00:00", light: Any = "up") -> list[Signal]:
    return known({"largestatus": light, "message": "All online.", "time": time}, "stripe")


@pytest.mark.parametrize(
    ("light", "state"),
    [("up", "operational"), ("degraded", "degraded"), ("down", "major_outage"), ("x", "degraded")],
)
def test_the_light_of_stripe(light: str, state: str) -> None:
    (only,) = stripe(light=light)
    assert (only.state, only.updated_at) == (state, at("2026-03-02 17:50"))


@pytest.mark.parametrize(
    "time",
    ["February 09, 2024 @ 06:08PM +00:00", None, 7, "yesterday", "Foo 99, 2026 @ 1:00PM +00:00"],
)
def test_a_frozen_answer_of_stripe_is_not_green(time: Any) -> None:
    assert whole(stripe(time)) == ("unknown", "no")


@pytest.mark.parametrize("body", [{"largestatus": None}, {"status": "up"}, []])
def test_a_stripe_without_a_light_is_unknown(body: Any) -> None:
    assert whole(read(body, "stripe").signals)[0] == "unknown"
