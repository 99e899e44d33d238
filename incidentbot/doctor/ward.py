"""What the examinations look at: the file and the environment as far as they can be read by now.

A missing token or secret must not keep the rest from being looked at, so each is taken by itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, SecretStr

from incidentbot import settings as config
from incidentbot.doctor.workspace import Workspace
from incidentbot.errors import ConfigError, Refused
from incidentbot.http import Http
from incidentbot.settings import Fault, Known, Settings
from incidentbot.settings.environment import DEFAULT_API_URL, secret_finder
from incidentbot.settings.faults import redact
from incidentbot.settings.secrets import Secret
from incidentbot.signals.feeds import catalogue

T = TypeVar("T")
R = TypeVar("R")

# Slack's variables, and how what they hold begins; another kind of token is not even tried.
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-", "SLACK_SIGNING_SECRET": ""}
PATIENCE = 8.0  # seconds for one thing of many
AT_ONCE = 50
STAND_IN = "not-set"  # for a secret that is missing; what would use it is not looked at


class NotYet(Refused):
    """It cannot be looked at before something else is mended; the message says what."""


@dataclass(slots=True)
class Ward:
    """`settings` is None while the file is missing or cannot be used.

    `named` are the secrets that the file names, by where they stand in it; `unset` those variables
    among them that hold none, and why. `tokens` are Slack's, as far as they are set.
    """

    path: Path
    env: Mapping[str, str]
    http: Http
    settings: Settings | None
    faults: tuple[Fault, ...]
    named: Mapping[str, str]
    unset: Mapping[str, str]
    tokens: Mapping[str, SecretStr]
    slack: Workspace
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def mode(self) -> str:
        """`socket`, `http`, or nothing while it is not decided."""
        if "SLACK_APP_TOKEN" in self.tokens:
            return "socket"
        return "http" if "SLACK_SIGNING_SECRET" in self.tokens else ""

    @property
    def asks_for_slack(self) -> bool:
        """False for a file that is one for watching only."""
        return self.settings is None or self.settings.has_slack

    def usable(self) -> Settings:
        """The settings. NotYet while the file is missing or cannot be used."""
        if self.settings is None:
            raise NotYet("the configuration cannot be used")
        return self.settings

    def hidden(self, text: str) -> str:
        """The text without any secret that is known here, or that looks like one."""
        for secret in self.secrets:
            text = text.replace(secret, "(hidden)")
        return redact(text)

    def lacks(self, model: BaseModel) -> str:
        """The first variable that this needs and that holds no secret; empty when none."""
        return next((name for _, name in secrets_in(model, "") if name in self.unset), "")

    async def each(
        self,
        things: Sequence[T],
        look: Callable[[T], Awaitable[R]],
        late: Callable[[T], R],
        patience: float = PATIENCE,
    ) -> list[R]:
        """Look at all of them side by side, in their order; `late` for what did not end in time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(thing: T) -> R:
            async with gate:
                return await look(thing)

        tasks = [asyncio.ensure_future(one(thing)) for thing in things]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        ended = [task.done() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        pairs = zip(things, tasks, ended, strict=True)
        return [task.result() if done else late(thing) for thing, task, done in pairs]


async def blocking(call: Callable[[], T]) -> T:
    """Run a blocking call in a thread that nobody has to wait for, not even the end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except Exception as raised:  # noqa: BLE001
            # It is the caller's, and raised there.
            error = raised
        with suppress(RuntimeError):  # the loop is gone, and so is who waited
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, daemon=True, name="doctor").start()
    return await future


def admit(path: Path, env: Mapping[str, str], known: Known, http: Http) -> Ward:
    """Take in the file at `path`, whatever its state, and what the environment adds."""
    faults = tuple(config.check(path, env, known))
    find = secret_finder(env)
    bare = _loaded(path, env, known, need_secrets=False)
    named = dict(secrets_in(bare, "")) if bare else {}
    unset = {name: why for name in set(named.values()) for found, why in [find(name)] if not found}
    settings = bare
    if bare is not None and named:
        filled = {**env, **dict.fromkeys(unset, STAND_IN)}
        for name in unset:
            filled.pop(f"{name}_FILE", None)
        settings = _loaded(path, filled, known, need_secrets=True)
    values = {name: find(name)[0] for name in {*named.values(), "DATABASE_URL", *TOKENS}}
    tokens = {
        name: found
        for name, start in TOKENS.items()
        if (found := values[name]) and found.get_secret_value().startswith(start)
    }
    secrets = [found.get_secret_value() for found in values.values() if found]
    url = (env.get("SLACK_API_URL", "") or DEFAULT_API_URL).rstrip("/") + "/"
    return Ward(
        path=path,
        env=env,
        http=http,
        settings=catalogue.complete(settings) if settings else None,
        faults=faults,
        named=named,
        unset=unset,
        tokens=tokens,
        slack=Workspace(url, {k: v.get_secret_value() for k, v in tokens.items()}, _team(settings)),
        secrets=tuple(sorted(secrets, key=len, reverse=True)),
    )


def _team(settings: Settings | None) -> str | None:
    return settings.slack.team if settings is not None and settings.has_slack else None


def _loaded(
    path: Path, env: Mapping[str, str], known: Known, *, need_secrets: bool
) -> Settings | None:
    try:
        return config.load(path, env, known, need_secrets=need_secrets, need_slack=False)
    except ConfigError:
        return None  # the examination of the configuration tells every fault


def secrets_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    """(where, name of the variable) of every secret below a model: `hooks[0].options.secret`."""
    if isinstance(value, Secret):
        yield path, value.name
    elif isinstance(value, BaseModel):
        for key, inner in value:
            yield from secrets_in(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, tuple | list):
        for number, inner in enumerate(value):
            yield from secrets_in(inner, f"{path}[{number}]")
