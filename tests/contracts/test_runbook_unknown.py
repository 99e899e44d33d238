"""Fields that our models of AWS do not know are noticed where an answer is sent back whole."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

import pytest

from incidentbot.errors import Permanent
from incidentbot.runbooks.actions import cloudfront_origin, route53_weights
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.cloudfront import CloudFront, distribution
from tests.contracts.doubles.route53 import Route53, Zone, weighted

ID, ZONE, NAME = "E1SHOPIMAGES", "Z0SHOPEXAMPLE", "img.shop.example"


class NewerCloudFront(CloudFront):
    where: str | None = None

    def spoil(self, answer: Element) -> None:
        if self.where is not None:
            found = answer.find(self.where) if self.where else answer
            assert found is not None
            SubElement(found, "Novelty").text = "on"


class NewerRoute53(Route53):
    which = 0

    def spoil(self, answer: Element) -> None:
        SubElement(answer[0][self.which], "Novelty").text = "on"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    made = Aws(read=1.0, write=0.4)
    yield made
    made.close()


async def test_a_distribution_with_a_field_we_do_not_know_is_not_switched(aws: Aws) -> None:
    with NewerCloudFront() as double:
        double.put(ID, distribution())
        options = cloudfront_origin.Options(distribution=ID, endpoint_url=double.url)
        assert (await cloudfront_origin.observe(options, aws)).value == "one"
        for where, path in (
            ("", "Novelty"),
            ("CacheBehaviors/Items/CacheBehavior[2]", "CacheBehaviors.Items.1.Novelty"),
            ("Origins/Items/Origin/CustomHeaders", "Origins.Items.0.CustomHeaders.Novelty"),
        ):
            double.where = where
            with pytest.raises(Permanent, match=f"would reset them: {path}$"):
                await cloudfront_origin.observe(options, aws)


async def test_only_records_of_the_switch_must_be_understood(aws: Aws) -> None:
    with NewerRoute53() as double:
        records = [weighted("a.shop.example", "x", 1), weighted(NAME, "one", 100)]
        double.zones[ZONE] = Zone([*records, weighted(NAME, "two", 0)])
        options = route53_weights.Options(
            zone=ZONE, record="a.shop.example", type="CNAME", endpoint_url=double.url
        )
        with pytest.raises(Permanent, match=r"would lose: Novelty$"):
            await route53_weights.observe(options, aws)
        double.which = 1
        assert (await route53_weights.observe(options, aws)).value == "x"
