"""Points 1, 9 and 10: is the copy kept, and can it be read at a price that is known?"""

from incidentbot.runbooks.readiness.look import Point
from incidentbot.runbooks.readiness.points.facts import Facts
from incidentbot.runbooks.readiness.points.saying import about, fine, not_s3, sides, unknown

ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}


def versioning(facts: Facts) -> Point:
    made = about(1, "Versioning")
    if not_s3(facts):
        return made("not_applicable", "only S3 is asked")
    off = [
        side.name
        for side in sides(facts)
        if (side.fact("versioning").value or {}).get("Status") != "Enabled"
    ]
    if why := unknown(facts, "versioning"):
        return why(made)
    if off:
        words = f"not on for {', '.join(off)}: an overwrite or a delete cannot be taken back"
        return made("not_ready", f"{words}, and S3 cannot replicate")
    return made("ready", "on for both")


def lifecycle(facts: Facts) -> Point:
    """Storage classes are seen on the objects that were read; a rule tells what will be."""
    made = about(9, "Lifecycle and storage class")
    classes = {one.get("x-amz-storage-class", "") for one in facts.backup.headers}
    archived = sorted(classes & ARCHIVED)
    if archived:
        words = f"objects are archived ({', '.join(archived)}): they cannot be served at once"
        return made("not_ready", words, hard=True)
    if facts.backup.kind != "s3":
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "lifecycle", "backup"):
        return why(made)
    rules = [
        one for one in facts.backup.fact("lifecycle").value or [] if one.get("Status") == "Enabled"
    ]
    expiring = [rule.get("ID", "a rule") for rule in rules if rule.get("Expiration")]
    moving = [
        rule.get("ID", "a rule")
        for rule in rules
        for step in rule.get("Transitions", [])
        if step.get("StorageClass") in ARCHIVED
    ]
    if moving or expiring:
        said = [f"{name} archives objects" for name in moving]
        said += [f"{name} deletes objects" for name in expiring]
        return made("not_ready", "; ".join(said))
    return made("ready", "no rule shortens the copy")


def cost(facts: Facts) -> Point:
    made = about(10, "Quotas and cost")
    if facts.backup.kind != "s3":
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "payer", "backup"):
        return why(made)
    if facts.backup.fact("payer").value == "Requester":
        return made(
            "not_ready", "Requester Pays is on: whoever does not say so is refused", hard=True
        )
    return fine(made, "Requester Pays is off; rates and the price of egress are not looked at")


POINTS = (versioning, lifecycle, cost)
