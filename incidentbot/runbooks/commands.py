"""A frozen plan as a script: its requests with the ways that the configuration gives them."""

from collections.abc import Mapping
from typing import Any

from incidentbot.errors import Refused
from incidentbot.runbooks import approve, script
from incidentbot.runbooks.frozen import AsFrozen
from incidentbot.runbooks.script import Part
from incidentbot.settings import Settings
from incidentbot.settings.secrets import Secret
from incidentbot.store.models import Plan


def of_plan(settings: Settings, plan: Plan) -> str:
    """Refused where the stored plan, or the configuration, is no longer the one that was shown."""
    body = approve.shown(plan)
    if not body:
        raise Refused("The stored plan is not the one that was frozen. Make a new plan.")
    parts = [_part(settings, body, step) for step in body["steps"]]
    return script.script(plan.id, plan.hash, str(body["runbook"]["title"]), parts)


def _part(settings: Settings, body: dict[str, Any], step: dict[str, Any]) -> Part:
    if step["kind"] == "manual":
        said = "; ".join([step["ask"], *step["items"]] if step["ask"] else step["items"])
        return Part(f"By a person: {said}", ())
    _, action, options, _ = AsFrozen(settings).step(body, step)
    secrets: Mapping[str, str] = action.secrets(options) if hasattr(action, "secrets") else {}
    sign = getattr(options, "sign", None)
    signed = sign.name if isinstance(sign, Secret) else ""
    # Whatever secret no header is known for is named, so that nobody wonders about a refusal.
    held = [one.name for one in dict(options).values() if isinstance(one, Secret)]
    left = [f"${name}" for name in held if name not in {signed, *secrets.values()}]
    endpoint = getattr(options, "endpoint_url", None)
    return Part(
        words=_words(body, step) + (f" (takes the secret in {', '.join(left)})" if left else ""),
        requests=step["requests"],
        token=step["before"]["token"],
        endpoint_url=str(endpoint) if endpoint else None,
        secrets=secrets,
        sign=signed,
    )


def _words(body: dict[str, Any], step: dict[str, Any]) -> str:
    share = step["goal"]["share"]
    part = f", {share} % to {body['to']}" if step["switch"] and share != 100 else ""
    return (
        f"{step['what']}: {step['before']['value']} -> {step['after']['value']}{part}. "
        f"Before it: {_condition(step)}"
    )


def _condition(step: dict[str, Any]) -> str:
    token = step["before"]["token"]
    version = f" (version {token})" if token else ""
    return f"it must still be {step['before']['value']}{version}"
