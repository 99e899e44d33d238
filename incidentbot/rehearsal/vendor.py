"""The vendor's status page: green until told to admit, in Statuspage JSON, AWS RSS and HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from .pages import page, static_routes

PAGE_ID = "r3h34rs4lpg0"
S3_ID = "s3us0east0001"
# (id, name, description); the first is the one that breaks.
COMPONENTS = (
    (S3_ID, "Amazon S3 (us-east-1)", "Amazon Simple Storage Service, N. Virginia"),
    ("s3us0west0002", "Amazon S3 (us-west-2)", "Amazon Simple Storage Service, Oregon"),
    ("ssmuswest0002", "AWS Systems Manager (us-west-2)", "Parameter Store, Oregon"),
    ("cloudfront001", "Amazon CloudFront", "Content delivery, all regions"),
    ("route53000001", "Amazon Route 53", "DNS, all regions"),
)
TITLE = "Elevated error rates for Amazon S3 in us-east-1"
SLUG = "s3-us-standard"  # what AWS still calls S3 in us-east-1 in its feeds
_ADMITS = (
    "We are investigating elevated error rates for requests to Amazon S3 in the "
    "us-east-1 Region. Other Regions are not affected."
)
_RESOLVES = (
    "Error rates for Amazon S3 in the us-east-1 Region are back to normal. "
    "The issue has been resolved and the service is operating normally."
)


@dataclass(slots=True)
class Update:
    status: str  # investigating or resolved
    body: str
    at: datetime


@dataclass(slots=True)
class Report:
    """One incident on the vendor's page, as the vendor tells it."""

    id: str
    updates: list[Update] = field(default_factory=list)  # oldest first

    @property
    def open(self) -> bool:
        return self.updates[-1].status != "resolved"


class Vendor:
    """What the vendor says. `clock` gives aware UTC times."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self.started = clock()
        self.reports: list[Report] = []

    @property
    def open_report(self) -> Report | None:
        return next((r for r in self.reports if r.open), None)

    @property
    def words(self) -> str:
        """What a reader of the page takes away, in a few words."""
        if self.open_report is not None:
            return "Amazon S3 in us-east-1 has elevated error rates"
        return "all systems operational"

    def admit(self) -> bool:
        """Open a report, unless one is open: then False."""
        if self.open_report is not None:
            return False
        report = Report(f"reh{len(self.reports) + 1:09d}")
        report.updates.append(Update("investigating", _ADMITS, self._clock()))
        self.reports.append(report)
        return True

    def resolve(self) -> bool:
        """Close the open report; False when the vendor never admitted anything."""
        report = self.open_report
        if report is None:
            return False
        report.updates.append(Update("resolved", _RESOLVES, self._clock()))
        return True

    # Statuspage v2

    def _page(self) -> dict[str, Any]:
        latest = max([self.started, *(r.updates[-1].at for r in self.reports)])
        return {
            "id": PAGE_ID,
            "name": "Amazon Web Services (rehearsal)",
            "url": "http://127.0.0.1/",
            "time_zone": "Etc/UTC",
            "updated_at": _iso(latest),
        }

    def _status(self) -> dict[str, str]:
        if self.open_report is None:
            return {"indicator": "none", "description": "All Systems Operational"}
        return {"indicator": "major", "description": "Partial System Outage"}

    def _components(self) -> list[dict[str, Any]]:
        changed = max((r.updates[-1].at for r in self.reports), default=self.started)
        return [
            {
                "id": ident,
                "name": name,
                "status": "major_outage" if ident == S3_ID and self.open_report else "operational",
                "created_at": _iso(self.started),
                "updated_at": _iso(changed if ident == S3_ID else self.started),
                "position": position,
                "description": description,
                "showcase": True,
                "start_date": None,
                "group_id": None,
                "page_id": PAGE_ID,
                "group": False,
                "only_show_if_degraded": False,
            }
            for position, (ident, name, description) in enumerate(COMPONENTS, 1)
        ]

    def _incident(self, report: Report) -> dict[str, Any]:
        first, last = report.updates[0], report.updates[-1]
        return {
            "id": report.id,
            "name": TITLE,
            "status": last.status,
            "created_at": _iso(first.at),
            "updated_at": _iso(last.at),
            "monitoring_at": None,
            "resolved_at": None if report.open else _iso(last.at),
            "impact": "major",
            "shortlink": f"http://127.0.0.1/incidents/{report.id}",
            "started_at": _iso(first.at),
            "page_id": PAGE_ID,
            "incident_updates": [_update(report, n) for n in reversed(range(len(report.updates)))],
            "components": [c for c in self._components() if c["id"] == S3_ID],
            "reminder_intervals": None,
        }

    def document(self, name: str) -> dict[str, Any]:
        """The body of /api/v2/<name>.json; KeyError for a name the format does not have."""
        unresolved = [self._incident(r) for r in reversed(self.reports) if r.open]
        parts: dict[str, Any] = {
            "status": self._status(),
            "components": self._components(),
            "incidents": unresolved,
            "scheduled_maintenances": [],
        }
        kept = {
            "summary": ("components", "incidents", "scheduled_maintenances", "status"),
            "status": ("status",),
            "components": ("components",),
            "incidents/unresolved": ("incidents",),
            "incidents": ("incidents",),
        }[name]
        if name == "incidents":
            parts["incidents"] = [self._incident(r) for r in reversed(self.reports)]
        return {"page": self._page()} | {part: parts[part] for part in kept}

    # RSS

    def rss(self) -> str:
        """AWS's feed of one service: every update an item, newest first; no items when quiet."""
        updates = [(r, u) for r in self.reports for u in r.updates]
        items = "".join(_item(r, u) for r, u in reversed(updates))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n  <channel>\n'
            "    <title><![CDATA[Amazon Simple Storage Service (N. Virginia) Service Status]]>"
            "</title>\n    <link>http://127.0.0.1/</link>\n    <language>en-us</language>\n"
            f"    <lastBuildDate>{_rfc822(self._clock())}</lastBuildDate>\n"
            "    <generator>incidentbot rehearsal</generator>\n"
            "    <description><![CDATA[Current service status feed for Amazon Simple Storage "
            f"Service (N. Virginia).]]></description>\n    <ttl>5</ttl>\n{items}"
            "  </channel>\n</rss>\n"
        )


def _update(report: Report, n: int) -> dict[str, Any]:
    update = report.updates[n]
    states = ("operational", "major_outage")
    old, new = states if update.status != "resolved" else states[::-1]
    at = _iso(update.at)
    return {
        "id": f"{report.id[:8]}u{n:03d}",
        "status": update.status,
        "body": update.body,
        "incident_id": report.id,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": [
            {"code": S3_ID, "name": COMPONENTS[0][1], "old_status": old, "new_status": new}
        ],
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _item(report: Report, update: Update) -> str:
    # AWS puts the state at the time of generation before every title of an event.
    prefix = "Service disruption" if report.open else "Service is operating normally"
    mark = "" if report.open else "[RESOLVED] "
    return (
        f"    <item>\n      <title><![CDATA[{prefix}: {mark}{TITLE}]]></title>\n"
        "      <link>http://127.0.0.1/</link>\n"
        f"      <pubDate>{_rfc822(update.at)}</pubDate>\n"
        f'      <guid isPermaLink="false">http://127.0.0.1/#{SLUG}_'
        f"{int(update.at.timestamp())}</guid>\n"
        f"      <description>{escape(update.body)}</description>\n    </item>\n"
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def vendor_app(vendor: Vendor) -> web.Application:
    """The JSON documents under /api/v2, the feed under /rss, and a page for people."""

    async def api(request: web.Request) -> web.Response:
        try:
            document = vendor.document(request.match_info["name"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.json_response(document, headers={"cache-control": "no-store"})

    async def rss(_: web.Request) -> web.Response:
        return web.Response(text=vendor.rss(), content_type="application/rss+xml")

    async def people(_: web.Request) -> web.Response:
        return page("vendor.html", said=vendor.document("summary") | vendor.document("incidents"))

    app = web.Application()
    app.add_routes(
        [
            web.get("/", people),
            web.get("/api/v2/{name:.+}.json", api),
            *(web.get(f"/rss/{slug}.rss", rss) for slug in ("s3-us-east-1", SLUG)),
            *static_routes("vendor.css"),
        ]
    )
    return app
