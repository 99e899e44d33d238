"""Every check made once, with the reason it gives. What would write is left out of it."""

from incidentbot import plugins
from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.settings import CheckSettings, DependencySettings
from incidentbot.signals.probes.contract import CheckOptions, Context, Result
from incidentbot.signals.probes.engine import CHECKS

TITLE = "Checks"
PLACE = 80
MOST = 500  # a doctor is waited for; beyond it a sample tells as much

Pair = tuple[DependencySettings, CheckSettings]


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    pairs = [(one, check) for one in settings.dependencies for check in one.checks]
    step = max(1, -(-len(pairs) // MOST))
    context = Context(ward.http, settings.origins)

    async def look(pair: Pair) -> Finding:
        return await _look(ward, context, pair)

    try:
        found = await ward.each(pairs[::step], look, _late)
    finally:
        context.close()
    if step > 1:
        found.append(ok("checks", f"every {step}th of {len(pairs):,} was made"))
    return found


async def _look(ward: Ward, context: Context, pair: Pair) -> Finding:
    check = pair[1]
    options = check.options
    assert isinstance(options, CheckOptions)
    lacking = ward.lacks(options) or _of_origins(ward, options)
    if lacking:
        return warning(_about(pair), f"was not made: {lacking} is not set",
                       "Whether it can see what it watches is not known.",
                       f"Set {lacking}, then run the doctor again.")  # fmt: skip
    only_looking = options.looking()
    if only_looking is None:
        return ok(
            _about(pair), f"was not made: a check of the kind {check.kind} would not only look"
        )
    try:
        result: Result = await plugins.get(CHECKS, check.kind).check(only_looking, context)
    except Exception as error:  # noqa: BLE001
        # A check is a plug-in: where it breaks, the others are still made.
        result = Result(None, "internal", f"the check broke: {type(error).__name__}: {error}")
    return _told(pair, result)


def _of_origins(ward: Ward, options: CheckOptions) -> str:
    """The variable that an origin of the check lacks."""
    named = {getattr(options, "origin", ""), *(getattr(options, "origins", None) or ())}
    origins = ward.settings.origins if ward.settings else ()
    return next((name for one in origins if one.name in named and (name := ward.lacks(one))), "")


def _told(pair: Pair, result: Result) -> Finding:
    dependency, check = pair
    said = f"{result.reason}: {result.detail}" if result.detail else result.reason
    if result.ok:
        return ok(_about(pair), f"{said}, {result.latency_ms or 0:.0f} ms")
    if result.ok is None:
        return fault(
            _about(pair),
            said,
            f"It is blind: it says nothing about {dependency.title}, up or down.",
            f"Mend what it says; docs/checks.md tells what a check of the kind {check.kind} needs.",
        )
    return fault(
        _about(pair),
        said,
        f"If {dependency.title} is well, the bot would open an incident for nothing.",
        "Is the vendor down now? If not, correct the check's keys in the configuration.",
    )


def _late(pair: Pair) -> Finding:
    return warning(
        _about(pair),
        "did not end in time",
        "A check that takes so long sees an outage late.",
        "Give it a shorter `timeout`, or look at the network between here and there.",
    )


def _about(pair: Pair) -> str:
    return f"{pair[0].name}/{pair[1].name}"
