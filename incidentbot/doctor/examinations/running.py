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
MANY = 10  # that wait at one moment; a few may have come just now
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
    found += _way_in(about, health)
    found += _way_out(about, health.get("slack_delivery"))
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


def _way_in(about: str, health: dict[str, Any]) -> list[Finding]:
    """What Slack brings to the bot: its sockets, and what was brought and waits."""
    slack = health.get("slack")
    way = slack if isinstance(slack, dict) else {}
    why = f": {way['trouble']}" if way.get("trouble") else ""
    found = []
    if health.get("slack_connected") is False:
        found.append(
            warning(
                about,
                f"the bot is running and not connected to Slack{why}",
                "Commands and buttons wait until it is.",
                "Look at what is said of Slack here, and at the bot's log.",
            )
        )
    elif why:
        found.append(
            warning(
                about,
                f"the bot has {way.get('sockets')} of its sockets to Slack{why}",
                "When that one ends, commands wait until another stands.",
                "If it stays so for some minutes, look at the bot's log.",
            )
        )
    if isinstance(way.get("waiting"), int) and way["waiting"] >= MANY:
        found.append(
            warning(
                about,
                f"{way['waiting']} commands, clicks and events wait to be worked off",
                "People wait for their answers.",
                "If they do not get fewer within a minute, look at the bot's log.",
            )
        )
    return found


def _way_out(about: str, delivery: object) -> list[Finding]:
    """What the bot says to Slack: whether its token is taken, and whether Slack answers."""
    state = delivery if isinstance(delivery, dict) else {}
    since = f" since {state['since']}" if state.get("since") else ""
    if state.get("state") == "refused":
        return [
            fault(
                about,
                f"Slack refuses the token of the running bot{since} ({state.get('why')})",
                "Nothing is said in Slack; all of it waits and is sent when the token is good.",
                "Install the app again, then start the bot with the SLACK_BOT_TOKEN it shows.",
            )
        ]
    if state.get("state") == "away":
        return [
            warning(
                about,
                f"the running bot gets no answer from Slack{since} ({state.get('why')})",
                "All that is to be said there waits.",
                "Let this machine reach slack.com, or look at https://slack-status.com.",
            )
        ]
    return []


def _strange(about: str, said: str) -> Finding:
    return fault(
        about,
        f"something else listens there: {said}",
        "The bot does not start without its own port.",
        "Name another in web.listen (PORT wins over its port), or stop the other program.",
    )
