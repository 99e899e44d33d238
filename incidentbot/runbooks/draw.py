"""Draw up the steps of a runbook for one target: read what is live, and ask each action for its
plan. Nothing is changed by it; it holds only the way to read.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from incidentbot.errors import ConfigError, InDoubt, Permanent, Refused, Temporary
from incidentbot.runbooks import inventory
from incidentbot.runbooks.contract import WHOLE, Goal, Live, Reads, careful
from incidentbot.runbooks.form import StepFile
from incidentbot.runbooks.load import Actions, Runbook
from incidentbot.runbooks.steps import ManualStep, Step, Target, WriteStep
from incidentbot.settings import Settings, SwitchSettings

ZERO = timedelta()
NOTHING = Goal("")  # of an action that turns no switch


class Drawer:
    def __init__(self, settings: Settings, actions: Actions, reads: Reads) -> None:
        self._settings = settings
        self._actions = actions
        self._reads = reads

    async def draw(self, book: Runbook, target: Target, incident_id: str) -> tuple[Step, ...]:
        """Every step, numbered from 1. Refused says why there is no plan."""
        steps: list[Step] = []
        left: dict[str, Live] = {}  # by thing written: what the steps so far leave there
        for file in book.file.every_step:
            words = words_of(file)
            if file.action is None:
                ask = file.ask or "Is all of this done?"
                steps.append(ManualStep(len(steps) + 1, ask, file.checklist, words))
            else:
                await self._write(book, target, incident_id, file, words, steps, left)
        return tuple(steps)

    async def _write(
        self,
        book: Runbook,
        target: Target,
        incident_id: str,
        file: StepFile,
        words: Mapping[str, str],
        steps: list[Step],
        left: dict[str, Live],
    ) -> None:
        assert file.action is not None
        module = self._actions[file.action]
        switch, options, goal = self._meant(book, target, incident_id, file, module)
        live = await self._observed(module, options)
        soak = file.stages.soak if file.stages else ZERO
        for share in shares_of(file, switch, goal, live):
            wanted = Goal(goal.to, goal.other, share)
            first = module.plan(options, live, wanted)
            before = left.get(first.target, live)
            planned = first if before is live else module.plan(options, before, wanted)
            left[planned.target] = planned.after
            steps.append(
                WriteStep(
                    number=len(steps) + 1,
                    action=file.action,
                    switch=switch.called if switch else "",
                    options=options,
                    goal=wanted,
                    before=before,
                    planned=planned,
                    undo=module.undo(options, before, planned.after),
                    plane=module.plane(options),
                    may_change=tuple(module.MAY_CHANGE),
                    soak=soak if share < WHOLE else ZERO,
                    words=words,
                    arguments=file.arguments,
                    parts=bool(getattr(module, "PARTS", False)),
                )
            )

    def _meant(
        self, book: Runbook, target: Target, incident_id: str, file: StepFile, module: Any
    ) -> tuple[SwitchSettings | None, Any, Goal]:
        """The switch (if it is one), its options, and the whole of what is wanted."""
        if hasattr(module, "Arguments"):
            arguments = module.Arguments.model_validate(file.arguments)
            try:
                bound = module.bind(self._settings, target.asset, incident_id, arguments)
            except ConfigError as error:
                raise Refused(f"No plan: {error.message}") from error
            return None, bound, NOTHING
        assert target.asset is not None
        switch = target.switch or switch_of(target, file)
        to, source = book.destination(target.asset), book.source(target.asset)
        goal = Goal(inventory.value_of(switch, to), inventory.value_of(switch, source))
        return switch, switch.options, goal

    async def _observed(self, module: Any, options: Any) -> Live:
        try:
            live: Live = await careful(module.observe(options, self._reads))
        except (Temporary, InDoubt, Permanent) as error:
            raise Refused(f"No plan: the live value cannot be read. {error.message}") from error
        return live


def switch_of(target: Target, file: StepFile) -> SwitchSettings:
    """The asset's switch that a step turns. Pure."""
    assert target.asset is not None
    found = [
        way
        for way in target.asset.ways
        if way.kind == file.action and file.switch in (None, way.called)
    ]
    if len(found) != 1:
        names = ", ".join(way.called for way in found) or "none"
        raise Refused(f"{target.asset.title}: the step must name one switch (it has {names}).")
    return found[0]


def shares_of(
    file: StepFile, switch: SwitchSettings | None, goal: Goal, live: Live
) -> tuple[int, ...]:
    """The shares still to come: those that are there already are left out. Pure."""
    if switch is None or file.stages is None:
        return (WHOLE,)
    there = live.serving.get(goal.to, 0)
    return tuple(share for share in file.stages.percent if share > there or share == WHOLE)


def words_of(file: StepFile) -> dict[str, str]:
    names = ("why", "watch_for", "if_this_fails")
    return {name: text for name in names if (text := getattr(file, name))}
