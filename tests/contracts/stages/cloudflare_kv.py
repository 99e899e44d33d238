"""A key of Workers KV at a stand-in for Cloudflare."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import cloudflare_kv
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.cloudflare import Cloudflare
from tests.contracts.stages.stage import NOWHERE, Stage

SPACE, KEY = "0f2ac74b498b48028cb68387c421e279", "asset:origin/%"


@contextmanager
def stage() -> Iterator[Stage]:
    with Cloudflare() as double:
        yield Stage(
            cloudflare_kv,
            cloudflare_kv.Options(
                account=double.account,
                namespace=SPACE,
                key=KEY,
                token=Secret("CLOUDFLARE_TOKEN", SecretStr(double.token)),
                api_url=double.url,
                allow_private=True,
            ),
            double,
            writes=("PutValue",),
            reads=("GetValue", "GetMetadata"),
            live=lambda: str(double.spaces[SPACE][KEY]["value"]),
            by_others=lambda value: double.put(SPACE, KEY, value),
            reset=lambda: double.put(SPACE, KEY, "one"),
            tells=False,
            nowhere={"api_url": NOWHERE},
        )
