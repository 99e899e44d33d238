"""Amazon SNS: what it signed is taken, and nothing that only looks like it."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from incidentbot import clock
from incidentbot.errors import Permanent
from incidentbot.http import Failed, Http
from incidentbot.signals.hooks.fetching import fetch
from incidentbot.signals.hooks.receivers import sns
from incidentbot.store import Store
from tests.contracts.hook_house import (
    HOST,
    PEM,
    Amazon,
    HookHouse,
    Signer,
    amazon,
    confirmation,
    hook,
    hook_house,
)
from tests.contracts.pushed import TOPIC, alarm, notification
from tests.contracts.wire import answering

OTHERS = "arn:aws:sns:eu-west-1:999999999999:storage-alarms"


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[Amazon]:
    async with amazon(tmp_path) as made:
        yield made


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough here."""
    return f"sqlite:///{tmp_path}/incidentbot.db"


@pytest.fixture
async def house(store: Store, aws: Amazon) -> AsyncIterator[HookHouse]:
    async with hook_house(store, [hook("sns", topics=(TOPIC,))], aws.fetch) as made:
        yield made


def told(word: str = "ALARM", **more: Any) -> dict[str, Any]:
    page = notification(alarm(word))
    del page["Signature"], page["SigningCertURL"]
    return {**page, "Timestamp": clock.iso(clock.now()), **more}


def without(page: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in page.items() if key not in keys}


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [True, False])
async def test_what_amazon_signed_is_taken_once(
    house: HookHouse, aws: Amazon, version: str, subject: bool
) -> None:
    page = told() if subject else without(told(), "Subject")
    signed = aws.signer.signed(page, version)
    assert (await house.post("sns", signed))[:2] == (202, {"accepted": 1})
    assert (await house.post("sns", signed))[1] == {"accepted": 0, "duplicate": True}
    over = aws.signer.signed(told("OK", MessageId="another"), version)
    assert (await house.post("sns", over))[:2] == (202, {"accepted": 1})
    assert aws.asked == [PEM]  # the certificate is fetched once
    await house.work()
    assert [s.state for _, s in house.took] == ["major_outage", "operational"]
    assert len({s.vendor_id for _, s in house.took}) == 1


Forge = Callable[[Signer], dict[str, Any]]

FORGERIES: dict[str, Forge] = {
    "nothing signed": lambda s: without(s.signed(told()), "Signature"),
    "an empty signature": lambda s: s.signed(told()) | {"Signature": ""},
    "another's key": lambda _: Signer(days=7).signed(told()),
    "another message": lambda s: s.signed(told()) | {"Message": json.dumps(alarm("OK"))},
    "another subject": lambda s: s.signed(told()) | {"Subject": "All is well"},
    "a subject added": lambda s: s.signed(without(told(), "Subject")) | {"Subject": "x"},
    "a subject taken away": lambda s: without(s.signed(told()), "Subject"),
    "another id": lambda s: s.signed(told()) | {"MessageId": "new"},
    "another time": lambda s: s.signed(told()) | {"Timestamp": "2026-01-01T00:00:00Z"},
    "another type": lambda s: s.signed(told()) | {"Type": "SubscriptionConfirmation"},
    "a type of its own": lambda s: s.signed(told(Type="Hello")),
    "version 1 called 2": lambda s: s.signed(told(), "1") | {"SignatureVersion": "2"},
    "version 2 called 1": lambda s: s.signed(told(), "2") | {"SignatureVersion": "1"},
    "version 3": lambda s: s.signed(told()) | {"SignatureVersion": "3"},
    "a topic of somebody else": lambda s: s.signed(told(TopicArn=OTHERS)),
    "no text but a list": lambda s: s.signed(told()) | {"Message": ["x"]},
    "no object": lambda _: [],  # type: ignore[dict-item, return-value]
}


async def test_a_forgery_is_refused_and_told_nothing(house: HookHouse, aws: Amazon) -> None:
    for what, forge in FORGERIES.items():
        status, said, _ = await house.post("sns", forge(aws.signer))
        assert (status, said) == (401, {"error": "not authenticated"}), what


ELSEWHERE = [
    f"http://{HOST}{PEM}",
    f"https://{HOST}.evil.example{PEM}",
    f"https://evil.example/{HOST}{PEM}",
    f"https://{HOST}@evil.example{PEM}",
    f"https://evil.example@{HOST}{PEM}",
    f"https://{HOST}:8443{PEM}",
    f"https://{HOST}:443{PEM}",
    f"https://{HOST}\\@evil.example{PEM}",
    f"https://sns-eu-west-1.amazonaws.com{PEM}",
    f"https://sns.eu-west-1.amazonaws.com.cn.example{PEM}",
    f"https://snsxeu-west-1.amazonaws.com{PEM}",
    f"https://sns.eu-west-1.amazonaws.org{PEM}",
    f"https://sns.eu-west-1.amazonaws.com.{PEM}",
    f"https://sns.amazonaws.com{PEM}",
    f"https://sns.x.s3.amazonaws.com{PEM}",
    f"https://bucket.s3.eu-west-1.amazonaws.com{PEM}",
    f"https://ѕns.eu-west-1.amazonaws.com{PEM}",
    f"https://{HOST}{PEM}#x",
    f"https://{HOST}{PEM}\n",
    f"https://{HOST}/../x.pem",
    f"https://{HOST}/x.txt",
    f"https://{HOST}/a/b.pem",
    f"https://{HOST}/?Action=x.pem",
    f"https://{HOST}{PEM}?Action=GetTopicAttributes",
    f"https://{HOST}{PEM}?",
    f"//{HOST}{PEM}",
    "",
]


async def test_a_certificate_from_elsewhere_is_not_even_fetched(
    house: HookHouse, aws: Amazon
) -> None:
    for url in ELSEWHERE:
        status, said, _ = await house.post("sns", aws.signer.signed(told(), SigningCertURL=url))
        assert (status, said) == (401, {"error": "not authenticated"}), url
        assert aws.asked == []


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "ap-southeast-2", "cn-north-1"])
async def test_amazons_own_addresses_in_all_regions_are_taken(region: str) -> None:
    host = f"sns.{region}.amazonaws.com" + (".cn" if region.startswith("cn") else "")
    page = {"SigningCertURL": f"https://{host}{PEM}"}
    assert sns._address(page) == page["SigningCertURL"]


async def test_what_was_signed_long_ago_is_refused(house: HookHouse, aws: Amazon) -> None:
    for hours, status in ((-7, 403), (-5, 202), (1, 403)):
        at = clock.iso(clock.now() + timedelta(hours=hours))
        signed = aws.signer.signed(told(Timestamp=at, MessageId=str(hours)))
        assert (await house.post("sns", signed))[0] == status
    signed = aws.signer.signed(told(Timestamp="soon"))
    assert (await house.post("sns", signed))[0] == 403


async def test_a_certificate_that_is_over_proves_nothing(house: HookHouse, aws: Amazon) -> None:
    aws.signer = Signer(days=-1)
    assert (await house.post("sns", aws.signer.signed(told())))[0] == 401


async def test_without_the_certificate_it_is_to_come_again(house: HookHouse, aws: Amazon) -> None:
    aws.failures = 1
    signed = aws.signer.signed(told())
    status, said, headers = await house.post("sns", signed)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert "cannot be checked" in said["error"]
    assert (await house.post("sns", signed))[0] == 202


async def test_a_certificate_that_is_not_there_proves_nothing(
    house: HookHouse, aws: Amazon
) -> None:
    url = f"https://{HOST}/Missing.pem"
    assert (await house.post("sns", aws.signer.signed(told(), SigningCertURL=url)))[0] == 401


# --- the handshake -----------------------------------------------------------------------------


def confirmed(aws: Amazon) -> list[str]:
    return [path for path in aws.asked if "ConfirmSubscription" in path]


async def test_a_subscription_is_confirmed_after_its_row(house: HookHouse, aws: Amazon) -> None:
    status, said, _ = await house.post("sns", aws.signer.signed(confirmation(TOPIC)))
    assert (status, said["accepted"]) == (202, 0)
    assert confirmed(aws) == []
    await house.work()
    await house.work()
    assert len(confirmed(aws)) == 1
    assert house.took == []


async def test_a_confirmation_that_fails_is_tried_again(
    house: HookHouse, store: Store, aws: Amazon
) -> None:
    await house.post("sns", aws.signer.signed(confirmation(TOPIC)))
    aws.failures = 1
    await house.work()
    assert len(confirmed(aws)) == 1
    async with hook_house(store, [hook("sns", topics=(TOPIC,))], aws.fetch) as next_process:
        await next_process.work()
    assert len(confirmed(aws)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"SubscribeURL": f"https://evil.example/?Action=ConfirmSubscription&TopicArn={TOPIC}"},
        {"SubscribeURL": f"http://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}"},
        {"SubscribeURL": f"https://{HOST}/?Action=DeleteTopic&TopicArn={TOPIC}"},
        {"SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={OTHERS}"},
        {"Type": "UnsubscribeConfirmation"},
    ],
    ids=["elsewhere", "http", "other-action", "other-topic", "goodbye"],
)
async def test_nothing_else_is_ever_confirmed(
    house: HookHouse, aws: Amazon, change: dict[str, str]
) -> None:
    assert (await house.post("sns", aws.signer.signed(confirmation(TOPIC, **change))))[0] == 202
    await house.work()
    assert [path for path in aws.asked if path != PEM] == []


async def test_a_topic_that_nobody_named_is_not_confirmed(house: HookHouse, aws: Amazon) -> None:
    assert (await house.post("sns", aws.signer.signed(confirmation(OTHERS))))[0] == 401
    await house.work()
    assert aws.asked == []


async def test_the_products_own_fetch_goes_nowhere_private_and_follows_nothing() -> None:
    http = Http()
    try:
        async with answering() as url:
            with pytest.raises(Failed) as caught:
                await fetch(http, f"{url}/fine")
        assert caught.value.reason == "internal"
    finally:
        await http.close()


class OnLoopback(Http):
    """The product's client, for a server of this test."""

    async def get(self, url: str, **how: Any) -> Any:
        return await super().get(url, **how, allow_private=True)


async def test_a_certificate_that_is_elsewhere_is_not_gone_after() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/other.pem"})

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    http = OnLoopback()
    try:
        with pytest.raises(Permanent, match="answered 302"):
            await fetch(http, f"http://{host}:{port}{PEM}")
    finally:
        await http.close()
        await runner.cleanup()
    assert asked == [PEM]


async def test_a_field_that_amazon_did_not_sign_changes_nothing(
    house: HookHouse, aws: Amazon
) -> None:
    extra = {"MessageAttributes": {"a": {"Type": "String", "Value": "x"}}, "AlarmName": "another"}
    status, said, _ = await house.post("sns", aws.signer.signed(told()) | extra)
    assert (status, said) == (202, {"accepted": 1})
    await house.work()
    assert [(s.state, "pictures-5xx" in s.title) for _, s in house.took] == [("major_outage", True)]
