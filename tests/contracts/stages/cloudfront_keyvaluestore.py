"""A store with the origin's key among others."""

from collections.abc import Iterator
from contextlib import contextmanager

from incidentbot.runbooks.actions import cloudfront_keyvaluestore
from tests.contracts.doubles.keyvaluestore import KeyValueStore
from tests.contracts.stages.stage import Stage

STORE = "arn:aws:cloudfront::111122223333:key-value-store/6f1f2c2e-0000-4000-8000-1a2b3c4d5e6f"
KEY = "img/origin"


@contextmanager
def stage() -> Iterator[Stage]:
    with KeyValueStore() as double:

        def put(value: str) -> None:
            double.put(STORE, **{KEY: value, "other": "kept"})

        yield Stage(
            cloudfront_keyvaluestore,
            cloudfront_keyvaluestore.Options(store=STORE, key=KEY, endpoint_url=double.url),
            double,
            writes=("PutKey",),
            reads=("GetKey",),
            live=lambda: double.stores[STORE].values[KEY],
            by_others=put,
            reset=lambda: put("one"),
            has_token=True,
            hostile="key",
        )
