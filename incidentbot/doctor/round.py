"""All examinations side by side, each bounded in time, and what they found together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from incidentbot import plugins
from incidentbot.doctor.contract import Examination, Finding, Level, NotYet, fault, warning
from incidentbot.doctor.ward import Ward

EXAMINATIONS = "incidentbot.doctor.examinations"
PATIENCE = 12.0  # seconds for one examination

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examined:
    """What one examination found; `left_out` says why it found nothing at all."""

    name: str
    title: str
    findings: tuple[Finding, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    parts: tuple[Examined, ...]

    def count(self, level: Level) -> int:
        return sum(f.level == level for part in self.parts for f in part.findings)


async def go(ward: Ward) -> Report:
    """Examine all there is, in the order of setting up."""
    modules = plugins.found(EXAMINATIONS)
    order = sorted(modules, key=lambda name: (modules[name].PLACE, name))
    examined = await asyncio.gather(*(one(name, modules[name], ward) for name in order))
    return Report(tuple(examined))


async def one(name: str, module: Any, ward: Ward) -> Examined:
    """One examination, whatever becomes of it; what it found shows no secret."""
    examination: Examination = module
    found: Sequence[Finding]
    try:
        async with asyncio.timeout(PATIENCE):
            found = await examination.examine(ward)
    except NotYet as why:
        return Examined(name, examination.TITLE, left_out=ward.hidden(why.message))
    except TimeoutError:
        found = [_late(examination.TITLE)]
    except Exception as error:
        # An examination is a plug-in: where it breaks, the others still have their say.
        log.exception("the examination %s broke", name)
        found = [_broken(name, error)]
    return Examined(name, examination.TITLE, tuple(it.under(ward) for it in found))


def _late(title: str) -> Finding:
    return warning(
        title,
        f"did not end within {PATIENCE:g} s",
        "What was not looked at may be well or not.",
        "Look at the network of this machine, then run the doctor again.",
    )


def _broken(name: str, error: Exception) -> Finding:
    return fault(
        name,
        f"the examination broke: {type(error).__name__}: {error}",
        "This is a fault of incidentbot; what it wanted to look at was not looked at.",
        "Report it with this line; everything else here still holds.",
    )
