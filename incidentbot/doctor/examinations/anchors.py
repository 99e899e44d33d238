"""The places outside that are asked before an outage is believed."""

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.http import Failed
from incidentbot.settings import WebTarget

TITLE = "Anchors (am I online?)"
PLACE = 70
SMALL = 64 * 1024
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
WHY = "When no anchor answers, the bot takes every outage for its own blindness and opens nothing."
NEXT = "Let this machine reach it, or name others under sight.anchors."


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    sight = settings.sight
    if not sight.anchors:
        return [
            warning(
                "sight.anchors",
                "none are set up",
                "An outage of your own network would be told as one of every vendor.",
                "Leave `sight.anchors` out to use the four of the bot.",
            )
        ]
    seconds = sight.timeout.total_seconds()

    async def ask(anchor: WebTarget) -> str:
        try:
            await ward.http.get(
                anchor.url,
                timeout=seconds,
                allow_private=anchor.allow_private,
                max_bytes=SMALL,
                redirects=0,
            )
        except Failed as error:
            return error.message
        return ""

    said = await ward.each(sight.anchors, ask, lambda _: "no answer in time")
    if all(said):
        return [_offline(ward, said)]
    return [
        warning(anchor.url, words, WHY, NEXT) if words else ok(anchor.url, "answers")
        for anchor, words in zip(sight.anchors, said, strict=True)
    ]


def _offline(ward: Ward, said: list[str]) -> Finding:
    step = "Let this machine out to the internet, or name other places under sight.anchors."
    if any(ward.env.get(name) for name in PROXIES):
        step = f"The bot does not use the proxy that {PROXIES[0]} names. {step}"
    return fault("sight.anchors", f"none of {len(said)} answers: {said[0]}", WHY, step)
