"""What prose says of storage, beyond the plain cases: whose fault, half-way words, languages."""

import pytest

from incidentbot.signals.feeds.formats import _texts
from incidentbot.signals.feeds.names import names_storage


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lambda sees failures that are caused by errors in Amazon S3.", ("s3",)),
        ("We are working on an issue with S3 in the Region.", ("s3",)),
        ("Requests to Amazon S3 from functions are failing.", ("s3",)),
        ("Customers using Azure Storage in East US may see timeouts.", ("Storage",)),
        ("Machines using Persistent Disk may see stalls.", ("Persistent Disk",)),
        ("Some storage scale units are offline in one zone.", ("Storage",)),
        ("Visitors using Azure Blob Storage are unable to upload.", ("Storage",)),
        ("We continue to work on the remaining EBS volumes.", ("ebs",)),
        ("Databases are slow because of degraded underlying volumes.", ("ebs",)),
    ],
)
def test_trouble_at_the_storage_itself_counts_though_a_small_word_stands_before_it(
    text: str, names: tuple[str, ...]
) -> None:
    said = _texts.of_other([text])
    assert (said.storage, said.names) == ("yes", names)


@pytest.mark.parametrize(
    "text",
    [
        "Exports to S3 are delayed.",
        "Jobs fail while loading data from Google Cloud Storage.",
        "Customers may see errors writing flow logs to S3.",
    ],
)
def test_data_on_its_way_to_storage_that_works_does_not_count(text: str) -> None:
    assert _texts.of_other([text]).storage != "yes"


@pytest.mark.parametrize(
    ("text", "storage"),
    [
        ("We have restored communication between the internal parts.", "yes"),
        ("We have now recovered the first of three cells.", "yes"),
        ("We have restored full access.", "no"),
        ("We have recovered.", "no"),
        ("We have now resolved the issue.", "no"),
        ("Error rates have returned to normal levels.", "no"),
        ("All operations are now functioning normally.", "no"),
        ("Callers no longer see elevated error rates.", "no"),
        ("The issue was resolved.", "no"),
        ("The issue was resolved for a subset of buckets.", "yes"),
        ("We will tell more once the issue is resolved.", "yes"),
        ("Rates are expected to be back to normal within the hour.", "yes"),
        ("Existing objects are served normally.", "yes"),
        ("Existing content is served normally from all edges.", "no"),
    ],
)
def test_a_step_on_the_way_is_not_the_end(text: str, storage: str) -> None:
    assert _texts.of_storage("s3", [text, "We see increased error rates."]).storage == storage


@pytest.mark.parametrize(
    "text",
    [
        "Wir untersuchen Störungen bei EBS-Volumes in einer Zone.",
        "Nous constatons un taux d'erreurs élevé pour S3.",
        "Estamos investigando una falla que impide leer objetos; S3 responde lento.",
        "Estamos vendo erros com o S3 na região.",
        "東京リージョンで EBS ボリュームの性能が低下しています。",
        "서울 리전에서 EBS 볼륨 성능이 저하되었습니다.",
    ],
)
def test_trouble_in_another_language_is_trouble(text: str) -> None:
    assert _texts.of_other([text]).storage == "yes"


@pytest.mark.parametrize(
    "name",
    [
        "s3express",
        "S3_OUTPOSTS",
        "s3 tables",
        "s3vectors",
        "mediastore",
        "filecache",
        "Content Delivery Network",
    ],
)
def test_more_services_that_store_or_deliver(name: str) -> None:
    assert names_storage(name)


def test_trouble_that_spreads_to_other_services_is_unclear() -> None:
    text = "The queue sees errors. This also affects other AWS services in the Region."
    assert _texts.of_other([text]).storage == "unclear"
    assert _texts.of_other(["The queue sees errors. Other AWS services are well."]).storage == "no"


@pytest.mark.parametrize(
    ("text", "storage"),
    [
        (
            "Beginning at 7 AM PDT the gateways were unable to upload and appeared offline. "
            "The issue has been resolved and the service is operating normally.",
            "no",
        ),
        ("午前7時からエラーが発生しました。現在、サービスは正常に動作しています。", "no"),
        ("The issue has been resolved in one Region; another continues to see errors.", "yes"),
        ("The issue has been resolved for reads. Errors were seen by many.", "yes"),
        ("The issue has been resolved. Uploads still fail.", "yes"),
        ("A small number of volumes remain degraded. The issue has been resolved.", "yes"),
    ],
)
def test_a_text_that_ends_with_the_end_is_over_whatever_it_tells_before(
    text: str, storage: str
) -> None:
    assert _texts.of_storage("s3", [text, "We see increased error rates."]).storage == storage
