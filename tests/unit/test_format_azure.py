"""Azure's RSS and the health of Azure DevOps."""

from typing import Any

import pytest

from incidentbot.signals import Signal
from incidentbot.signals.feeds.match import word
from tests.unit.feed_cases import at, known, read, whole

LINK = "https://azure.status.microsoft/en-us/status/"


def item(*categories: str, title: str = "Errors", text: str = "Errors.", more: str = "") -> str:
    told = "".join(f"<category>{category}</category>" for category in categories)
    return (
        f"<item><guid isPermaLink='false'>errors-west-us-2</guid><link>{LINK}</link>{told}"
        f"<title>{title}</title><description>{text}</description>{more}</item>"
    )


def channel(*items: str, title: str = "Azure Status", link: str = LINK) -> str:
    inside = f"<title>{title}</title><link>{link}</link>{''.join(items)}"
    return f"<rss xmlns:a10='http://www.w3.org/2005/Atom'><channel>{inside}</channel></rss>"


def azure(*items: str) -> list[Signal]:
    return known(channel(*items), "azure_rss")


def test_an_empty_channel_is_all_clear() -> None:
    assert whole(azure()) == ("operational", "no")


@pytest.mark.parametrize(
    "link",
    [
        "https://azure.microsoft.com/en-us/status/",
        "https://azure.microsoft.com/status/",
        "https://azurecomcdn.azureedge.net/en-us/status/",
        "https://azurestatuscdn.azureedge.net/en-us/status/",
        "https://status.azure.com/en-us/status/",
        "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
        "https://status.azure.cn/zh-cn/",
        "https://www.azure.cn/support/service-status/",
    ],
)
def test_the_feed_has_moved_many_times(link: str) -> None:
    assert known(channel(title="Status", link=link), "azure_rss")[0].state == "operational"


def test_services_and_regions_are_categories() -> None:
    signals = azure(item("Storage", "Virtual Machines", "West US 2", "East US"))
    assert [(s.service, s.region, s.storage) for s in signals] == [
        ("Storage", "westus2, eastus", "yes"),
        ("Virtual Machines", "westus2, eastus", "no"),
    ]
    assert whole(signals) == ("degraded", "yes")
    assert word(signals, "blob", "eastus").state == "degraded"
    assert word(signals, "blob", "westeurope").state == "operational"


def test_a_global_item_is_about_every_region() -> None:
    signals = azure(item("Azure Front Door", "Global"))
    assert (signals[0].region, signals[0].storage) == ("global", "yes")


def test_without_categories_service_and_region_are_in_the_title() -> None:
    (only,) = azure(item(title="Storage - West Europe"))
    assert (only.service, only.region, only.storage) == ("Storage", "westeurope", "yes")


def test_an_item_that_names_nothing_is_unclear() -> None:
    assert whole(azure(item(title="Investigating", text="More soon."))) == ("degraded", "unclear")


def test_several_services_of_a_region_are_unclear() -> None:
    told = azure(item(title="Multiple Services - South Central US", text="We look into it."))
    assert whole(told) == ("degraded", "unclear")
    assert (told[0].service, told[0].region) == ("Multiple Services", "southcentralus")


def test_storage_that_only_the_text_names_counts() -> None:
    text = "Customers may see errors reaching Storage accounts."
    signals = azure(item("Virtual Machines", "West US", text=text))
    assert [s.service for s in signals] == ["Virtual Machines", "Storage"]
    assert whole(signals) == ("degraded", "yes")


def test_management_errors_are_no_storage_trouble() -> None:
    text = "Customers may see errors for create, delete and start of resources in this region."
    assert whole(azure(item("Virtual Machines", "West US 2", text=text))) == ("degraded", "no")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Mitigated: Errors - West US", "x"),
        ("Storage - West US - Mitigated", "x"),
        ("Storage - West US [Resolved]", "x"),
        ("Storage / West US: Fully mitigated.", "x"),
        ("Final PIR - Storage - West US", "x"),
        (
            "Storage - West US",
            "&lt;p&gt;Summary of impact: Between 01:10 and 04:40 UTC on 11 Nov 2018, some saw "
            "errors.&lt;/p&gt;&lt;p&gt;Mitigation: We turned a change back.&lt;/p&gt;",
        ),
        ("RCA - Storage - West US", "x"),
        ("Errors", "&lt;p&gt;Current Status: This issue is now mitigated.&lt;/p&gt;"),
    ],
)
def test_the_state_stands_only_in_the_prose(title: str, text: str) -> None:
    signals = azure(item("Storage", "West US", title=title, text=text))
    assert whole(signals) == ("operational", "no")
    assert signals[0].phase == "mitigated"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Errors", "Mitigation: we restart instances. Current Status: mitigation is under way."),
        ("Storage - West US - Applying mitigation", "x"),
        ("Storage - West US - Partially mitigated", "x"),
        ("Storage", "Summary of impact: Starting at 01:10 UTC on 11 Nov 2018, errors."),
    ],
)
def test_a_work_on_mitigation_is_not_yet_over(title: str, text: str) -> None:
    assert azure(item("Storage", "West US", title=title, text=text))[0].state == "degraded"


def test_planned_maintenance_is_no_trouble() -> None:
    told = azure(item("Storage", "West US", title="Planned maintenance: Storage - West US"))
    assert whole(told) == ("maintenance", "no")


def test_items_behind_the_channel_are_read_too() -> None:
    body = channel().replace("</channel>", "</channel>" + item("Storage", "West US"))
    assert whole(known(body, "azure_rss")) == ("degraded", "yes")


@pytest.mark.parametrize(
    ("text", "storage"),
    [
        ("Customers using Storage in West US may see errors.", "yes"),
        ("An underlying Storage issue makes machines restart.", "yes"),
        ("Pipelines fail when they write to Storage.", "no"),
        ("Machines cannot be created. Storage is not impacted.", "no"),
    ],
)
def test_storage_is_a_product_of_azure_by_its_capital(text: str, storage: str) -> None:
    assert whole(azure(item("Virtual Machines", "West US", text=text))) == ("degraded", storage)


def test_its_older_content_delivery_is_storage_too() -> None:
    told = azure(item("Content Delivery Network", "Global"))
    assert whole(told) == ("degraded", "yes")


@pytest.mark.parametrize(
    "more",
    [
        "<pubDate>Mon, 02 Mar 2026 17:09:45 Z</pubDate>",
        "<a10:updated>Mon, 02 Mar 2026 17:09:45 Z</a10:updated>",
    ],
)
def test_a_bare_z_is_utc(more: str) -> None:
    (only,) = azure(item("Storage", "West US", more=more))
    assert only.updated_at == at("2026-03-02 17:09:45")


def test_published_is_when_it_began_and_updated_when_something_was_said() -> None:
    more = (
        "<pubDate>Mon, 02 Mar 2026 16:00:00 Z</pubDate>"
        "<a10:updated>2026-03-02T17:09:45Z</a10:updated>"
    )
    (only,) = azure(item("Storage", "West US", more=more))
    assert (only.started_at, only.updated_at) == (at("2026-03-02 16:00"), at("2026-03-02 17:09:45"))
    assert only.updates[0].at == only.updated_at


def test_the_start_is_in_the_text() -> None:
    text = "Impact Statement: Starting at 22:07 UTC on 14 Jun 2021, some customers see errors."
    (only,) = azure(item("Storage", "West US", text=text))
    assert only.started_at == at("2021-06-14 22:07")
    assert (only.vendor_id, only.link) == ("errors-west-us-2", LINK)


def test_the_rss_of_someone_else_is_not_taken_for_all_clear() -> None:
    body = channel(title="A blog", link="https://example.com/")
    assert read(body).format != "azure_rss"
    assert whole(read(body, "azure_rss").signals)[0] == "unknown"


# Azure DevOps


def devops(health: Any = "healthy", **places: Any) -> list[Signal]:
    listed = [{"id": key, "name": key, "health": value} for key, value in places.items()]
    services = [{"id": "Pipelines", "geographies": listed}]
    body = {"status": {"health": health, "message": "A message"}, "services": services}
    return known(body, "azure_devops")


@pytest.mark.parametrize(
    ("health", "state"),
    [
        ("healthy", "operational"),
        ("advisory", "degraded"),
        ("degraded", "partial_outage"),
        ("unhealthy", "major_outage"),
        ("never heard of", "degraded"),
    ],
)
def test_the_words_for_the_health_of_a_place(health: str, state: str) -> None:
    signals = devops("healthy", EU=health, US="healthy")
    assert whole(signals) == (state, "no")
    if state != "operational":
        assert [(s.service, s.region) for s in signals] == [("Pipelines", "EU")]


def test_the_light_counts_when_no_place_explains_it() -> None:
    assert whole(devops("unhealthy", EU="healthy")) == ("major_outage", "unclear")


def test_no_services_at_all_leave_the_light() -> None:
    body = {"status": {"health": "advisory", "message": "A message"}, "services": None}
    assert whole(known(body, "azure_devops")) == ("degraded", "unclear")


def test_an_unknown_health_is_neither_well_nor_ill() -> None:
    assert whole(devops("unknown", EU="unknown"))[0] == "unknown"
    assert whole(devops(None))[0] == "unknown"
    assert whole(devops("healthy", EU="unknown", US=None)) == ("operational", "no")
