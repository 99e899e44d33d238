"""The table of vendors in the documentation is made of the catalogue. Run this to write it."""

import re
from pathlib import Path

from incidentbot.settings import VendorFeed, VendorSettings
from incidentbot.signals.feeds.catalogue import built_in

PAGE = Path(__file__).parents[2] / "docs" / "feeds.md"
TABLE = re.compile(r"(<!-- vendors -->\n).*?(<!-- /vendors -->)", re.DOTALL)


def address(feed: VendorFeed) -> str:
    mark = " (?)" if feed.unconfirmed else ""
    return f"`{feed.url.removeprefix('https://')}` {feed.format}{mark}"


def row(vendor: VendorSettings) -> str:
    names = ", ".join(f"`{name}`" for name in (vendor.name, *vendor.aliases))
    feeds = "<br>".join(address(feed) for feed in vendor.feeds) or "none is known"
    services = ", ".join(
        name + ("\\*" if name in vendor.storage else "") for name in vendor.services
    )
    return f"| {vendor.title} | {names} | {feeds} | {services} | {len(vendor.regions) or ''} |"


def up_to_date(page: str) -> str:
    head = ["| Vendor | Write | Feeds and their formats | Services | Regions |", "|---" * 5 + "|"]
    rows = "\n".join([*head, *(row(vendor) for vendor in built_in().values())])
    return TABLE.sub(lambda part: f"{part[1]}{rows}\n{part[2]}", page)


def test_the_documentation_lists_every_vendor_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == up_to_date(page), f"write it anew: python -m {__name__}"


if __name__ == "__main__":
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
