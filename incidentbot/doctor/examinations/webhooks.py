"""Systems that follow by webhook: does each address take a connection? Nothing is sent."""

from urllib.parse import urlsplit

from incidentbot.doctor.contract import Finding, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.http import Failed
from incidentbot.settings import WebhookSettings

TITLE = "Webhooks"
PLACE = 95
CONNECT = 5.0


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()

    async def reach(webhook: WebhookSettings) -> Finding:
        parts = urlsplit(webhook.url)
        secure = parts.scheme == "https"
        try:
            async with ward.http.line(
                parts.hostname or "",
                parts.port or (443 if secure else 80),
                timeout=CONNECT,
                tls=secure,
                allow_private=webhook.allow_private,
            ):
                return ok(webhook.name, f"{parts.hostname} can be reached; nothing was posted")
        except Failed as error:
            return _unreachable(webhook, error.message)

    return await ward.each(
        settings.webhooks, reach, lambda one: _unreachable(one, "no answer in time")
    )


def _unreachable(webhook: WebhookSettings, words: str) -> Finding:
    host = urlsplit(webhook.url).hostname or ""
    return warning(
        webhook.name,
        f"{host} cannot be reached: {words}",
        "What it is to be told is kept and tried again, so it hears late.",
        f"Correct `url` of the webhook {webhook.name}, or let this machine reach {host}.",
    )
