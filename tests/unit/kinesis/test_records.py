"""PutRecords when some records are refused: each record's ErrorCode tells, and none is doubled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from localstack import config
from localstack.aws.api.kinesis import ProvisionedThroughputExceededException

from lakestack.clock import Moment
from lakestack.services.kinesis.record_operations import RecordOperations
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import TRANSITION_SECONDS, Stream
from tests.support import unique

CONTEXT: Any = SimpleNamespace(account_id="000000000000", region="us-east-1")


@pytest.fixture
def stream() -> Stream:
    moments = iter([Moment(0.0, 0.0)])
    later = Moment(1.0, TRANSITION_SECONDS + 1)
    stream = Stream(
        "000000000000",
        "us-east-1",
        unique("s"),
        shard_count=1,
        clock=lambda: next(moments, later),
    )
    STORE.add(stream)
    return stream


def test_a_throttled_record_is_named_and_not_stored(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "KINESIS_ERROR_PROBABILITY", 0.5)
    pending = [{"Data": b"%d" % i, "PartitionKey": str(i)} for i in range(200)]
    refused = 0
    while pending:
        answer = RecordOperations().put_records(
            CONTEXT, {"StreamName": stream.name, "Records": pending}
        )
        failed = [i for i, r in enumerate(answer["Records"]) if "ErrorCode" in r]
        assert answer["FailedRecordCount"] == len(failed)
        codes = {answer["Records"][i]["ErrorCode"] for i in failed}
        assert codes <= {"ProvisionedThroughputExceededException"}
        refused += len(failed)
        pending = [pending[i] for i in failed]
    page = stream.open_shards()[0].read(0, now=Moment(2.0, 2.0), retention=100.0)
    assert sorted(int(r.data) for r in page.records) == list(range(200))
    assert refused > 0


def test_a_throttled_put_record_raises(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "KINESIS_ERROR_PROBABILITY", 1.0)
    request = {"StreamName": stream.name, "Data": b"x", "PartitionKey": "k"}
    with pytest.raises(ProvisionedThroughputExceededException):
        RecordOperations().put_record(CONTEXT, request)
    assert len(stream.open_shards()[0]) == 0
