"""Two buckets at moto, of which the backup lacks two objects."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incidentbot.http import Http
from incidentbot.runbooks.actions import copy_missing_assets as action
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.copying import Copying
from tests.contracts.aws_wire import client, moto
from tests.contracts.doubles.faults import Faults
from tests.contracts.origin_world import at_moto, fill, settings
from tests.contracts.stages.stage import Stage

OBJECTS = {f"img/{n}.png": b"x" * n for n in range(1, 5)}
RIGHTS = {"copy_missing_look": "ListBucket", "copy_object": "PutObject"}
LOST = ("img/2.png", "img/3.png")


@contextmanager
def stage() -> Iterator[Stage]:
    double = Faults()
    with moto() as url, tempfile.TemporaryDirectory() as folder:
        west = client("s3", url, "us-west-2")
        config = settings(Path(folder), at_moto(url))

        def lacks(value: str) -> None:
            fill(url, OBJECTS)
            for key in LOST[: int(value.split()[0])]:
                west.delete_object(Bucket="two-bucket", Key=key)

        def live() -> str:
            have = west.list_objects_v2(Bucket="two-bucket").get("Contents", [])
            return f"{len(OBJECTS) - len(have)} missing"

        def door(name: str, right: str) -> Any:
            """The real door, its calls remembered by the right that S3 asks for."""

            async def run(params: Mapping[str, Any], plan_id: str) -> Any:
                double.run(right, lambda: None)
                http, aws = Http(), Aws()
                try:
                    return await Copying(config, http, aws).doors[name](params, plan_id)
                finally:
                    aws.close()
                    await http.close()

            return run

        yield Stage(
            action,
            action.bind(config, config.assets[0], "INC-1", action.Arguments()),
            double,
            writes=("PutObject",),
            reads=("ListBucket",),
            live=live,
            by_others=lacks,
            reset=lambda: lacks("2 missing"),
            values=("2 missing", "0 missing"),
            third="1 missing",
            tells=False,
            faults=(),
            nowhere={},
            doors={name: door(name, right) for name, right in RIGHTS.items()},
        )
