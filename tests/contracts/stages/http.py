"""A switch of one's own, behind two addresses."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import http
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.own_switch import OwnSwitch
from tests.contracts.stages.stage import NOWHERE, Stage


@contextmanager
def stage() -> Iterator[Stage]:
    with OwnSwitch() as double:
        double.allowed = ("one", "two")
        yield Stage(
            http,
            http.Options(
                url=double.address,
                read_url=double.address,
                value_at="/switch/origin",
                version_at="/switch/version",
                field="origin",
                sign=Secret("SWITCH_SECRET", SecretStr(double.secret)),
                token=Secret("SWITCH_TOKEN", SecretStr(double.token)),
                allow_private=True,
            ),
            double,
            writes=("Switch",),
            reads=("Show",),
            live=lambda: double.value,
            by_others=double.put,
            reset=lambda: double.put("one"),
            tells=False,
            nowhere={"url": NOWHERE},
            hostile="read_url",
        )
