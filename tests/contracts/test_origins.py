"""Every kind of origin, against a strict stand-in: it lists, reads, and says why it cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentbot.errors import ConfigError, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.runbooks.listing import Opened, Outside
from incidentbot.runbooks.origins import azure_blob, gcs, http, s3
from incidentbot.runbooks.readiness.parity import compare
from incidentbot.settings import load
from incidentbot.watching import known
from tests.contracts.checking import secret
from tests.contracts.origin_world import OBJECTS, at_moto, double, settings


async def blocking(call: Any, *args: Any) -> Any:
    return call(*args)


def kinds(url: str) -> dict[str, tuple[str, Any]]:
    """kind -> (vendor of the double, options)"""
    pair = {"access_key_id": secret("MYKEY"), "secret_access_key": secret("hidden")}
    near = {"allow_private": True}
    return {
        "s3": (
            "bucket",
            s3.Options(region="us-east-1", bucket="pictures", endpoint_url=url, **pair),
        ),
        "gcs": (
            "bucket",
            gcs.Options(
                bucket="pictures",
                endpoint_url=url,
                access_id=secret("MYKEY"),
                secret=secret("hidden"),
            ),
        ),
        "gcs with a token": (
            "bucket",
            gcs.Options(bucket="pictures", endpoint_url=url, bearer=secret("tok")),
        ),
        "azure_blob": (
            "azure",
            azure_blob.Options(
                account="shop", container="pictures", endpoint_url=url,
                sas=secret("?sig=s%2Bg%2F%3D"), **near,
            ),
        ),
        "http": (
            "directory",
            http.Options(url=f"{url}/pictures", manifest=f"{url}/list.csv", **near),
        ),
    }  # fmt: skip


MODULES: dict[str, Any] = {
    "s3": s3,
    "gcs": gcs,
    "gcs with a token": gcs,
    "azure_blob": azure_blob,
    "http": http,
}


def opened(kind: str, url: str, client: Http) -> Opened:
    _, options = kinds(url)[kind]
    found: Opened = MODULES[kind].opened(options, Outside(client, blocking))
    return found


@pytest.mark.parametrize("kind", MODULES)
async def test_it_lists_everything_and_reads_it(kind: str) -> None:
    client = Http()
    async with double(kinds("http://x")[kind][0]) as (url, made):
        origin = opened(kind, url, client)
        tally = await compare(origin, origin, {"img/00.png"}, sample=5)
        assert (tally.parity.total, tally.parity.same) == (len(OBJECTS), len(OBJECTS))
        assert not made.refused
        for key in ("img/00.png", "a b+c/ü.css"):
            got = await origin.fetch(key)
            assert (got.problem, got.size, got.body) == ("", len(OBJECTS[key]), OBJECTS[key])
        missing = await origin.fetch("img/none.png")
        assert "404" in missing.problem
    await client.close()


async def test_stores_of_different_vendors_are_compared_by_md5() -> None:
    client = Http()
    other = {**OBJECTS, "img/07.png": b"pictura 7"}
    del other["img/03.png"]
    async with double("bucket") as (one, _), double("azure", other) as (two, _):
        tally = await compare(opened("s3", one, client), opened("azure_blob", two, client))
    assert tally.parity.names == {"missing": ["img/03.png"], "different": ["img/07.png"]}
    assert tally.parity.total == len(OBJECTS)
    await client.close()


@pytest.mark.parametrize(
    ("kind", "says"), [("gcs", "403 SignatureDoesNotMatch"), ("azure_blob", "403")]
)
async def test_a_refusal_is_told_in_the_words_of_the_store(kind: str, says: str) -> None:
    client = Http()
    options: dict[str, Callable[[str], Any]] = {
        "gcs": lambda url: gcs.Options(bucket="pictures", endpoint_url=url),
        "azure_blob": lambda url: azure_blob.Options(
            account="shop", container="pictures", endpoint_url=url, allow_private=True
        ),
    }
    async with double(kinds("http://x")[kind][0]) as (url, _):
        origin = MODULES[kind].opened(options[kind](url), Outside(client, blocking))
        with pytest.raises(Permanent, match=says):
            await origin.page(b"", "", 1000)
        assert says.split()[0] in (await origin.fetch("img/00.png")).problem
    with pytest.raises(Temporary, match="no answer"):
        await opened(kind, "http://127.0.0.1:9", client).page(b"", "", 1000)
    await client.close()


def test_addresses_of_the_vendors_themselves() -> None:
    def at(region: str, bucket: str) -> str:
        return s3.Options(region=region, bucket=bucket).address

    assert at("eu-west-1", "shop") == "https://shop.s3.eu-west-1.amazonaws.com/"
    assert at("eu-west-1", "shop.eu") == "https://s3.eu-west-1.amazonaws.com/shop.eu/"
    assert at("cn-north-1", "shop") == "https://shop.s3.cn-north-1.amazonaws.com.cn/"
    assert gcs.Options(bucket="shop").address == "https://storage.googleapis.com/shop/"
    named = azure_blob.Options(account="shop", container="$web")
    assert named.address == "https://shop.blob.core.windows.net/$web"


GOOD = "  - {name: two, kind: s3, region: us-west-2, bucket: b}"


@pytest.mark.parametrize(
    ("one", "says"),
    [
        ("kind: s4", "there is no kind 's4' (allowed: azure_blob, gcs, http, s3)"),
        ("kind: s3, region: us-east-1", "bucket: is missing"),
        ("kind: s3, region: us-east-1, bucket: b, access_key_id: MY_ID", "MY_ID"),
        ("kind: azure_blob, account: Shop, container: c12", "account: is not a storage account"),
        ("kind: azure_blob, account: shop, container: c12, sas: sv=1", "does not name an env"),
        ("kind: gcs, bucket: b, bearer: A_TOKEN, access_id: AN_ID", ""),
        ("kind: http", "url: is missing"),
        ('kind: http, url: "http://10.0.0.1/x"', "is a private address"),
        ("kind: s3, region: us-east-1, bucket: b, at_once: 0", "at_once"),
        ("kind: s3, region: us-east-1, bucket: b, colour: red", "colour: there is no such key"),
    ],
)
def test_a_wrong_origin_is_told_with_its_line(tmp_path: Path, one: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        settings(tmp_path, f"  - {{name: one, {one}}}\n{GOOD}")
    assert "incidentbot.yaml:4: origins[one]" in error.value.message
    assert says in error.value.message


def test_a_check_of_s3_cannot_look_into_another_kind(tmp_path: Path) -> None:
    settings(tmp_path, at_moto("http://127.0.0.1:9"))
    path = tmp_path / "incidentbot.yaml"
    text = path.read_text()
    text = text.replace("kind: s3, region: us-west-2, bucket: two-bucket", "kind: gcs, bucket: b")
    check = "{name: c, kind: s3, origin: two, key: a}"
    path.write_text(text.replace("checks: [", f"checks: [{check}, "))
    with pytest.raises(ConfigError, match="is of the kind 'gcs'; this check asks S3"):
        load(path, {}, known(), need_slack=False)
