"""An item of a config store at a stand-in for Fastly."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import fastly_config_store
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.fastly import Fastly
from tests.contracts.stages.stage import NOWHERE, Stage

PATH, KEY = "/resources/stores/config/7Lsb7Y76rZ9s9hrEv3KeYl", "asset-origin"


@contextmanager
def stage() -> Iterator[Stage]:
    with Fastly() as double:
        yield Stage(
            fastly_config_store,
            fastly_config_store.Options(
                store="7Lsb7Y76rZ9s9hrEv3KeYl",
                key=KEY,
                token=Secret("FASTLY_TOKEN", SecretStr(double.token)),
                api_url=double.url,
                allow_private=True,
            ),
            double,
            writes=("UpsertConfigStoreItem",),
            reads=("GetConfigStoreItem",),
            live=lambda: double.value(PATH, KEY),
            by_others=lambda value: double.put(PATH, KEY, value),
            reset=lambda: double.put(PATH, KEY, "one"),
            tells=False,
            nowhere={"api_url": NOWHERE},
        )
