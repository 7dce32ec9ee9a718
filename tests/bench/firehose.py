"""Firehose with a Lambda transformation: records a second from the first put to S3."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.bench import lake
from tests.bench.report import Figure
from tests.contract.firehose.helpers import SOON, direct, numbers, transformation
from tests.contract.lambda_.helpers import create
from tests.support import emulator, unique, wait_until

RECORDS, BATCH = 40_000, 500
DOUBLES = """
import base64

def handler(event, context):
    def doubled(data):
        return base64.b64encode(b"%d\\n" % (2 * int(base64.b64decode(data)))).decode()

    return {
        "records": [
            {"recordId": r["recordId"], "result": "Ok", "data": doubled(r["data"])}
            for r in event["records"]
        ]
    }
"""


def run() -> Iterator[Figure]:
    """Yield the rate; every record must be in S3 once, as the function made it."""
    with emulator() as running:

        def aws(service: str) -> Any:
            return lake.client(service, running.url)

        name = unique("bench")
        aws("s3").create_bucket(Bucket=name)
        function = create(aws, name, DOUBLES)
        firehose = aws("firehose")
        processing = transformation(function, BufferIntervalInSeconds="1")
        direct(firehose, name, name, BufferingHints=SOON, ProcessingConfiguration=processing)
        began = time.perf_counter()
        for start in range(0, RECORDS, BATCH):
            records = [{"Data": b"%d" % i} for i in range(start, start + BATCH)]
            answer = firehose.put_record_batch(DeliveryStreamName=name, Records=records)
            if answer["FailedPutCount"]:
                raise RuntimeError(f"{answer['FailedPutCount']} records were refused")
        put = time.perf_counter() - began
        wait_until(
            lambda: len(numbers(aws, name)) >= RECORDS, timeout=300, what="all records in S3"
        )
        took = time.perf_counter() - began
        if numbers(aws, name) != list(range(0, 2 * RECORDS, 2)):
            raise RuntimeError("the records in S3 are not those that the function made")
    detail = f"{RECORDS:,} records, {put:.1f} s of {took:.1f} s for the puts"
    yield Figure("Firehose with Lambda", RECORDS / took, "records/s", 5_000, False, detail)
