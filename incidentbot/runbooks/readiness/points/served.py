"""Points 4 to 8: may users' requests be answered from the backup as they are from the primary?"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from incidentbot.runbooks.readiness.look import Point
from incidentbot.runbooks.readiness.points.facts import Facts
from incidentbot.runbooks.readiness.points.saying import about, not_s3, sides, unknown

CLOUDFRONT = "cloudfront.amazonaws.com"
WORKING = {"Enabled"}


def cors(facts: Facts) -> Point:
    made = about(4, "CORS")
    if not_s3(facts):
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "cors"):
        return why(made)
    backup, primary = (_normal(side.fact("cors").value) for side in sides(facts))
    if backup != primary:
        return made(
            "not_ready", "the rules of the two differ: browsers may refuse fonts and scripts"
        )
    return made("ready", f"the same {len(backup)} rules" if backup else "neither has rules")


def _normal(rules: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """Without order and names, so that only what they mean is compared."""
    return sorted(
        json.dumps(
            {
                key: sorted(map(str.lower, value)) if isinstance(value, list) else value
                for key, value in rule.items()
                if key != "ID"
            },
            sort_keys=True,
        )
        for rule in rules or ()
    )


def access(facts: Facts) -> Point:
    made = about(5, "Access")
    if facts.backup.kind != "s3":
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "policy", "backup"):
        return why(made)
    statements = _statements(facts.backup.fact("policy").value)
    refusing = next((one for one in statements if _refuses_all(one)), None)
    if refusing is not None:
        words = f"the policy refuses everybody s3:GetObject ({refusing.get('Sid', 'no Sid')})"
        return made("not_ready", words, hard=True)
    if not facts.distribution:
        return made("unknown", "no switch names a distribution, so its right to read is not known")
    if any(_lets(one, facts.distribution) for one in statements):
        return made("ready", f"the policy lets {facts.distribution} read")
    if _lets_everybody(statements) and not _blocked(facts):
        return made("ready", "the policy lets everybody read")
    blocked = " and public access is blocked" if _blocked(facts) else ""
    words = f"the policy does not let {CLOUDFRONT} of {facts.distribution} read{blocked}"
    return made("not_ready", words, hard=True)


def _statements(policy: str | None) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(policy or "{}").get("Statement", [])
    except (ValueError, AttributeError):
        return []
    return [found] if isinstance(found, dict) else [one for one in found if isinstance(one, dict)]


def _many(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value or ()]  # type: ignore[attr-defined]


def _reads(statement: Mapping[str, Any]) -> bool:
    return bool(
        {"*", "s3:*", "s3:getobject", "s3:get*"}
        & {a.lower() for a in _many(statement.get("Action"))}
    )


def _everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in _many(principal.get("AWS")))


def _refuses_all(statement: Mapping[str, Any]) -> bool:
    """A condition may let the edge pass, so only a refusal without one is sure."""
    denied = statement.get("Effect") == "Deny" and not statement.get("Condition")
    return denied and _everybody(statement) and _reads(statement)


def _lets_everybody(statements: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        one.get("Effect") == "Allow"
        and not one.get("Condition")
        and _everybody(one)
        and _reads(one)
        for one in statements
    )


def _lets(statement: Mapping[str, Any], distribution: str) -> bool:
    principal = statement.get("Principal")
    service = _many(principal.get("Service")) if isinstance(principal, dict) else []
    if statement.get("Effect") != "Allow" or CLOUDFRONT not in service or not _reads(statement):
        return False
    arns = [
        arn
        for test in (statement.get("Condition") or {}).values()
        for key, value in test.items()
        if key.lower() == "aws:sourcearn"
        for arn in _many(value)
    ]
    return not arns or any(arn.endswith((f"/{distribution}", "/*")) for arn in arns)


def _blocked(facts: Facts) -> bool:
    block = facts.backup.fact("public_access").value or {}
    return bool(block.get("RestrictPublicBuckets") or block.get("BlockPublicPolicy"))


def encryption(facts: Facts) -> Point:
    made = about(6, "Encryption")
    if facts.backup.kind != "s3":
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "encryption", "backup"):
        return why(made)
    key = facts.backup.fact("key")
    if key.refused:
        return made("unknown", f"the state of the KMS key cannot be read: {key.refused}")
    if key.value is None:
        return made("ready", "no KMS key of our own is needed to read")
    state = str(key.value.get("KeyState", ""))
    name = str(key.value.get("KeyId", ""))
    if state not in WORKING:
        return made(
            "not_ready",
            f"KMS key {name} is {state or 'in no state'}: nothing it encrypted can be read",
            hard=True,
        )
    region = str(key.value.get("Arn", "")).split(":")[3:4]
    if region and region[0] and region[0] == facts.primary.region != facts.backup.region:
        words = f"KMS key {name} is in {region[0]}, the region that the backup is there to replace"
        return made("not_ready", words, hard=True)
    return made("ready", f"KMS key {name} is enabled in {facts.backup.region}")


def website(facts: Facts) -> Point:
    made = about(7, "Website settings")
    if not_s3(facts):
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "website"):
        return why(made)
    backup, primary = (side.fact("website").value for side in sides(facts))
    if primary is None and backup is None:
        return made("not_applicable", "neither is served as a website")
    if backup != primary:
        return made("not_ready", "index, error page or redirects of the two differ")
    return made("ready", "the same")


def at_the_edge(facts: Facts) -> Point:
    made = about(8, "Origin at the CDN")
    if not facts.distribution:
        return made("not_applicable", "no switch names a distribution")
    if facts.cdn.refused:
        return made("unknown", f"the distribution cannot be read: {facts.cdn.refused}")
    items = ((facts.cdn.value or {}).get("Origins") or {}).get("Items") or []
    hosts = [str(one.get("DomainName", "")) for one in items]
    named = [
        host
        for host in hosts
        if host.split(".")[0] == facts.backup.name or facts.backup.name in host
    ]
    if not named:
        return made(
            "not_ready",
            f"{facts.distribution} has no origin {facts.backup.name}: {', '.join(hosts)}",
        )
    return made("ready", f"{facts.distribution} has {named[0]}")


POINTS = (cors, access, encryption, website, at_the_edge)
