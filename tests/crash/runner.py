"""The part of a bot that runs plans, as a process of its own that can be killed at any call.

It has the store, the workflow engine and the executor, and nothing else: it starts in a tenth of a
second. A plan is started again as the application starts it; the engine knows it is the same.
"""

import asyncio
import os
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from dbos._dbos import _get_or_create_dbos_registry

from incidentbot.durable import Durable
from incidentbot.http import Http
from incidentbot.settings import Settings
from incidentbot.store import Store
from tests.contracts.aws_wire import ENV
from tests.crash import nursery
from tests.stories.shipped import executor_of

PATIENCE = 60.0  # seconds
SOON = 0.01


def start(
    settings: Settings, database: str, plan_id: str, name: str = "main"
) -> tuple[ForkServerProcess, Connection]:
    """A process that waits for a word before it runs the plan to its end. `name`: what the engine
    calls it; one of the same name takes up what another left."""
    here, there = nursery.context.Pipe()
    process = nursery.context.Process(
        target=_run, args=(settings, database, plan_id, name, there), daemon=True
    )
    process.start()
    there.close()
    return process, here


def _run(settings: Settings, database: str, plan_id: str, name: str, word: Connection) -> None:
    os.environ.update(ENV)
    word.recv()
    asyncio.run(_until_its_end(settings, database, plan_id, name))
    os._exit(0)  # as soon as it is over: nothing is left to be tidied up


async def _until_its_end(settings: Settings, database: str, plan_id: str, name: str) -> None:
    from tests.crash.warm import AWS  # noqa: PLC0415  made in the server, not in the tests

    executor = executor_of(Store(database), settings, Http(), AWS, {})
    engine = Durable(database, name)
    engine.register("run", executor.run)
    # The engine looks once a second for what was left unfinished; here it looks at once.
    _get_or_create_dbos_registry().get_internal_queue()._polling_interval_sec = SOON
    engine.launch()
    await engine.start("run", plan_id, plan_id)  # begun before, it goes on by itself
    async with asyncio.timeout(PATIENCE):
        while not await engine.finished("run", plan_id):  # noqa: ASYNC110  it rings no bell
            await asyncio.sleep(0.005)
