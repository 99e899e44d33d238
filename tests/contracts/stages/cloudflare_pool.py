"""A pool with three origins, one of them switched off for good, at a stand-in for Cloudflare."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import cloudflare_pool
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.cloudflare import Cloudflare
from tests.contracts.stages.stage import NOWHERE, Stage

POOL, HALF = "17b5962d775c646f3f9725cbc7a53df4", "one 50 %, two 50 %"


@contextmanager
def stage() -> Iterator[Stage]:
    with Cloudflare() as double:

        def put(value: str) -> None:
            origins = [
                {"name": name, "address": f"{name}.shop.example", "enabled": name in value,
                 "weight": 1, "header": {"Host": ["assets.shop.example"]}}
                for name in ("one", "two", "old")
            ]  # fmt: skip
            double.pools[POOL] = {"name": "assets", "enabled": True, "origins": origins}

        def live() -> str:
            serving = [o["name"] for o in double.pools[POOL]["origins"] if o["enabled"]]
            return serving[0] if len(serving) == 1 else HALF

        yield Stage(
            cloudflare_pool,
            cloudflare_pool.Options(
                account=double.account,
                pool=POOL,
                values={"eu": "one", "us": "two"},
                token=Secret("CLOUDFLARE_TOKEN", SecretStr(double.token)),
                api_url=double.url,
                allow_private=True,
            ),
            double,
            writes=("PatchPool",),
            reads=("GetPool",),
            live=live,
            by_others=put,
            reset=lambda: put("one"),
            third=HALF,
            tells=False,
            nowhere={"api_url": NOWHERE},
        )
