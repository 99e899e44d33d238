"""The one way out over HTTP and TCP: bounded in time, size and redirects, and judged by address."""

from incidentbot.http.addresses import is_public
from incidentbot.http.certificate import Certificate
from incidentbot.http.client import MAX_BODY, MAX_REDIRECTS, Answer, Http
from incidentbot.http.dialer import Line
from incidentbot.http.faults import Failed, Reason

__all__ = [
    "MAX_BODY",
    "MAX_REDIRECTS",
    "Answer",
    "Certificate",
    "Failed",
    "Http",
    "Line",
    "Reason",
    "is_public",
]
