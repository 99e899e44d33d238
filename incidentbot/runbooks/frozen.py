"""A frozen plan looked at with the configuration of now: would it still be the same?

Between an approval and a write the configuration or the runbook may have changed; then the plan
shows something that is no longer meant, and it is refused.
"""

from datetime import timedelta
from types import ModuleType
from typing import Any

from incidentbot import ids, plugins
from incidentbot.errors import Refused
from incidentbot.runbooks import inventory
from incidentbot.runbooks import plan as plans
from incidentbot.runbooks.contract import Planned
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.steps import ManualStep, Step, WriteStep
from incidentbot.settings import AssetSettings, Settings


class AsFrozen:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def steps(self, body: dict[str, Any]) -> tuple[Step, ...]:
        """The steps of a plan, if the configuration would still plan the same."""
        return tuple(self._whole(body, step) for step in body["steps"])

    def _whole(self, body: dict[str, Any], step: dict[str, Any]) -> Step:
        if step["kind"] == "manual":
            return ManualStep(step["number"], step["ask"], tuple(step["items"]), step["words"])
        _, action, options, planned = self.step(body, step)
        return WriteStep(
            number=step["number"],
            action=step["action"],
            switch=step["switch"],
            options=options,
            goal=plans.goal_of(step["goal"]),
            before=plans.live_of(step["before"]),
            planned=planned,
            undo=(),
            plane=action.plane(options),
            may_change=tuple(action.MAY_CHANGE),
            soak=timedelta(seconds=step["soak"]),
            words=step["words"],
            arguments=step["arguments"],
            parts=bool(getattr(action, "PARTS", False)),
        )

    def step(
        self, body: dict[str, Any], step: dict[str, Any]
    ) -> tuple[AssetSettings | None, ModuleType, Any, Planned]:
        """The asset, action and options of a step, if they would still plan the same calls."""
        changed = Refused("The configuration of the switch changed since the plan was made.")
        asset = inventory.asset(self._settings, body["asset"]) if body["asset"] else None
        action = plugins.get(ACTIONS, step["action"])
        if step["switch"]:
            ways = asset.ways if asset else ()
            way = next((one for one in ways if one.called == step["switch"]), None)
            if way is None or way.kind != step["action"]:
                raise changed
            options, goal = way.options, plans.goal_of(step["goal"])
            if way.values.get(body["to"]) != goal.to:
                raise changed
        else:
            arguments = action.Arguments.model_validate(step["arguments"])
            options = action.bind(self._settings, asset, body["incident_id"], arguments)
            goal = plans.goal_of(step["goal"])
        again: Planned = action.plan(options, plans.live_of(step["before"]), goal)
        requests = [request.as_dict() for request in again.requests]
        if ids.canonical([again.target, requests]) != ids.canonical(
            [step["target"], step["requests"]]
        ):
            raise changed
        return asset, action, options, again
