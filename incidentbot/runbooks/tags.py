"""The tags with which the owners of things let us write to them, read at their provider."""

from collections.abc import Mapping, Sequence

from incidentbot import plugins
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.contract import Reads, careful
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.steps import Step, WriteStep
from incidentbot.settings import Settings


async def read(settings: Settings, reads: Reads, steps: Sequence[Step]) -> Mapping[str, str] | None:
    """What all the things written have in common of their tags; None where one cannot be read, or
    the policy asks for none. What has no tags at its provider the configuration alone lets in."""
    wanted = settings.policy.tag
    if wanted is None:
        return None
    common: set[tuple[str, str]] | None = None
    for step in steps:
        if not isinstance(step, WriteStep):
            continue
        module = plugins.get(ACTIONS, step.action)
        if not hasattr(module, "tags"):
            continue
        try:
            found = await careful(module.tags(step.options, reads))
        except (Temporary, InDoubt, Permanent):
            return None
        common = set(found.items()) if common is None else common & set(found.items())
    return {wanted.key: wanted.value} if common is None else dict(common)
