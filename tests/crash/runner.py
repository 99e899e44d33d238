"""The part of a bot that runs plans, as a process of its own that can be killed at any call.

It has the store, the workflow engine and the executor, and nothing else: it starts in a tenth of a
second. A plan is started again as the application starts it; the engine knows it is the same.
"""

import asyncio
import itertools
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from dbos._dbos import _get_or_create_dbos_registry
from sqlalchemy import update

from incidentbot.durable import Durable
from incidentbot.http import Http
from incidentbot.paging.by_runbook import ByRunbook as CallIn
from incidentbot.paging.policy import Policies
from incidentbot.settings import Settings
from incidentbot.statuspages.by_runbook import ByRunbook as TellPublic
from incidentbot.store import Store
from incidentbot.store.models import StatusPost
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.faults import When
from tests.contracts.doubles.house import Door
from tests.crash import nursery
from tests.stories.shipped import executor_of
from tests.stories.switching import until

PATIENCE = 60.0  # seconds
SOON = 0.01


@dataclass(frozen=True)
class Work:
    """What a process is to do. `name`: what the engine calls it; one of the same name takes up
    what another left. `dies`: before or after which of the things that the bot does itself, from
    1; what is outside of it does the killing by itself."""

    settings: Settings
    database: str
    plan_id: str
    name: str = "main"
    dies: tuple[int, When] | None = None


def start(work: Work) -> tuple[ForkServerProcess, Connection]:
    """A process that waits for a word before it runs the plan to its end."""
    here, there = nursery.context.Pipe()
    process = nursery.context.Process(target=_run, args=(work, there), daemon=True)
    process.start()
    there.close()
    return process, here


def _run(work: Work, word: Connection) -> None:
    os.environ.update(ENV)
    word.recv()
    asyncio.run(_until_its_end(work))
    os._exit(0)  # as soon as it is over: nothing is left to be tidied up


async def _until_its_end(work: Work) -> None:
    from tests.crash.warm import AWS  # noqa: PLC0415  made in the server, not in the tests

    store = Store(work.database)
    doors = mortal(own_doors(store, work.settings), work.dies)
    executor = executor_of(store, work.settings, Http(), AWS, doors)
    engine = Durable(work.database, work.name)
    engine.register("run", executor.run)
    # The engine looks once a second for what was left unfinished; here it looks at once.
    _get_or_create_dbos_registry().get_internal_queue()._polling_interval_sec = SOON
    engine.launch()
    await engine.start("run", work.plan_id, work.plan_id)  # begun before, it goes on by itself

    async def over() -> bool:
        return await engine.finished("run", work.plan_id)

    await until(over, PATIENCE)


def own_doors(store: Store, settings: Settings) -> dict[str, Door]:
    """What the bot does itself, as the application gives it. The publisher's hand, which would
    bring a text to the page, is a line in the database."""
    pages = TellPublic(store, settings.statuspages).doors
    people = CallIn(store, Policies(settings)).doors

    async def post(params: Mapping[str, Any], plan_id: str) -> tuple[Mapping[str, Any], str]:
        done = await pages["statuspage_post"](params, plan_id)
        await store.tx(lambda session: session.execute(update(StatusPost).values(state="posted")))
        return done

    return {**people, **pages, "statuspage_post": post}


def mortal(doors: Mapping[str, Door], dies: tuple[int, When] | None) -> dict[str, Door]:
    """The same, and at one of the calls the process is killed."""
    calls = itertools.count(1)

    def through(name: str) -> Door:
        async def door(params: Mapping[str, Any], plan_id: str) -> tuple[Mapping[str, Any], str]:
            nth = next(calls)
            if dies == (nth, "before"):
                os.kill(os.getpid(), signal.SIGKILL)
            answer = await doors[name](params, plan_id)
            if dies == (nth, "after"):
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return door

    return {name: through(name) for name in doors}
