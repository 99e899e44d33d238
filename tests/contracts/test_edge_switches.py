"""Switches at vendors and at one's own endpoint: what is theirs alone, on the wire."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from incidentbot import ids
from incidentbot.errors import IncidentbotError, InDoubt, Permanent, Refused, Temporary
from incidentbot.http import Http
from incidentbot.runbooks.actions import cloudflare_kv, cloudflare_pool, http
from incidentbot.runbooks.contract import Goal, Live, Request, Way
from incidentbot.runbooks.wires.wires import Wires, Writer
from incidentbot.settings.secrets import Secret
from tests.contracts.doubles.cloudflare import Cloudflare
from tests.contracts.doubles.own_switch import OwnSwitch
from tests.contracts.stages.stage import Stage

KINDS = ("fastly_dictionary", "fastly_config_store", "cloudflare_kv", "cloudflare_pool", "nginx",
         "http")  # fmt: skip
WRONG = Secret("WRONG_TOKEN", SecretStr("a-wrong-token-17"))


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(import_module(f"tests.contracts.stages.{name}").stage())
            for name in KINDS
        }


@pytest.fixture
def stage(request: pytest.FixtureRequest, stages: dict[str, Stage]) -> Stage:
    made = stages[request.param]
    made.double.forget()
    made.reset()
    made.double.forget()
    return made


@pytest.fixture
async def calls() -> AsyncIterator[Writer]:
    web = Http()
    wires = Wires(web)
    yield wires.writer("P-1")
    wires.close()
    await web.close()


async def written(stage: Stage, calls: Writer) -> None:
    live = await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, live, stage.goal)
    await stage.action.apply(stage.options, planned.requests, live, calls)


def secret_name(stage: Stage) -> str:
    return "token" if "token" in type(stage.options).model_fields else "authorization"


@pytest.mark.parametrize("stage", KINDS, indirect=True)
async def test_secrets_are_in_no_plan_and_no_command(stage: Stage, calls: Writer) -> None:
    live = await stage.action.observe(stage.options, calls)
    planned = stage.action.plan(stage.options, live, stage.goal)
    secret: Secret = getattr(stage.options, secret_name(stage))
    shown = json.dumps([request.as_dict() for request in planned.requests]) + repr(planned)
    shown += stage.action.by_hand(stage.options) + repr(stage.options)
    assert secret.reveal() and secret.reveal() not in shown
    assert f"${secret.name}" in stage.action.by_hand(stage.options)


@pytest.mark.parametrize("stage", KINDS, indirect=True)
async def test_a_plan_that_was_kept_is_made_again_byte_for_byte(
    stage: Stage, calls: Writer
) -> None:
    live = await stage.action.observe(stage.options, calls)
    kept = Live(live.value, live.token, json.loads(json.dumps(live.document)), dict(live.shares))
    parts = (25, 100) if getattr(stage.action, "PARTS", False) else (100,)
    for share in parts:
        goal = stage.towards(stage.values[1], share)
        first, again = (stage.action.plan(stage.options, one, goal) for one in (live, kept))
        assert ids.canonical([r.as_dict() for r in first.requests]) == ids.canonical(
            [r.as_dict() for r in again.requests]
        )
        assert first.target == again.target
        # The next stage is planned from what this one leaves.
        assert stage.action.plan(stage.options, first.after, stage.goal).requests


@pytest.mark.parametrize("stage", KINDS, indirect=True)
async def test_a_wrong_token_is_refused_and_not_told(stage: Stage, calls: Writer) -> None:
    wrong = stage.options.model_copy(update={secret_name(stage): WRONG})
    with pytest.raises(Permanent, match=r"40[13]") as caught:
        await stage.action.observe(wrong, calls)
    assert WRONG.reveal() not in str(caught.value)


@pytest.mark.parametrize("stage", KINDS, indirect=True)
async def test_how_long_it_is_throttled_is_known(stage: Stage, calls: Writer) -> None:
    stage.double.plan[stage.writes[0]] = ["throttled"]
    with pytest.raises(Temporary) as caught:
        await written(stage, calls)
    assert caught.value.retry_after in (3.0, 5.0, 7.0, 30.0)


@pytest.mark.parametrize("stage", KINDS, indirect=True)
def test_a_private_address_is_meant_or_refused(stage: Stage) -> None:
    given = dict(stage.options) | {"allow_private": False}
    with pytest.raises(ValidationError, match="is a private address"):
        type(stage.options)(**given)


@pytest.mark.parametrize("stage", KINDS, indirect=True)
async def test_a_name_that_leads_to_a_private_address_is_not_called(
    stage: Stage, calls: Writer
) -> None:
    """What the file cannot show is seen when the name is looked up."""
    closed = stage.options.model_copy(update={"allow_private": False})
    with pytest.raises(Temporary):
        await stage.action.observe(closed, calls)
    assert stage.double.calls == []


@pytest.mark.parametrize("stage", ["cloudflare_kv", "cloudflare_pool"], indirect=True)
async def test_cloudflare_says_no_with_a_status_of_200(stage: Stage, calls: Writer) -> None:
    double = stage.double
    assert isinstance(double, Cloudflare)
    double.quiet = [stage.writes[0]]
    with pytest.raises(Permanent, match=r"could not be done \(7500\)"):
        await written(stage, calls)
    assert stage.live() == stage.values[0]
    double.not_json = [stage.writes[0]]
    with pytest.raises(InDoubt, match="no JSON object"):
        await written(stage, calls)
    assert stage.live() == stage.values[1]


@pytest.mark.parametrize("stage", ["cloudflare_kv"], indirect=True)
@pytest.mark.parametrize("beside", [{"metadata": {"by": "deploy"}}, {"expiration": "1772400000"}])
async def test_a_key_that_a_write_would_strip_is_left_alone(
    stage: Stage, calls: Writer, beside: dict[str, Any]
) -> None:
    double = stage.double
    assert isinstance(double, Cloudflare)
    double.put(stage.options.namespace, stage.options.key, "one", **beside)
    live = await cloudflare_kv.observe(stage.options, calls)
    with pytest.raises(Refused, match="metadata or expires"):
        cloudflare_kv.plan(stage.options, live, stage.goal)


@pytest.mark.parametrize("stage", ["cloudflare_kv"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "code"), [("key", "10009"), ("namespace", "10013"), ("account", "7003")]
)
async def test_an_id_that_is_not_there_is_named(
    stage: Stage, calls: Writer, changed: str, code: str
) -> None:
    elsewhere = stage.options.model_copy(update={changed: "nowhere"})
    with pytest.raises(Permanent, match=code):
        await cloudflare_kv.observe(elsewhere, calls)


def pool(stage: Stage) -> dict[str, Any]:
    assert isinstance(stage.double, Cloudflare)
    return stage.double.pools[stage.options.pool]


@pytest.mark.parametrize("stage", ["cloudflare_pool"], indirect=True)
async def test_other_origins_of_a_pool_are_sent_as_they_were(stage: Stage, calls: Writer) -> None:
    old = dict(pool(stage)["origins"][2])
    await written(stage, calls)
    assert pool(stage)["origins"][2] == old
    assert [origin["enabled"] for origin in pool(stage)["origins"]] == [False, True, False]


@pytest.mark.parametrize("stage", ["cloudflare_pool"], indirect=True)
async def test_a_pool_that_was_changed_after_the_plan_is_not_written(
    stage: Stage, calls: Writer
) -> None:
    before = await cloudflare_pool.observe(stage.options, calls)
    planned = cloudflare_pool.plan(stage.options, before, stage.goal)
    pool(stage)["origins"][2]["address"] = "new.shop.example"  # who serves is as it was
    with pytest.raises(Permanent, match="changed in between"):
        await cloudflare_pool.apply(stage.options, planned.requests, before, calls)
    assert stage.double.count("PatchPool") == 0


@pytest.mark.parametrize("stage", ["cloudflare_pool"], indirect=True)
async def test_a_pool_is_not_guessed_at(stage: Stage, calls: Writer) -> None:
    pool(stage)["origins"][2]["enabled"] = True
    live = await cloudflare_pool.observe(stage.options, calls)
    assert live.value == "old 50 %, one 50 %"
    with pytest.raises(Refused, match="served by old too"):
        cloudflare_pool.plan(stage.options, live, stage.goal)
    pool(stage)["origins"][2]["enabled"] = False
    pool(stage)["enabled"] = False
    live = await cloudflare_pool.observe(stage.options, calls)
    assert live.value == "nobody"
    with pytest.raises(Refused, match="disabled as a whole"):
        cloudflare_pool.plan(stage.options, live, stage.goal)
    pool(stage)["enabled"], pool(stage)["minimum_origins"] = True, 2
    live = await cloudflare_pool.observe(stage.options, calls)
    with pytest.raises(Refused, match="down with fewer than 2 origins"):
        cloudflare_pool.plan(stage.options, live, stage.goal)
    half = cloudflare_pool.plan(stage.options, live, stage.towards("two", 25))
    assert half.after.value == "one 75 %, two 25 %"
    with pytest.raises(Refused, match="none of the two"):
        cloudflare_pool.plan(stage.options, live, Goal("old"))
    missing = stage.options.model_copy(update={"values": {"eu": "one", "us": "tvo"}})
    with pytest.raises(Permanent, match="0 origins called 'tvo'"):
        await cloudflare_pool.observe(missing, calls)


def own(stage: Stage) -> OwnSwitch:
    assert isinstance(stage.double, OwnSwitch)
    return stage.double


@pytest.mark.parametrize("stage", ["http"], indirect=True)
async def test_a_write_has_one_key_and_the_next_one_another(stage: Stage, calls: Writer) -> None:
    switch = own(stage)
    live = await http.observe(stage.options, calls)
    planned = http.plan(stage.options, live, stage.goal)
    for _ in range(2):  # the same write again is no second one
        await http.apply(stage.options, planned.requests, live, calls)
    assert switch.version == int(live.token) + 1
    switch.put("one")
    later = await http.observe(stage.options, calls)
    again = http.plan(stage.options, later, stage.goal)
    assert again.requests != planned.requests
    await http.apply(stage.options, again.requests, later, calls)
    assert switch.value == "two"


@pytest.mark.parametrize("stage", ["http"], indirect=True)
async def test_without_a_version_no_key_could_swallow_a_later_write(
    stage: Stage, calls: Writer
) -> None:
    plain = stage.options.model_copy(update={"version_at": None})
    live = await http.observe(plain, calls)
    (request,) = http.plan(plain, live, stage.goal).requests
    assert "headers" not in request.params
    for value in ("two", "one", "two"):
        live = await http.observe(plain, calls)
        planned = http.plan(plain, live, Goal(value))
        await http.apply(plain, planned.requests, live, calls)
    assert own(stage).value == "two"


@pytest.mark.parametrize("stage", ["http"], indirect=True)
async def test_the_body_is_signed_and_a_wrong_secret_is_refused(
    stage: Stage, calls: Writer
) -> None:
    wrong = stage.options.model_copy(update={"sign": WRONG})
    live = await http.observe(wrong, calls)
    planned = http.plan(wrong, live, stage.goal)
    with pytest.raises(Permanent, match="signature does not fit"):
        await http.apply(wrong, planned.requests, live, calls)
    assert own(stage).value == "one"


@pytest.mark.parametrize("stage", ["http"], indirect=True)
async def test_it_goes_nowhere_else_and_takes_no_flood(stage: Stage, calls: Writer) -> None:
    switch = own(stage)
    live = await http.observe(stage.options, calls)
    planned = http.plan(stage.options, live, stage.goal)
    switch.moved = "http://127.0.0.1:9/elsewhere"
    kinds: list[tuple[int, type[IncidentbotError]]] = [(307, Permanent), (303, InDoubt)]
    try:
        for switch.moves, meaning in kinds:
            with pytest.raises(meaning, match="redirects are not followed"):
                await http.apply(stage.options, planned.requests, live, calls)
    finally:
        switch.moved = ""
    switch.padding = 1_100_000
    try:
        with pytest.raises(InDoubt, match="more than 1000000 bytes"):
            await http.observe(stage.options, calls)
    finally:
        switch.padding = 0
    assert switch.value == "one"


@pytest.mark.parametrize("stage", ["nginx"], indirect=True)
async def test_an_nginx_that_may_not_be_written_says_so(stage: Stage, calls: Writer) -> None:
    double: Any = stage.double
    double.writable = False
    try:
        with pytest.raises(Permanent, match=r"405.*MethodDisabled"):
            await written(stage, calls)
    finally:
        double.writable = True
    elsewhere = stage.options.model_copy(update={"upstream": "asset"})
    with pytest.raises(Permanent, match="UpstreamNotFound"):
        await stage.action.observe(elsewhere, calls)


@pytest.mark.parametrize("stage", ["nginx"], indirect=True)
@pytest.mark.parametrize("trap", ["drain", "backup"])
async def test_an_nginx_server_that_would_not_serve_is_no_goal(
    stage: Stage, calls: Writer, trap: str
) -> None:
    double: Any = stage.double
    double.put("assets", stage.values[1], **{trap: True})
    try:
        live = await stage.action.observe(stage.options, calls)
        with pytest.raises(Refused, match=f"set to `{trap}`"):
            stage.action.plan(stage.options, live, stage.towards(stage.values[1], 25))
    finally:
        double.put("assets", stage.values[1], **{trap: False})


@pytest.mark.parametrize("stage", ["nginx"], indirect=True)
async def test_a_backup_of_nginx_serves_when_the_other_is_down(stage: Stage, calls: Writer) -> None:
    double: Any = stage.double
    one, two = stage.values
    double.put("assets", two, backup=True, down=False)
    try:
        for goal in (stage.goal, stage.towards(one)):
            live = await stage.action.observe(stage.options, calls)
            planned = stage.action.plan(stage.options, live, goal)
            await stage.action.apply(stage.options, planned.requests, live, calls)
            assert (await stage.action.observe(stage.options, calls)).value == goal.to
        # It still stands by, as before.
        assert [(s["down"], s["backup"]) for s in double.upstreams["assets"]][2] == (False, True)
    finally:
        double.put("assets", two, backup=False)


async def test_of_the_house_one_may_look_and_only_a_plan_may_do() -> None:
    did: list[tuple[str, str]] = []

    async def post(params: Any, plan_id: str) -> tuple[dict[str, Any], str]:
        did.append((str(params["text"]), plan_id))
        if params["text"] == "no":
            raise Refused("Not this one.")
        return {}, "id"

    web = Http()
    wires = Wires(web, house={"statuspage_post": post, "statuspage_look": post})
    way = Way()

    def request(operation: str, text: str) -> Request:
        return Request("house", operation, "", {"text": text})

    writer = wires.writer("P-7")
    await wires.reader.read(request("statuspage_look", "look"), way)
    await writer.read(request("statuspage_look", "look"), way)
    for reader in (wires.reader, writer):
        with pytest.raises(Permanent, match="nothing to look at"):
            await reader.read(request("statuspage_post", "sly"), way)
    assert (await writer.write(request("statuspage_post", "yes"), way))[1] == "id"
    with pytest.raises(Permanent, match="Not this one"):
        await writer.write(request("statuspage_post", "no"), way)
    with pytest.raises(Permanent, match="nothing here does"):
        await writer.write(request("reboot", "all"), way)
    with pytest.raises(Permanent, match="belongs to a plan"):
        await wires.writer("").write(request("statuspage_post", "yes"), way)
    assert did == [("look", ""), ("look", ""), ("yes", "P-7"), ("no", "P-7")]
    wires.close()
    await web.close()


@pytest.mark.parametrize(
    ("pointer", "wanted"),
    [
        ("/a/0/b", "x"),
        ("/a/1", None),
        ("/a/01", None),
        ("/a/-", None),
        ("/k~1e~0y", 7),
        ("/a/0/b/c", None),
        ("/", None),
        ("/none", None),
    ],
)
def test_a_pointer_leads_to_one_place_or_to_none(pointer: str, wanted: object) -> None:
    assert http.pointed({"a": [{"b": "x"}], "k/e~y": 7}, pointer) == wanted


@pytest.mark.parametrize("held", [None, "", {}, [], "x" * 1001])
async def test_what_holds_no_value_is_no_value(held: object) -> None:
    class Said:
        async def read(self, request: Request, way: Way) -> dict[str, Any]:
            return {"json": {"v": held}}

    secret = Secret("SECRET", SecretStr("s"))
    options = http.Options(
        url="https://switch.shop.example/v", read_url="https://switch.shop.example/v",
        value_at="/v", sign=secret,
    )  # fmt: skip
    with pytest.raises(InDoubt, match="holds no value at /v"):
        await http.observe(options, Said())
    live = Live("a", "1", {"value": "a"})
    assert "https://switch.shop.example/v" in http.plan(options, live, Goal("b")).what
