"""2017 replayed: an established playbook, run with one argument too large.

On 28 February 2017 a command of an established playbook was to take a few servers of S3 away, one
input was entered incorrectly, and a much larger set was taken (aws.amazon.com/message/41926). Here
a playbook takes a share of the traffic from a place that works; one number in it is too large. The
caps, the floor and the missing approval stop it, each alone: with the other two out of the way.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incidentbot.errors import Refused
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings.policy import (
    ApprovalsSettings,
    CapsSettings,
    FloorSettings,
    GuardPolicy,
)
from tests.contracts.stages.stage import Stage
from tests.stories.shipped import (
    FREE,
    Edge,
    Scene,
    aws_of_tests,
    empty_database,
    new_database,
    scene,
    settings_for,
    stage_of,
)

KIND = "haproxy"
ESTABLISHED, TOO_LARGE = "[1, 25, 60, 100]", "[100]"
PLAYBOOK = """\
title: Serve {{asset}} from {{to}} again, bit by bit
when: primary_healthy
risk: low
action: haproxy
to: primary
stages: {{percent: {percent}, soak: 20ms}}
undo: there
why: The primary is well.
watch_for: Its load.
if_this_fails: Stop here.
"""
THERE = """\
title: Serve {asset} from {to}
when: dependency_down
risk: high
action: haproxy
to: backup
undo: playbook
why: The primary fails.
watch_for: Its load.
if_this_fails: Ask for help.
"""

# What each of the three is when it is out of the way, and when it is as usual.
NO_APPROVAL, APPROVAL = ApprovalsSettings(low=0), ApprovalsSettings(low=1)
NO_CAPS, CAPS = FREE.caps, FREE.caps.model_copy(update={"points": 50})
# With two origins a floor of one is always kept when the place it moves to is proven; of two, both
# must go on serving, which is what is wanted of a share.
NO_FLOOR, FLOOR = FloorSettings(origins=1), FloorSettings(origins=2)


def policy(
    caps: CapsSettings = NO_CAPS,
    floor: FloorSettings = NO_FLOOR,
    approvals: ApprovalsSettings = NO_APPROVAL,
) -> GuardPolicy:
    return FREE.model_copy(update={"caps": caps, "floor": floor, "approvals": approvals})


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_of_tests() as made:
        yield made


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with Edge() as made:
        yield made


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with stage_of(KIND) as made:
        yield made


@pytest.fixture
def ground(stage: Stage, edge: Edge, aws: Aws, tmp_path: Path) -> "Ground":
    empty_database(tmp_path)
    return Ground(stage, edge, aws, tmp_path)


class Ground:
    """The backup serves, the primary is well again, and somebody runs the playbook."""

    def __init__(self, stage: Stage, edge: Edge, aws: Aws, folder: Path) -> None:
        self.stage, self.edge, self.aws, self.folder = stage, edge, aws, folder

    @asynccontextmanager
    async def playing(self, percent: str, given: GuardPolicy) -> AsyncIterator[Scene]:
        books = self.folder / "books"
        books.mkdir()
        (books / "playbook.yaml").write_text(PLAYBOOK.format(percent=percent))
        (books / "there.yaml").write_text(THERE)
        settings = settings_for(self.stage, KIND, self.folder, self.edge, books, given)
        database = new_database(self.folder / "empty.db", self.folder)
        async with scene(self.stage, self.edge, settings, database, self.aws) as made:
            await made.breaks()
            await made.heals()
            self.stage.by_others(self.stage.values[1])
            yield made


def untouched(made: Scene) -> bool:
    return (made.writes(), made.stage.live()) == (0, made.stage.values[1])


async def test_with_none_of_the_three_it_takes_it_all_at_once(ground: Ground) -> None:
    """What the others are about: nothing else stands in its way."""
    async with ground.playing(TOO_LARGE, policy()) as made:
        plan = await made.run(await made.plan("playbook"))
        assert (plan.state, made.stage.live()) == ("done", made.stage.values[0])
        assert made.writes() > 0


async def test_as_it_was_established_it_runs_within_the_caps(ground: Ground) -> None:
    async with ground.playing(ESTABLISHED, policy(caps=CAPS)) as made:
        plan = await made.run(await made.plan("playbook"))
        assert (plan.state, made.stage.live()) == ("done", made.stage.values[0]), plan.outcome


async def test_the_caps_alone_stop_it(ground: Ground) -> None:
    async with ground.playing(TOO_LARGE, policy(caps=CAPS)) as made:
        with pytest.raises(Refused, match=r"takes 100 % of the traffic .*policy\.caps\.points"):
            await made.plan("playbook")
        assert untouched(made)


async def test_the_floor_alone_stops_it(ground: Ground) -> None:
    async with ground.playing(TOO_LARGE, policy(floor=FLOOR)) as made:
        with pytest.raises(Refused, match="1 of 2 origins that must serve afterwards"):
            await made.plan("playbook")
        assert untouched(made)


async def test_the_missing_approval_alone_stops_it(ground: Ground) -> None:
    async with ground.playing(TOO_LARGE, policy(approvals=APPROVAL)) as made:
        plan = await made.plan("playbook")
        assert plan.state == "planned"
        plan = await made.run(plan)  # even if something starts it
        assert plan.state == "planned"
        assert untouched(made)
