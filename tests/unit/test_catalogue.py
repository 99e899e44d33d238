"""The built-in catalogue as a whole, what it adds to a configuration, and how one adds to it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentbot import plugins
from incidentbot.settings import (
    Settings,
    VendorSettings,
    check,
    load,
    render,
)
from incidentbot.settings.vendors import places
from incidentbot.settings.yaml_lines import parse
from incidentbot.signals.feeds import catalogue
from incidentbot.signals.feeds.catalogue import Catalogue, built_in, complete, notes
from incidentbot.signals.feeds.names import names_storage
from tests.unit.settings_cases import ENV, KNOWN, write
from tests.unit.test_match import dependency

# What the catalogue may name: the formats there are, and those that are being made beside it.
COMING = {
    *("aws_currentevents", "aws_data", "aws_health", "aws_eventbridge", "gcp", "azure_rss"),
    *("azure_devops", "slack_status", "heroku", "salesforce", "stripe", "statuspage_feed"),
    *("statusio", "cstate", "instatus", "incidentio", "betterstack", "cachet", "uptime_kuma"),
    *("rss", "atom"),
}
FORMATS = {*plugins.found("incidentbot.signals.feeds.formats"), *COMING}
WANTED = {
    *("aws", "gcp", "azure", "azure-devops", "cloudflare", "fastly", "akamai", "bunny"),
    *("digitalocean", "backblaze", "wasabi", "linode", "oracle", "ovh", "scaleway", "hetzner"),
    *("ibm", "vultr", "supabase", "vercel", "netlify", "heroku", "github", "gitlab"),
    *("atlassian", "slack", "stripe", "twilio", "pagerduty", "datadog", "salesforce", "imgix"),
    *("cloudinary", "jsdelivr", "uploadcare", "mux", "render", "fly"),
}
KNOWING = replace(KNOWN, formats=sorted(FORMATS), sources=("aws_health",))

START = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya]}
dependencies:
"""
CHECKS = "checks: [{name: c, kind: http, url: https://example.com/}]"


def file(*dependencies: str, more: str = "") -> str:
    lines = "".join(
        f"  - {{name: d{at}, title: D, {text}, {CHECKS}}}\n" for at, text in enumerate(dependencies)
    )
    return START + lines + more


def settings(folder: Path, *dependencies: str, more: str = "") -> Settings:
    return load(write(folder, file(*dependencies, more=more)), ENV, KNOWING)


def faults(folder: Path, more: str) -> str:
    path = write(folder, file("vendor: aws, service: s3", more=more))
    return render(check(path, ENV, KNOWING)).replace(str(path), "f")


def test_the_vendors_that_matter_are_there() -> None:
    assert set(built_in()) >= WANTED


@pytest.mark.parametrize("vendor", built_in().values(), ids=lambda vendor: vendor.name)
def test_every_vendor_is_whole(vendor: VendorSettings) -> None:
    assert vendor.title
    assert vendor.feeds or vendor.note, "a vendor without feeds says why"
    assert set(vendor.storage) <= set(vendor.services)
    names = [feed.name for feed in vendor.feeds]
    assert len(names) == len(set(names))
    for feed in vendor.feeds:
        assert feed.format in FORMATS, feed.format
        assert feed.url.startswith("https://")
        assert not feed.allow_private
        assert set(feed.services) <= set(vendor.services)
        assert set(feed.regions) <= set(vendor.regions)
        assert feed.name.startswith(vendor.name), "nobody else's feed may bear that name"
    for words in (vendor.services, vendor.regions):
        said = [word for name, aliases in words.items() for word in {name, *aliases}]
        assert all(word == word.lower() for word in said)


def test_every_file_bears_the_name_of_its_vendor() -> None:
    folder = Path(catalogue.__file__).parent
    assert sorted(built_in()) == sorted(path.stem for path in folder.glob("*.yaml"))


def test_no_name_means_two_vendors() -> None:
    names = [name for v in built_in().values() for name in (v.name, *v.aliases)]
    assert sorted(names) == sorted(set(names))


def test_no_region_is_called_like_another_of_its_vendor() -> None:
    for vendor in built_in().values():
        words = [word for name, aliases in vendor.regions.items() for word in {name, *aliases}]
        assert len(words) == len(set(words)), vendor.name


def test_a_vendor_a_service_and_a_region_are_enough(tmp_path: Path) -> None:
    done = complete(settings(tmp_path, "vendor: aws, service: s3, region: us-east-1"))
    (watched,) = done.dependencies
    assert watched.feeds == ("aws", "aws-s3-us-east-1-rss")
    by_name = {feed.name: feed for feed in done.feeds}
    assert by_name["aws"].url == "https://health.aws.amazon.com/public/currentevents"
    assert by_name["aws-s3-us-east-1-rss"].url.endswith("/rss/s3-us-standard.rss")
    assert by_name["aws"].vendor == "aws"


def test_all_dependencies_on_a_vendor_share_its_feed(tmp_path: Path) -> None:
    done = complete(
        settings(
            tmp_path,
            "vendor: aws, service: s3, region: eu-west-1",
            "vendor: amazon, service: s3, region: eu-west-1",
            "vendor: aws, service: cloudfront",
            "vendor: aws, service: lambda, region: eu-west-1",
        )
    )
    named = [watched.feeds for watched in done.dependencies]
    rss = "aws-s3-eu-west-1-rss"
    assert named == [("aws", rss), ("aws", rss), ("aws", "aws-cloudfront-rss"), ("aws",)]
    assert [feed.name for feed in done.feeds].count("aws") == 1
    assert len(done.feeds) == 3


def test_a_service_may_be_called_by_another_of_its_names(tmp_path: Path) -> None:
    text = "vendor: aws, service: simple-storage-service, region: ireland"
    done = complete(settings(tmp_path, text))
    assert done.dependencies[0].feeds == ("aws", "aws-s3-eu-west-1-rss")


def test_an_empty_list_means_none_and_a_full_one_means_these(tmp_path: Path) -> None:
    mine = "feeds: [{name: mine, vendor: aws, url: https://status.example.com/}]\n"
    done = complete(
        settings(
            tmp_path,
            "vendor: aws, service: s3, feeds: []",
            "vendor: aws, service: s3, feeds: [mine]",
            more=mine,
        )
    )
    assert [watched.feeds for watched in done.dependencies] == [(), ("mine",)]
    assert [feed.name for feed in done.feeds] == ["mine"]


def test_a_feed_of_the_file_wins_over_one_of_that_name(tmp_path: Path) -> None:
    mine = "feeds: [{name: aws, vendor: aws, url: https://mirror.example.com/}]\n"
    done = complete(settings(tmp_path, "vendor: aws, service: s3", more=mine))
    assert [(f.name, f.url) for f in done.feeds] == [("aws", "https://mirror.example.com/")]


def test_to_complete_twice_changes_nothing(tmp_path: Path) -> None:
    once = complete(settings(tmp_path, "vendor: aws, service: s3", "vendor: nobody, service: x"))
    assert complete(once) == once


def test_an_unknown_vendor_has_no_feed_and_that_is_noted_with_its_line(tmp_path: Path) -> None:
    texts = ("vendor: aws, service: s3", "vendor: cloudfare, service: r2")
    more = ("vendor: vultr, service: object-storage", "vendor: mine, service: x, feeds: []")
    given_ = settings(tmp_path, *texts, *more)
    assert [bool(one.feeds) for one in complete(given_).dependencies] == [True, False, False, False]
    document, _ = parse(file(*texts, *more).encode(), "f")
    assert document is not None
    said = [str(note) for note in notes(given_, document)]
    assert said[0].startswith(
        "f:5: dependencies[d1].vendor: 'cloudfare' is not in the catalogue, so no feed is "
        "followed; near to it: cloudflare"
    )
    assert "f:6: dependencies[d2].vendor: no feed of Vultr is known" in said[1]
    assert len(said) == 2


def test_a_word_that_nobody_knows_is_noted(tmp_path: Path) -> None:
    texts = (
        "vendor: aws, service: s33, region: us-esat-1",
        "vendor: aws, service: own, region: us-east-1, feeds: []",
        "vendor: aws, service: s3, region: eu-west-1",
    )
    document, _ = parse(file(*texts).encode(), "f")
    assert document is not None
    said = [str(note) for note in notes(settings(tmp_path, *texts), document)]
    assert len(said) == 2
    assert said[0].startswith("f:4: dependencies[d0].region: no region 'us-esat-1' of Amazon")
    assert "us-east-1" in said[0].partition("near to it")[2]
    assert said[1].startswith("f:4: dependencies[d0].service: no service 's33' of Amazon")


def test_a_configuration_adds_a_vendor(tmp_path: Path) -> None:
    own = """\
vendors:
  - name: acme
    aliases: [acme-cloud]
    services: {objects: [acme objects]}
    regions: {north: [the north]}
    feeds:
      - {name: "acme-{region}", url: "https://{region}.status.acme.example/", format: statuspage}
"""
    done = complete(
        settings(tmp_path, "vendor: acme-cloud, service: objects, region: north", more=own)
    )
    (feed,) = done.feeds
    assert (feed.name, feed.url) == ("acme-north", "https://north.status.acme.example/")
    assert feed.vendor == "acme"
    about = Catalogue(done.vendors).aliases(done.dependencies[0])
    assert about.service == ("objects", "acme objects")
    assert about.region == ("north", "the north")


def test_a_configuration_changes_some_keys_of_a_vendor(tmp_path: Path) -> None:
    own = """\
vendors:
  - name: aws
    services: {s3: [our buckets]}
    feeds: [{name: mirror, url: https://mirror.example.com/, format: aws_currentevents}]
"""
    given_ = settings(tmp_path, "vendor: amazon, service: s3, region: us-east-1", more=own)
    done = complete(given_)
    assert [feed.url for feed in done.feeds] == ["https://mirror.example.com/"]
    vendor = Catalogue(given_.vendors).find("aws")
    assert vendor is not None
    assert vendor.services["s3"] == ("our buckets",)
    assert "cloudfront" in vendor.services
    assert vendor.title == "Amazon Web Services"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            "vendors:\n  - {name: acme, aliasses: [a1]}\n",
            "f:6: vendors[acme].aliasses: there is no such key; did you mean aliases?",
        ),
        (
            "vendors:\n  - {name: acme}\n  - {name: acme}\n",
            "f:7: vendors[acme].name: is a name used before, in line 6",
        ),
        (
            "vendors:\n  - name: acme\n    feeds:\n"
            "      - {name: acme, url: https://a.example/, format: statuspge}\n",
            "f:8: vendors[acme].feeds[acme].format: there is no format 'statuspge'; "
            "did you mean statuspage?",
        ),
        (
            "vendors:\n  - name: acme\n    feeds:\n      - {name: acme, url: 'ftp://a.example/'}\n",
            "is not a web address",
        ),
        (
            "vendors:\n  - name: acme\n    feeds:\n"
            "      - {name: 'acme-{zone}', url: https://a.example/}\n",
            "f:8: vendors[acme].feeds[acme-{zone}].name: has something else in braces "
            "(allowed: {service}, {region})",
        ),
        (
            "vendors:\n  - name: acme\n    feeds:\n"
            "      - {name: 'Acme {region}', url: https://a.example/}\n",
            "is not a name",
        ),
        (
            "vendors:\n  - name: acme\n    feeds:\n"
            "      - {name: acme, url: 'http://127.0.0.1/'}\n",
            "is a private address",
        ),
        ("vendors:\n  - {name: acme, services: [s3]}\n", "must be a mapping, not a list"),
        ("vendors:\n  - {name: acme, regions: {East: [a]}}\n", "is not a region"),
        ("feeds:\n  - {name: f, vendor: aws}\n", "f:6: feeds[f].url: is missing"),
        (
            "feeds:\n  - {name: f, vendor: aws, source: aws_helth}\n",
            "f:6: feeds[f].source: there is no source 'aws_helth'; did you mean aws_health?",
        ),
        (
            "feeds:\n  - {name: f, vendor: aws, source: aws_health, url: https://a.example/}\n",
            "is given beside a source",
        ),
        (
            "feeds:\n  - {name: f, vendor: aws, url: https://a.example/, regions: [eu-west-1]}\n",
            "f:6: feeds[f].regions: belongs to a `source`, and none is named",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, more: str, says: str) -> None:
    assert says in faults(tmp_path, more)


def test_a_source_needs_no_address(tmp_path: Path) -> None:
    more = "feeds: [{name: h, vendor: aws, source: aws_health, services: [s3]}]\n"
    (feed,) = settings(tmp_path, "vendor: aws, service: s3, feeds: [h]", more=more).feeds
    assert (feed.url, feed.source, feed.services) == ("", "aws_health", ("s3",))


def test_what_stores_is_known_as_storage_by_its_plainest_name() -> None:
    """The vocabulary that formats use agrees with the catalogue on the services that matter."""
    for text in ("Amazon S3", "Cloud Storage", "Blob Storage", "R2", "Spaces", "Object Storage"):
        assert names_storage(text)


@given(st.text(max_size=30))
def test_any_text_is_a_known_vendor_or_none(text: str) -> None:
    everything = Catalogue()
    found = everything.find(text)
    assert found is None or text.lower() in (found.name, *found.aliases)
    assert len(everything.near(text)) <= 3


@given(st.text(alphabet="ab{}!:.[]0", max_size=12))
def test_braces_are_understood_or_refused(text: str) -> None:
    found = places(text)
    if found == set():
        text.format_map({})  # nothing to fill in, and nothing that breaks


@given(
    vendor=st.sampled_from(sorted(built_in())),
    at=st.integers(0, 200),
    where=st.integers(0, 200),
)
def test_any_service_and_region_of_a_vendor_gives_feeds_one_can_poll(
    vendor: str, at: int, where: int
) -> None:
    known = built_in()[vendor]
    services, regions = list(known.services), [*known.regions, None]
    region = regions[where % len(regions)]
    found = Catalogue().feeds(dependency(vendor, services[at % len(services)], region))
    assert len({feed.name for feed in found}) == len(found)
    assert all("{" not in feed.name + feed.url for feed in found)
    assert bool(found) == bool(known.feeds)
