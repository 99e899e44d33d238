"""An item of a dictionary at a stand-in for Fastly."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import fastly_dictionary
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.fastly import Fastly
from tests.contracts.stages.stage import NOWHERE, Stage

PATH, KEY = "/service/SU1Z0isxPaozGVKXdv0eY/dictionary/3vjTN8v1O7nOAY7aNDGOL", "asset origin/é"


@contextmanager
def stage() -> Iterator[Stage]:
    with Fastly() as double:
        yield Stage(
            fastly_dictionary,
            fastly_dictionary.Options(
                service="SU1Z0isxPaozGVKXdv0eY",
                dictionary="3vjTN8v1O7nOAY7aNDGOL",
                key=KEY,
                token=Secret("FASTLY_TOKEN", SecretStr(double.token)),
                api_url=double.url,
                allow_private=True,
            ),
            double,
            writes=("UpsertDictionaryItem",),
            reads=("GetDictionaryItem",),
            live=lambda: double.value(PATH, KEY),
            by_others=lambda value: double.put(PATH, KEY, value),
            reset=lambda: double.put(PATH, KEY, "one"),
            tells=False,
            nowhere={"api_url": NOWHERE},
        )
