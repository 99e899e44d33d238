"""The file: is it there, and can it be used?"""

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import TOKENS, Ward
from incidentbot.settings import Fault
from incidentbot.settings.yaml_lines import read
from incidentbot.signals.feeds import catalogue

TITLE = "Configuration"
PLACE = 10


async def examine(ward: Ward) -> list[Finding]:
    if not ward.path.exists():
        return [
            fault(
                str(ward.path),
                "is not there",
                "It says what is watched, who is on call, and where incidents are announced.",
                f"incidentbot init {ward.path}    then edit it; or name yours with --config.",
            )
        ]
    wrong = [one for one in ward.faults if not _told_elsewhere(one, ward)]
    if wrong:
        return [_fault(one) for one in wrong]
    if ward.settings is None:
        return [ok(str(ward.path), "has no other faults than those below")]
    kind = "" if ward.settings.has_slack else "; without slack it is one for `incidentbot watch`"
    return [ok(str(ward.path), f"can be used{kind}"), *_notes(ward)]


def _told_elsewhere(one: Fault, ward: Ward) -> bool:
    """Slack's tokens and named secrets have examinations of their own."""
    if one.file == "environment":
        return one.path.startswith(tuple(TOKENS))
    return any(one.message.startswith(f"{name} ") for name in ward.unset)


def _fault(one: Fault) -> Finding:
    where = one.file if one.line is None else f"{one.file}:{one.line}"
    said = f"{one.path}: {one.message}" if one.path else one.message
    step = f"Correct it there (allowed: {one.allowed})." if one.allowed else "Correct it there."
    return fault(where, said, "The bot does not start with a file that it cannot use.", step)


def _notes(ward: Ward) -> list[Finding]:
    document, _ = read(ward.path)
    if document is None or ward.settings is None:
        return []
    return [
        warning(
            f"{note.file}:{note.line}",
            f"{note.path}: {note.message}",
            "Nobody reads what this vendor says, so only your own checks can tell.",
            "Correct the name (incidentbot feeds list), or add the vendor under `vendors`.",
        )
        for note in catalogue.notes(ward.settings, document)
    ]
