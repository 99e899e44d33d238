"""An upstream with three servers, one of them down for good, at a stand-in for NGINX Plus."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from incidentbot.runbooks.actions import nginx
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.nginx_plus import NginxPlus
from tests.contracts.stages.stage import NOWHERE, Stage

ONE, TWO, OLD = "10.0.0.1:443", "10.0.0.2:443", "10.0.0.3:443"
HALF = f"{ONE} 50 %, {TWO} 50 %"


@contextmanager
def stage() -> Iterator[Stage]:
    with NginxPlus() as double:

        def put(value: str) -> None:
            for server in (OLD, ONE, TWO):
                double.put("assets", server, down=server not in value, weight=1)

        def live() -> str:
            serving = [s["server"] for s in double.upstreams["assets"] if not s["down"]]
            return serving[0] if len(serving) == 1 else HALF

        yield Stage(
            nginx,
            nginx.Options(
                urls=(double.api,),
                upstream="assets",
                values={"eu": ONE, "us": TWO},
                authorization=Secret("NGINX_AUTH", SecretStr(double.authorization)),
                allow_private=True,
            ),
            double,
            writes=("PatchServer",),
            reads=("GetServers",),
            live=live,
            by_others=put,
            reset=lambda: put(ONE),
            values=(ONE, TWO),
            third=HALF,
            tells=False,
            nowhere={"urls": (NOWHERE,)},
        )
