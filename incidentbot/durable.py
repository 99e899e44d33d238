"""The only module that knows the workflow engine (DBOS).

A workflow is a coroutine that may die anywhere and goes on after a restart. It does its work in
steps; a step's result is stored, so a finished step never runs again, but one that was under way
does: a step that writes outside looks before it acts. Arguments and results are plain JSON.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, StepOptions
from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")
Workflow = Callable[..., Coroutine[Any, Any, Any]]

log = logging.getLogger(__name__)

DATABASE_PAUSE = 1.0  # seconds
VERSION = "1"  # raise only with a change that workflows under way could not live through


def executor_of(dialect: str) -> str:
    """The name under which the one process at work keeps its workflows, whichever it is."""
    return "main" if dialect == "sqlite" else "leader"


class Durable:
    """Register every workflow, then `launch()` inside the running loop; unfinished work goes on."""

    def __init__(self, database_url: str, executor_id: str) -> None:
        self._config = _config(database_url, executor_id)
        self._workflows: dict[str, Workflow] = {}
        self._under_way: set[asyncio.Task[Any]] = set()

    def register(self, name: str, workflow: Workflow) -> None:
        """`workflow(*args)` is started by this name; its code must take the same path each time."""
        self._workflows[name] = workflow

    def launch(self) -> None:
        """Open the engine's tables and resume what an earlier process left unfinished."""
        _quiet()
        DBOS(config=self._config)
        self._workflows = {
            name: DBOS.workflow(name=name)(self._function(workflow))
            for name, workflow in self._workflows.items()
        }
        DBOS.launch()

    async def start(self, name: str, key: str, *args: Any) -> None:
        """Start the workflow `name` once per `key`; starting it again changes nothing."""
        with SetWorkflowID(f"{name}:{key}"):
            await DBOS.start_workflow_async(self._workflows[name], *args)

    async def finished(self, name: str, key: str) -> bool:
        """True when that workflow ended, well or badly."""
        status = await DBOS.get_workflow_status_async(f"{name}:{key}")
        return status is not None and status.status in ("SUCCESS", "ERROR", "CANCELLED")

    async def close(self) -> None:
        """Stop without waiting for workflows: broken off here, they go on at the next launch."""
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        loop = asyncio.get_running_loop()
        end = partial(DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=0)
        with ThreadPoolExecutor(1, "closing") as apart:
            await loop.run_in_executor(apart, end)
        # The engine had put its own threads under this loop, and took them with it.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="after"))

    def _function(self, workflow: Workflow) -> Workflow:
        # The engine writes attributes on what it registers, which a bound method does not allow.
        async def run(*args: Any) -> Any:
            task = asyncio.current_task()
            assert task is not None
            self._under_way.add(task)
            try:
                return await workflow(*args)
            except Exception:
                # It ends here, and the engine does not begin it again: a person must hear of it.
                log.exception("the workflow %s%r broke off", workflow.__name__, args)
                raise
            finally:
                self._under_way.discard(task)

        return run


async def step(fn: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Run one step of the workflow we are in and remember its result (plain JSON).

    A database that is away is waited for: a step that failed for it would end the workflow, and
    nobody would take it up again.
    """

    async def patient(*given: Any) -> T:
        while True:
            try:
                return await fn(*given)
            except (OperationalError, InterfaceError) as error:
                log.warning("the database does not answer; trying again: %s", error)
                await asyncio.sleep(DATABASE_PAUSE)

    return await DBOS.run_step_async(StepOptions(name=fn.__name__), patient, *args)


async def sleep(seconds: float) -> None:
    """Wait inside a workflow; a restart does not start the wait again."""
    await DBOS.sleep_async(seconds)


def _config(database_url: str, executor_id: str) -> DBOSConfig:
    url = make_url(database_url)
    config: DBOSConfig = {
        "name": "incidentbot",
        "application_version": VERSION,
        "executor_id": executor_id,
        "serializer": DBOSPortableJSONSerializer(),
        "max_executor_threads": 8,
        "notification_listener_polling_interval_sec": 0.1,
        "log_level": "WARNING",
    }
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        work = url.set(database=str(path.with_name(f"{path.stem}-work{path.suffix}")))
        engine = create_engine(work, connect_args={"timeout": 15})
        event.listen(engine, "connect", _write_ahead)
        return config | {"system_database_engine": engine, "system_database_url": str(work)}
    return config | {"system_database_url": url.render_as_string(hide_password=False)}


def _write_ahead(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # As for our own file: a killed process loses nothing, a power cut at most the last moment.
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
