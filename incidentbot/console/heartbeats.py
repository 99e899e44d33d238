"""The door for beats: /heartbeats/<dependency>/<check>, with a secret, by GET or POST."""

from aiohttp import web

from incidentbot.signals.probes.beats import Beats

UNKNOWN = "There is no such heartbeat, or the secret is wrong.\n"


async def heartbeat(beats: Beats, request: web.Request) -> web.Response:
    """One beat. The secret is a bearer token or the field `secret`.

    The fields `status` (`ok` or `fail`) and `message` come with the address or as a form.
    """
    fields = {**request.query, **await _form(request)}
    dependency, check = request.match_info["dependency"], request.match_info["check"]
    if not beats.known(dependency, check, _secret(request, fields)):
        return web.Response(status=404, text=UNKNOWN)
    status = fields.get("status", "ok")
    if status not in ("ok", "fail"):
        words = f"status is {status[:40]!r} (allowed: ok, fail)\n"
        return web.Response(status=400, text=words)
    await beats.take(dependency, check, status == "fail", fields.get("message", ""))
    return web.Response(text="noted\n")


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _secret(request: web.Request, fields: dict[str, str]) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else fields.get("secret", "")
