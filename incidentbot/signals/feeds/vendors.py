"""Whose status it is, guessed from the body alone: for reading one that nobody told us about."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from incidentbot.signals.body import Body
from incidentbot.signals.feeds.contract import text_of

# Formats of one vendor only, by the beginning of their name.
OF_ONE = {
    "aws": "aws",
    "azure": "azure",
    "gcp": "gcp",
    "google": "gcp",
    "heroku": "heroku",
    "oracle": "oracle",
    "salesforce": "salesforce",
    "slack": "slack",
    "stripe": "stripe",
}
# Who lends the page its address; the customer is the name before it.
HOSTED = ("statuspage.io", "status.io", "instatus.com", "betteruptime.com", "incident.io")
SECOND_LEVEL = {"ac", "co", "com", "edu", "gov", "net", "org"}
ABOUT_STATUS = re.compile(
    r"\bincident history\b|\b(?:service |system )?status(?: page)?\b|\bhealth\b|[^\w .&+-]+",
    re.IGNORECASE,
)


def vendor_of(body: Body, format_name: str, url: str = "") -> str:
    """The vendor in lower case; empty when neither the format, the page nor the address tells."""
    known = OF_ONE.get(format_name.partition("_")[0])
    if known:
        return known
    name = next((found for found in map(_from_host, [*_addresses(body), url]) if found), "")
    return name or next((found for found in map(_from_title, _titles(body)) if found), "")


def _addresses(body: Body) -> Iterator[str]:
    """Where the page says that it lives."""
    for about in _abouts(body.json):
        for key in ("url", "page_url", "public_url", "baseURL", "customDomain", "custom_domain"):
            yield text_of(about.get(key))
    if body.xml is not None:
        for element in list(body.xml.iter())[:60]:
            tag = str(element.tag).rpartition("}")[2]
            if tag in ("item", "entry"):
                return
            if tag == "link":
                yield text_of(element.get("href")) or text_of((element.text or "").strip())


def _titles(body: Body) -> Iterator[str]:
    for about in _abouts(body.json):
        for key in ("name", "company_name", "companyName", "page_title", "title"):
            value = about.get(key)
            yield text_of(value.get("default") if isinstance(value, dict) else value)
    if body.xml is not None:
        for element in list(body.xml.iter())[:60]:
            if str(element.tag).rpartition("}")[2] == "title":
                yield text_of(element.text)
                return


def _abouts(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in which formats describe their page."""
    if not isinstance(value, dict):
        return
    for key in ("page", "summary", "config"):
        if isinstance(value.get(key), dict):
            yield value[key]
    data = value.get("data")
    if isinstance(data, dict) and isinstance(data.get("attributes"), dict):
        yield data["attributes"]
    yield value


def _from_host(address: str) -> str:
    """`cloud` out of `https://www.cloudstatus.com` and of `https://status.cloud.example`."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    if "." not in host or host.replace(".", "").isdigit():
        return ""
    for lender in HOSTED:
        if host.endswith(f".{lender}"):
            return host.removesuffix(f".{lender}").rpartition(".")[2]
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL:
        labels.pop()
    name = labels[-2]
    return name.removesuffix("status").removesuffix("-") or name


def _from_title(title: str) -> str:
    return " ".join(ABOUT_STATUS.sub(" ", title).split()).strip(" -–|").lower()
