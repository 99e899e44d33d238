"""Switches at CloudFront: what is theirs alone, beside the play that all actions share."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from incidentbot.errors import Permanent, Refused
from incidentbot.runbooks import diff
from incidentbot.runbooks.actions import cloudfront_keyvaluestore, cloudfront_origin
from incidentbot.runbooks.contract import Goal, Live
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.cloudfront import CloudFront, distribution
from tests.contracts.doubles.keyvaluestore import KeyValueStore

ID = "E1SHOPIMAGES"
STORE = "arn:aws:cloudfront::111122223333:key-value-store/6f1f2c2e"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        made = Aws(read=1.0, write=0.4)
        yield made
        made.close()


@pytest.fixture(scope="module")
def double() -> Iterator[CloudFront]:
    with CloudFront(reads=2) as made:
        yield made


@pytest.fixture(scope="module")
def store() -> Iterator[KeyValueStore]:
    with KeyValueStore() as made:
        yield made


def switch(double: CloudFront, *behaviors: str) -> cloudfront_origin.Options:
    return cloudfront_origin.Options(
        distribution=ID, behaviors=behaviors or ("default",), endpoint_url=double.url
    )


async def turn(options: cloudfront_origin.Options, aws: Aws, to: str) -> Live:
    live = await cloudfront_origin.observe(options, aws)
    planned = cloudfront_origin.plan(options, live, Goal(to))
    requests = [request.filled(live.token) for request in planned.requests]
    await cloudfront_origin.apply(options, requests, live, aws)
    return planned.after


async def test_behaviours_that_disagree_are_no_origin_and_can_be_brought_together(
    double: CloudFront, aws: Aws
) -> None:
    double.put(ID, distribution(default="one", img="two"))
    options = switch(double, "default", "/img/*")
    live = await cloudfront_origin.observe(options, aws)
    assert live.value == "mixed: default from one, /img/* from two"
    await turn(options, aws, "two")
    assert (await cloudfront_origin.observe(options, aws)).value == "two"


async def test_only_the_behaviours_named_are_switched(double: CloudFront, aws: Aws) -> None:
    double.put(ID, distribution())
    before = double.distributions[ID].config
    await turn(switch(double, "/img/*"), aws, "two")
    after = double.distributions[ID].config
    assert diff.fields(before, after) == [("CacheBehaviors.Items.1.TargetOriginId", "one", "two")]


async def test_an_origin_group_is_a_target_too(double: CloudFront, aws: Aws) -> None:
    double.put(ID, distribution())
    assert (await turn(switch(double), aws, "one-then-two")).value == "one-then-two"


async def test_an_origin_that_is_not_there_is_refused_before_anything_is_sent(
    double: CloudFront, aws: Aws
) -> None:
    double.put(ID, distribution())
    live = await cloudfront_origin.observe(switch(double), aws)
    with pytest.raises(
        Refused, match="no origin 'four' \\(it has one, one-then-two, three, two\\)"
    ):
        cloudfront_origin.plan(switch(double), live, Goal("four"))


async def test_a_behaviour_that_is_not_there_is_named(double: CloudFront, aws: Aws) -> None:
    double.put(ID, distribution())
    with pytest.raises(Permanent, match=r"no behaviour '/js/\*' \(it has default, /api/\*, /img/"):
        await cloudfront_origin.observe(switch(double, "/js/*"), aws)


async def test_it_is_good_only_when_every_edge_has_it(double: CloudFront, aws: Aws) -> None:
    double.put(ID, distribution())
    after = await turn(switch(double), aws, "two")
    said = [await cloudfront_origin.verify(switch(double), after, aws) for _ in range(3)]
    assert said == [
        (False, f"{ID} serves from two (InProgress)"),
        (False, f"{ID} serves from two (InProgress)"),
        (True, f"{ID} serves from two (Deployed)"),
    ]


async def test_secret_headers_of_origins_can_be_left_out_of_what_is_shown(
    double: CloudFront, aws: Aws
) -> None:
    double.put(ID, distribution())
    live = await cloudfront_origin.observe(switch(double), aws)
    (request,) = cloudfront_origin.plan(switch(double), live, Goal("two")).requests
    assert "s3cr3t" in str(request.as_dict())
    assert "s3cr3t" not in str(diff.masked(request.as_dict(), cloudfront_origin.HIDDEN))


async def test_tags_are_those_of_the_distribution(double: CloudFront, aws: Aws) -> None:
    double.put(ID, distribution())
    double.distributions[ID].tags = {"incidentbot": "yes", "empty": ""}
    found = await cloudfront_origin.tags(switch(double), aws)
    assert found == {"incidentbot": "yes", "empty": ""}


async def test_a_write_of_another_key_makes_the_version_of_the_store_too_old(
    store: KeyValueStore, aws: Aws
) -> None:
    store.put(STORE, origin="one")
    options = cloudfront_keyvaluestore.Options(store=STORE, key="origin", endpoint_url=store.url)
    live = await cloudfront_keyvaluestore.observe(options, aws)
    store.put(STORE, other="written")
    (request,) = cloudfront_keyvaluestore.plan(options, live, Goal("two")).requests
    with pytest.raises(Permanent, match="ConflictException"):
        await cloudfront_keyvaluestore.apply(options, [request.filled(live.token)], live, aws)
    assert store.stores[STORE].values == {"origin": "one", "other": "written"}


async def test_a_value_written_between_version_and_key_is_never_overwritten(
    store: KeyValueStore, aws: Aws
) -> None:
    store.put(STORE, origin="one")
    options = cloudfront_keyvaluestore.Options(store=STORE, key="origin", endpoint_url=store.url)
    store.after["DescribeKeyValueStore"] = lambda: store.put(STORE, origin="three")
    live = await cloudfront_keyvaluestore.observe(options, aws)
    assert live.value == "three"
    (request,) = cloudfront_keyvaluestore.plan(options, live, Goal("two")).requests
    with pytest.raises(Permanent, match="ConflictException"):
        await cloudfront_keyvaluestore.apply(options, [request.filled(live.token)], live, aws)


async def test_a_key_that_is_not_there_is_refused(store: KeyValueStore, aws: Aws) -> None:
    store.put(STORE, origin="one")
    options = cloudfront_keyvaluestore.Options(store=STORE, key="gone", endpoint_url=store.url)
    with pytest.raises(Permanent, match="Key gone was not found"):
        await cloudfront_keyvaluestore.observe(options, aws)


def test_a_value_that_the_store_would_refuse_is_never_planned() -> None:
    options = cloudfront_keyvaluestore.Options(store=STORE, key="origin")
    with pytest.raises(Refused, match="1024 bytes"):
        cloudfront_keyvaluestore.plan(options, Live("one", "KV1"), Goal("ü" * 600))


@pytest.mark.parametrize(
    "wrong",
    [
        SimpleNamespace(options=cloudfront_origin.Options, keys={"distribution": "shop.example"}),
        SimpleNamespace(options=cloudfront_origin.Options, keys={"distribution": "E1/config"}),
        SimpleNamespace(
            options=cloudfront_origin.Options, keys={"distribution": ID, "behaviors": []}
        ),
        SimpleNamespace(
            options=cloudfront_keyvaluestore.Options, keys={"store": "shop", "key": "origin"}
        ),
        SimpleNamespace(
            options=cloudfront_keyvaluestore.Options, keys={"store": f"{STORE}/x", "key": "origin"}
        ),
    ],
    ids=lambda wrong: str(wrong.keys),
)
def test_ids_of_another_kind_are_refused_when_the_file_is_read(wrong: SimpleNamespace) -> None:
    with pytest.raises(ValidationError):
        wrong.options.model_validate(wrong.keys)
