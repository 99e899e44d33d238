"""What hangs on what: every weak spot is found where it is, and nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incidentbot.runbooks.contract import Plane
from incidentbot.runbooks.map import Map, Proven, build, place_of, render
from incidentbot.runbooks.origins import azure_blob, gcs, http, s3
from incidentbot.settings import AssetSettings, OriginSettings, Settings, SwitchSettings, load
from tests.unit import settings_cases
from tests.unit.runbook_cases import asset

READY = Proven("ready", False, "last proven 11 min ago: 208 of 208 objects")
DATA = Plane("data", "us-west-2", "SSM data plane in us-west-2")


def bucket(name: str, **more: Any) -> OriginSettings:
    given = {"region": name, "bucket": f"{name}-bucket"} | more
    return OriginSettings(name=name, kind="s3", options=s3.Options(**given))


def valid(folder: Path) -> Settings:
    path = settings_cases.write(folder, settings_cases.VALID)
    return load(path, settings_cases.ENV, settings_cases.KNOWN)


def found(
    *,
    one: AssetSettings | None = None,
    backup: OriginSettings | None = None,
    planes: dict[str, Plane] | None = None,
    proven: Proven = READY,
    tmp: Path,
) -> Map:
    config = valid(tmp)
    origins = (bucket("us-east-1"), backup or bucket("us-west-2"))
    parts = {"origins": origins, "assets": (one or asset(),)}
    config = config.model_copy(update=parts)

    def plane(way: SwitchSettings) -> Plane:
        return (planes or {}).get(way.called, DATA)

    return build(config, plane, {"shop-images": proven}, lambda _asset, way: [f"by-{way.kind}"])


def two_ways(one: AssetSettings) -> AssetSettings:
    (way,) = one.ways
    ways = (way.model_copy(update={"name": "first"}), way.model_copy(update={"name": "second"}))
    return one.model_copy(update={"switch": None, "switches": ways})


def kinds(made: Map) -> dict[str, bool]:
    return {spot.kind: spot.bad for spot in made.weak}


def test_a_good_set_up_has_little_to_say(tmp_path: Path) -> None:
    made = found(one=two_ways(asset()), tmp=tmp_path)
    assert kinds(made) == {"one_vendor": False}
    assert "both origins are at aws" in made.weak[0].text


EAST = Plane("control", "us-east-1", "CloudFront control plane in us-east-1")


@pytest.mark.parametrize(
    ("case", "kind", "bad", "says"),
    [
        ({"proven": Proven()}, "unproven", True, "us-west-2 was never looked at"),
        ({"proven": Proven("not_ready")}, "unproven", True, "is not ready"),
        ({"proven": replace(READY, stale=True)}, "unproven", True, "too long ago"),
        ({"backup": bucket("us-west-2", region="us-east-1")}, "one_region", True, "fail together"),
        ({"planes": {"ssm_parameter": EAST}}, "own_region", True, "there is no other switch"),
        ({"planes": {"ssm_parameter": EAST}}, "own_region", True, "(runbook by-ssm_parameter)"),
        ({"planes": {"ssm_parameter": EAST}}, "control_plane", True, "which is what fails first"),
        ({}, "one_switch", False, "ssm_parameter is the only switch"),
    ],
)
def test_a_weak_spot_is_told(
    tmp_path: Path, case: dict[str, Any], kind: str, bad: bool, says: str
) -> None:
    made = found(tmp=tmp_path, **case)
    (spot,) = [one for one in made.weak if one.kind == kind]
    assert spot.bad is bad and says in spot.text
    assert kind in kinds(made) and (case == {} or kind not in kinds(found(tmp=tmp_path)))


def test_one_of_two_switches_in_the_failing_region_is_only_pointed_out(tmp_path: Path) -> None:
    made = found(one=two_ways(asset()), planes={"first": EAST}, tmp=tmp_path)
    assert kinds(made)["own_region"] is False
    assert "control_plane" not in kinds(made)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://us-east-1-bucket.s3.us-east-1.amazonaws.com/{key}", "the primary itself"),
        ("https://edge.us-east-1.example.com/{key}", "which is in us-east-1"),
    ],
)
def test_a_look_from_outside_that_hangs_on_the_failing_thing_is_told(
    tmp_path: Path, url: str, says: str
) -> None:
    one = asset()
    verify = one.verify.model_copy(update={"url": url})
    made = found(one=one.model_copy(update={"verify": verify}), tmp=tmp_path)
    (spot,) = [one for one in made.weak if one.kind == "verify"]
    assert spot.bad and says in spot.text


def test_it_can_be_read_in_a_terminal(tmp_path: Path) -> None:
    made = found(tmp=tmp_path, proven=Proven())
    assert render(made).splitlines() == [
        "Shop images (shop-images)",
        "├─ primary           us-east-1 (s3 us-east-1-bucket, aws us-east-1)",
        "│    at risk with    Amazon S3 in us-east-1 (aws us-east-1), 2 checks",
        "├─ backup            us-west-2 (s3 us-west-2-bucket, aws us-west-2)",
        "│    unproven        never proven",
        "├─ switch            ssm_parameter: SSM data plane in us-west-2 (data plane); runbooks by-ssm_parameter",  # noqa: E501
        "└─ seen at           https://shop.example.com/assets/{key}",
        "",
        "Weak spots (!! can keep it down)",
        "  !! Shop images: us-west-2 was never looked at, so nothing can be switched to it",
        "   . Shop images: both origins are at aws: one account, or one outage of it all,"
        " takes both",
        "   . Shop images: ssm_parameter is the only switch (SSM data plane in us-west-2)",
    ]
    assert made.as_dict()["assets"][0]["switches"][0]["region"] == "us-west-2"


def test_what_several_assets_hang_on_is_one_point_of_failure(tmp_path: Path) -> None:
    config = valid(tmp_path)
    two = asset().model_copy(update={"name": "fonts", "title": "Fonts"})
    origins = (bucket("us-east-1"), bucket("us-west-2"))
    config = config.model_copy(update={"origins": origins, "assets": (asset(), two)})
    made = build(config, lambda _way: DATA, {})
    said = [spot.text for spot in made.weak if spot.kind == "shared"]
    assert said == [
        "2 assets hang on the backup origin us-west-2: shop-images, fonts",
        "2 assets hang on the dependency s3-us-east-1: shop-images, fonts",
        "2 assets hang on the one switch plane SSM data plane in us-west-2: shop-images, fonts",
    ]
    assert "names no assets" in render(Map((), ()))


@pytest.mark.parametrize(
    ("kind", "options", "vendor", "host"),
    [
        ("gcs", gcs.Options(bucket="b"), "gcp", "storage.googleapis.com"),
        (
            "azure_blob",
            azure_blob.Options(account="shop", container="c12"),
            "azure",
            "shop.blob.core.windows.net",
        ),
        (
            "http",
            http.Options(url="https://mirror.example.org/a"),
            "mirror.example.org",
            "mirror.example.org",
        ),
        (
            "s3",
            s3.Options(region="x", bucket="b", endpoint_url="https://s3.minio.example"),
            "s3.minio.example",
            "s3.minio.example",
        ),
    ],
)
def test_the_vendor_of_an_origin_is_told_by_its_kind_or_address(
    kind: str, options: Any, vendor: str, host: str
) -> None:
    found = place_of(OriginSettings(name="o", kind=kind, options=options))
    assert (found.vendor, found.host) == (vendor, host)
    named = place_of(OriginSettings(name="o", kind=kind, vendor="acme", options=options))
    assert named.vendor == "acme"
