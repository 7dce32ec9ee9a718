"""S3 that answers 500, 503 or 403, resets connections or cuts bodies: pipeline, DMS, crawler."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.exceptions import ClientError

from lakestack.services.dms import recovery as recovery_module
from lakestack.services.dms.errors import TableError
from lakestack.services.dms.recovery import Recovery
from lakestack.services.dms.s3_source import list_objects, read_object
from lakestack.services.glue.crawl_errors import CrawlError
from lakestack.services.glue.s3_crawler import S3Crawler, S3Found, S3Grouping
from lakestack.services.retries import Backoff
from lakestack.services.sagemaker.objects import fetch
from pipeline.cli.errors import explain
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.target import open_target
from pipeline.uploads import upload
from tests.unit.pipeline.fakes import SilentReporter
from tests.unit.pipeline.faulty_s3 import PASSING, FaultyS3, faulty_s3

BODY = b"".join(b'{"a": %d}\n' % i for i in range(1000))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    # botocore's pauses between attempts are its own affair.
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    with faulty_s3() as found:
        found.objects["t/one"] = BODY
        yield found


@pytest.fixture
def lake(s3: FaultyS3) -> Lake:
    """The pipeline's own target, at the faulty S3."""
    lake = Lake.open(open_target("local", endpoint=s3.url, environ={}), SilentReporter())
    lake.settings = Bucket("000000000000")
    return lake


class Bucket(Settings):
    """The lake's names, with the bucket of `FaultyS3`."""

    bucket = "b"


@pytest.fixture
def client(s3: FaultyS3) -> Any:
    """A client with botocore's defaults, as the emulator's services have it."""
    return boto3.client(
        "s3",
        endpoint_url=s3.url,
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="test",
    )


@pytest.mark.parametrize("fault", PASSING)
def test_the_pipeline_reads_in_spite_of_passing_faults(
    s3: FaultyS3, lake: Lake, fault: str
) -> None:
    s3.faults = [fault, fault]
    assert lake.read("t/one") == BODY
    assert len(s3.asked) == 3


@pytest.mark.parametrize("fault", ["500", "503", "reset"])
def test_the_pipeline_lands_in_spite_of_passing_faults(
    s3: FaultyS3, lake: Lake, tmp_path: Path, fault: str
) -> None:
    file = tmp_path / "ratings.csv"
    file.write_bytes(BODY)
    s3.faults = [fault, fault]
    assert upload(lake, "code", BODY, "text/plain")  # a look first, then the object
    s3.faults = [fault, fault]
    lake.s3.upload_file(str(file), "b", "landing/ratings.csv")
    assert s3.objects["code"] == s3.objects["landing/ratings.csv"] == BODY


@pytest.mark.parametrize(("fault", "code"), [("503", "SlowDown"), ("403", "AccessDenied")])
def test_what_does_not_pass_ends_the_pipeline_in_a_sentence(
    s3: FaultyS3, lake: Lake, fault: str, code: str
) -> None:
    s3.always = fault
    with pytest.raises(ClientError) as refused:
        lake.read("t/one")
    message, hint = explain(refused.value, lake.target)
    assert f"GetObject was answered with {code}: {code} on purpose" in message
    assert hint
    assert len(s3.asked) == (1 if fault == "403" else 3), "tries are bounded"


@pytest.mark.parametrize("fault", PASSING)
def test_dms_reads_in_spite_of_passing_faults(s3: FaultyS3, client: Any, fault: str) -> None:
    (item,) = list_objects(client, "b", "t/")
    s3.faults = [fault, fault]
    told: list[int] = []
    recovery = Recovery(None, "", "", threading.Event())
    assert b"".join(read_object(client, "b", item, told.append, recovery.call)) == BODY
    assert sum(told) == len(BODY), "each byte is counted once"


@pytest.mark.parametrize("fault", ["503", "403", "reset", "cut"])
def test_what_does_not_pass_is_an_error_of_the_table(s3: FaultyS3, client: Any, fault: str) -> None:
    (item,) = list_objects(client, "b", "t/")
    s3.always = fault
    recovery = Recovery(None, "", "", threading.Event())
    with pytest.raises(TableError, match="s3://b/t/one cannot be read: "):
        list(read_object(client, "b", item, lambda _: None, recovery.call))
    assert recovery.reasons.total() == (0 if fault == "403" else 2), "tries are bounded"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery_module, "BACKOFF", Backoff(0.001, 0.002, tries=3))


def crawl(client: Any) -> S3Found:
    crawler = S3Crawler(
        client,
        {"Path": "s3://b/t/"},
        [],
        S3Grouping(),
        cancelled=lambda: False,
        log=lambda *_: None,
    )
    return crawler.crawl()


@pytest.mark.parametrize("fault", PASSING)
def test_a_training_channel_is_read_in_spite_of_passing_faults(
    s3: FaultyS3, client: Any, tmp_path: Path, fault: str
) -> None:
    s3.faults = [fault, fault]
    counted: list[int] = []
    fetch(client, "s3://b/t/one", tmp_path / "one", lambda size, _: counted.append(size))
    assert (tmp_path / "one").read_bytes() == BODY
    assert counted == [len(BODY)], "counted once"


@pytest.mark.parametrize("fault", PASSING)
def test_a_crawler_reads_in_spite_of_passing_faults(s3: FaultyS3, client: Any, fault: str) -> None:
    s3.faults = [fault, fault]
    (table,) = crawl(client).tables
    (file,) = table.files
    assert file.schema is not None
    assert [column.name for column in file.schema.columns] == ["a"]


@pytest.mark.parametrize("fault", ["503", "403"])
def test_what_does_not_pass_ends_a_crawl(s3: FaultyS3, client: Any, fault: str) -> None:
    s3.always = fault
    with pytest.raises(CrawlError, match=f"cannot be read: .*Status Code: {fault}"):
        crawl(client)


@pytest.mark.parametrize("fault", ["403", "cut"])
def test_an_object_that_cannot_be_read_is_no_object_that_vanished(
    s3: FaultyS3, client: Any, fault: str
) -> None:
    s3.faults = [""]  # the listing
    s3.always = fault
    with pytest.raises(
        Exception, match=r"AccessDenied|IncompleteRead|Connection broken|bytes read"
    ):
        crawl(client)
