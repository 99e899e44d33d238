"""Bodies of status pages, written by hand in the form each product gives them; all is invented."""

import json
from typing import Any


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def statuspage(**parts: Any) -> bytes:
    page = {"id": "p1", "name": "Wolke", "url": "https://status.wolke.example"}
    return as_json({"page": page, **parts})


GREEN = {"indicator": "none", "description": "All Systems Operational"}


def component(name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {"id": name.lower(), "name": name, "status": status, "group": False} | more


def incident(*names: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "i1",
        "name": "Elevated error rates",
        "status": "investigating",
        "impact": "minor",
        "started_at": "2026-03-02T17:37:00Z",
        "updated_at": "2026-03-02T17:50:00Z",
        "components": [component(name) for name in names],
    } | more


def statusio(*parts: tuple[str, int | str], incidents: Any = (), active: Any = ()) -> bytes:
    components: list[dict[str, Any]] = [
        {"id": f"c-{name}", "name": name, "status": "?", "status_code": code, "containers": []}
        for name, code in parts
    ]
    return as_json(
        {
            "result": {
                "status_overall": {"status": "Operational", "status_code": 100},
                "status": components,
                "incidents": list(incidents),
                "maintenance": {"active": list(active), "upcoming": []},
            }
        }
    )


def cstate(*systems: dict[str, Any], summary: str = "ok") -> bytes:
    return as_json(
        {
            "is": "index",
            "cStateVersion": "6.0",
            "title": "Wolke",
            "baseURL": "https://status.wolke.example",
            "description": "<no value>",
            "summaryStatus": summary,
            "systems": list(systems),
        }
    )


def incidentio(**parts: Any) -> bytes:
    nothing = "$undefined"
    items = [
        {
            "component": nothing,
            "group": {
                "name": "Storage",
                "description": nothing,
                "components": [{"component_id": "c1", "name": "Buckets", "description": nothing}],
            },
        }
    ]
    page = {
        "name": "Wolke",
        "public_url": "https://status.wolke.example/",
        "support_url": nothing,
        "components": [
            {"id": "c1", "name": "Buckets", "status_page_id": "p", "description": nothing}
        ],
        "affected_components": [],
        "ongoing_incidents": [],
        "scheduled_maintenances": [],
        "structure": {"items": items},
    }
    return as_json({"summary": page | parts})


def betterstack(*included: dict[str, Any], state: str = "operational") -> bytes:
    page = {
        "company_name": "Wolke",
        "company_url": "https://wolke.example",
        "aggregate_state": state,
    }
    return as_json(
        {
            "data": {"id": "1", "type": "status_page", "attributes": page},
            "included": [
                {"id": "s1", "type": "status_page_section", "attributes": {"name": "Europe"}},
                *included,
            ],
        }
    )


def resource(number: int, name: str, status: str) -> dict[str, Any]:
    about = {"status_page_section_id": "s1", "public_name": name, "status": status}
    return {"id": str(number), "type": "status_page_resource", "attributes": about}


def report(*affected: dict[str, str], **more: Any) -> dict[str, Any]:
    about = {
        "title": "Slow buckets",
        "report_type": "manual",
        "starts_at": "2026-03-02T17:00:00.000Z",
        "ends_at": None,
        "aggregate_state": "degraded",
        "affected_resources": list(affected),
    }
    updates = {"status_updates": {"data": [{"id": "u1", "type": "status_update"}]}}
    return {
        "id": "r1",
        "type": "status_report",
        "attributes": about | more,
        "relationships": updates,
    }


def cachet(*things: dict[str, Any], pages: int = 1) -> bytes:
    pagination = {"total": len(things), "current_page": 1, "total_pages": pages}
    return as_json({"meta": {"pagination": pagination}, "data": list(things)})


def atom(*entries: str, title: str = "Wolke Status - Incident History") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        "<id>tag:status.wolke.example,2005:/history</id>"
        '<link rel="alternate" href="https://status.wolke.example"/>'
        f"<title>{title}</title><updated>2026-03-02T18:00:00Z</updated>{''.join(entries)}</feed>"
    ).encode()


def entry(title: str, html: str, at: str = "2026-03-02T17:50:10Z", number: int = 1) -> str:
    escaped = html.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<entry><id>tag:status.wolke.example,2005:Incident/{number}</id>"
        f"<published>{at}</published><updated>{at}</updated>"
        f'<link rel="alternate" href="https://status.wolke.example/incidents/{number}"/>'
        f'<title>{title}</title><content type="html">{escaped}</content></entry>'
    )


def update(when: str, phase: str, text: str = "Words.") -> str:
    """`when` is "Mar 2 17:50 UTC", as a page writes it into its feed."""
    month, day, clock, zone = when.split()
    return (
        f"<p><small>{month} <var data-var='date'>{day}</var>, <var data-var='time'>{clock}</var>"
        f" {zone}</small><br><strong>{phase}</strong> - {text}</p>"
    )


def rss(*items: str, title: str = "Wolke status", about: str = "News", built: str = "") -> bytes:
    clock = f"<lastBuildDate>{built}</lastBuildDate>" if built else ""
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://wolke.example/</link><description>{about}</description>{clock}"
        f"{''.join(items)}</channel></rss>"
    ).encode()


def item(
    title: str, html: str = "", at: str = "Mon, 02 Mar 2026 17:30:00 GMT", link: str = ""
) -> str:
    where = f"<link>{link}</link>" if link else ""
    return (
        f"<item><title>{title}</title><pubDate>{at}</pubDate>{where}"
        f"<description><![CDATA[{html}]]></description></item>"
    )


# At least one body per format; each has to be known by its own format and no other.
SAMPLES: dict[str, list[bytes]] = {
    "statuspage": [
        statuspage(status=GREEN),
        statuspage(components=[component("S3")]),
        statuspage(incidents=[]),
        statuspage(incidents=None),
        statuspage(scheduled_maintenances=[]),
        statuspage(
            status=GREEN, components=[component("S3")], incidents=[], scheduled_maintenances=[]
        ),
    ],
    "statuspage_feed": [
        atom(entry("Errors", update("Mar 2 17:50 UTC", "Resolved"))),
        rss(title="Wolke Status - Incident History", about="Statuspage"),
    ],
    "statusio": [statusio(("API", 100))],
    "cstate": [cstate({"name": "API", "status": "ok", "unresolvedIssues": []})],
    "instatus": [
        as_json({"page": {"name": "Wolke", "url": "https://wolke.example", "status": "UP"}}),
        as_json({"components": [{"id": "1", "name": "API", "status": "OPERATIONAL"}]}),
        as_json([{"id": "1", "name": "API", "status": "OPERATIONAL", "children": []}]),
        as_json(
            {
                "name": {"default": "Wolke"},
                "status": "UP",
                "mainStatus": "SOMEMAJOROUTAGE",
                "components": [{"name": {"default": "API"}, "status": "MAJOROUTAGE"}],
            }
        ),
    ],
    "incidentio": [
        incidentio(),
        as_json({"page_title": "Wolke", "ongoing_incidents": [], "in_progress_maintenances": []}),
        as_json({"components": [{"id": "c", "name": "API", "status_page_id": "p"}]}),
    ],
    "betterstack": [betterstack(resource(1, "API", "operational"))],
    "cachet": [
        cachet({"id": 1, "name": "API", "status": 1, "group_id": 0}),
        cachet({"id": 1, "name": "Errors", "status": "4", "human_status": "Fixed"}),
        cachet(),
        as_json({"data": {"status": "success", "message": "System operational"}}),
    ],
    "uptime_kuma": [
        as_json({"heartbeatList": {"1": [{"status": 1, "time": "2026-03-02 17:00:00.1"}]}}),
        as_json({"config": {"slug": "w"}, "incident": None, "publicGroupList": []}),
    ],
    "firehydrant": [
        as_json({"config": {}, "conditions": {"Fine": "OPERATIONAL"}, "components": []})
    ],
    "oracle": [as_json({"regionHealthReports": []})],
    "rss": [rss(item("Errors"))],
    "atom": [atom(title="Wolke news").replace(b",2005:/history", b":news")],
}
