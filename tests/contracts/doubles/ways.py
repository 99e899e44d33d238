"""The bot's own way to AWS, with keys that any stand-in takes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV


@contextmanager
def aws(read: float = 1.0, write: float = 0.6) -> Iterator[Aws]:
    """Time-outs in seconds. Make one for a whole module: its clients are dear."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ENV.items():
            environment.setenv(name, value)
        made = Aws(read=read, write=write)
        yield made
        made.close()
