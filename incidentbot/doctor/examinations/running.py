"""The bot itself: does it run here already, and how does it feel? If not, is its port free?"""

import errno
import json
import socket
from typing import Any

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward, blocking
from incidentbot.http import Answer, Failed
from incidentbot.settings import WebSettings

TITLE = "The bot"
PLACE = 100
CONNECT = 3.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    web = settings.web
    host = ANYWHERE.get(web.host, web.host)
    netloc = f"[{host}]" if ":" in host else host
    try:
        answer = await ward.http.get(
            f"http://{netloc}:{web.port}/healthz", timeout=CONNECT, allow_private=True
        )
    except Failed as error:
        if error.reason == "refused" or web.port == 0:
            return [await blocking(lambda: _port(web))]
        return [_strange(web.listen, error.message)]
    return _judged(web.listen, answer)


def _port(web: WebSettings) -> Finding:
    """Taking the port for a moment is the only way to know whether we may."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except (OSError, UnicodeError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            said = "is taken by another program" if taken else f"cannot be used: {error}"
            return fault(web.listen, said, "The bot does not start without its own port.",
                         "Name another in web.listen (PORT wins over its port).")  # fmt: skip
    return ok(web.listen, "is free; the bot is not running here")


def _judged(about: str, answer: Answer) -> list[Finding]:
    try:
        health: Any = json.loads(answer.body)
    except ValueError:
        health = None
    if answer.status != 200 or not isinstance(health, dict) or "probe_lag_s" not in health:
        return [_strange(about, f"answers /healthz with {answer.status}, and not as the bot does")]
    standby = ", standing by: another one works on its database" if health.get("standby") else ""
    found = [ok(about, f"the bot is running{standby}")]
    if health.get("slack_connected") is False:
        slack = health.get("slack")
        why = slack.get("trouble") if isinstance(slack, dict) else ""
        found.append(
            warning(
                about,
                "the bot is running and not connected to Slack" + (f": {why}" if why else ""),
                "Commands and buttons wait until it is.",
                "Look at what is said of Slack here, and at the bot's log.",
            )
        )
    waiting = health.get("messages_waiting", 0)
    if isinstance(waiting, int) and waiting > 0:
        found.append(
            warning(
                about,
                f"{waiting} messages wait for Slack",
                "People have not read them yet.",
                "If they do not get fewer within a minute, look at the bot's log.",
            )
        )
    return found


def _strange(about: str, said: str) -> Finding:
    return fault(
        about,
        f"something else listens there: {said}",
        "The bot does not start without its own port.",
        "Name another in web.listen (PORT wins over its port), or stop the other program.",
    )
