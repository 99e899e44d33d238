"""A runbook, an asset and the facts of a good moment, to be spoiled one at a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from incidentbot.plugins import found
from incidentbot.runbooks import load
from incidentbot.runbooks.actions import ssm_parameter
from incidentbot.runbooks.contract import Goal, Live
from incidentbot.runbooks.guard import Around, Facts, Write
from incidentbot.runbooks.load import Catalog
from incidentbot.runbooks.steps import WriteStep
from incidentbot.settings import AssetSettings, ReadinessSettings, SwitchSettings, VerifySettings

NOW = datetime(2026, 3, 2, 17, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUNBOOKS = Path(__file__).parents[2] / "runbooks"


def shipped() -> Catalog:
    return load.load(RUNBOOKS, found(load.ACTIONS))


def asset() -> AssetSettings:
    return AssetSettings(
        name="shop-images",
        title="Shop images",
        primary="us-east-1",
        backup="us-west-2",
        dependency="s3-us-east-1",
        switch=SwitchSettings(
            kind="ssm_parameter",
            values={"us-east-1": "us-east-1", "us-west-2": "us-west-2"},
            options=ssm_parameter.Options(parameter="/shop/asset-origin", region="us-west-2"),
        ),
        verify=VerifySettings(
            url="https://shop.example.com/assets/{key}",
            header="x-asset-origin",
            keys=("a.svg", "b.svg", "c.svg"),
        ),
        readiness=ReadinessSettings(every=MINUTE, max_age=5 * MINUTE),
    )


def steps(asset: AssetSettings, live: Live, to: str, other: str) -> tuple[WriteStep, ...]:
    """The one step that turns the switch of this asset."""
    (way,) = asset.ways
    options: Any = way.options
    goal = Goal(way.values[to], way.values[other])
    planned = ssm_parameter.plan(options, live, goal)
    undo = ssm_parameter.undo(options, live, planned.after)
    plane = ssm_parameter.plane(options)
    return (
        WriteStep(1, way.kind, way.called, options, goal, live, planned, undo, plane,
                  ssm_parameter.MAY_CHANGE, timedelta(), {}),
    )  # fmt: skip


def to_backup(**changes: Any) -> Facts:
    """The primary failed two minutes ago; the backup was proven just before and read since."""
    values: dict[str, Any] = {
        "now": NOW,
        "to": "us-west-2",
        "source": "us-east-1",
        "to_backup": True,
        "serving": "us-east-1",
        "live_value": "us-east-1",
        "live_origin": "us-east-1",
        "source_state": "down",
        "source_since": NOW - 2 * MINUTE,
        "to_state": "unknown",
        "to_since": None,
        "healthy_for": 10 * MINUTE,
        "readiness_state": "ready",
        "readiness_words": "208 of 208 objects the same; 22 fetched",
        "proven_at": NOW - 3 * MINUTE,
        "checked_at": NOW - timedelta(seconds=11),
        "max_age": 5 * MINUTE,
        "plane_region": "us-west-2",
        "failing_region": "us-east-1",
        "running": None,
        "same_before": None,
        "healthy": {"us-east-1": None, "us-west-2": NOW - timedelta(seconds=11)},
        "likely": frozenset({"shop-images"}),
        "around": Around(inventory=4, drilled_at=NOW - timedelta(days=10)),
    }
    return Facts(**values | changes)


def to_primary(**changes: Any) -> Facts:
    """The primary has been well for a quarter of an hour, and is proven ready."""
    values: dict[str, Any] = {
        "to": "us-east-1",
        "source": "us-west-2",
        "to_backup": False,
        "serving": "us-west-2",
        "live_value": "us-west-2",
        "live_origin": "us-west-2",
        "source_state": "unknown",
        "source_since": None,
        "to_state": "up",
        "to_since": NOW - 15 * MINUTE,
        "proven_at": NOW - MINUTE,
        "healthy": {"us-east-1": NOW, "us-west-2": NOW - timedelta(seconds=11)},
    }
    return to_backup(**values | changes)


def around(**changes: Any) -> Around:
    """Nothing else goes on, and the last drill was ten days ago."""
    values: dict[str, Any] = {"inventory": 4, "drilled_at": NOW - timedelta(days=10)}
    return Around(**values | changes)


def write(number: int = 1, **changes: Any) -> Write:
    """The one write of a switch to the backup."""
    values: dict[str, Any] = {
        "number": number,
        "target": "ssm:us-west-2:/shop/asset-origin",
        "requests": 1,
        "fields": ("Value",),
        "may_change": ("Value",),
        "before": {"us-east-1": 100},
        "after": {"us-west-2": 100},
        "turns": True,
        "region": "us-west-2",
    }
    return Write(**values | changes)


def planned(*writes: Write, **changes: Any) -> Facts:
    """The facts of a plan to the backup: the live value was read, the writes are known."""
    return to_backup(writes=writes or (write(),), looked=True, **changes)
