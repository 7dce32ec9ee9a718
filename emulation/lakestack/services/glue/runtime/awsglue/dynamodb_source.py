"""Read a DynamoDB table as a DataFrame: some segments of a parallel scan for each task.

The reads are plain HTTPS or HTTP, signed by botocore: its response parser would take several times
as long as the scan itself. Where the emulator names its DynamoDB engine in the environment
(LAKE_DYNAMODB_ENGINE_ENDPOINT, LAKE_DYNAMODB_ENGINE_KEY), the segments are read from there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from .clients import client
from .errors import SourceError
from .json_records import as_text
from .type_names import renamer

ITEMS_PER_TASK = 20_000  # fewer items than this are not worth another task
ITEMS_PER_SEGMENT = 10_000  # about a page of a megabyte
MOST_SEGMENTS = 1_000_000  # Amazon DynamoDB API Reference, "Scan"
ATTEMPTS = 8
BACK_OFF_SECONDS = 0.05
TIMEOUT_SECONDS = 60
RETRIED = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
)
Items = Sequence[Mapping[str, Mapping[str, Any]]]
ToBatch = Callable[[Items], pa.RecordBatch]


def read(
    spark: SparkSession,
    table: str,
    columns: Sequence[str],
    *,
    types: Mapping[str, str] | None = None,
    segments: int | None = None,
) -> DataFrame:
    """Return the items of a table, each column as text (None where an item has no such attribute).

    Attribute names are matched without regard to case, as the catalog's names are lower-case.

    Args:
        types: Hive types of the columns; the fields of their structs are matched like attributes
        segments: tasks that read, at most; by default from the table's item count

    Raises:
        SourceError: in the reading tasks, if the table cannot be scanned
    """
    names = list(columns)
    of_types = [(types or {}).get(name, "") for name in names]
    position = {name.lower(): i for i, name in enumerate(names)}
    schema = StructType([StructField(name, StringType()) for name in names])
    return _scan(spark, table, segments, partial(_columns, names, position, of_types), schema)


def read_json(
    spark: SparkSession, table: str, *, segments: int | None = None, typed: bool = False
) -> DataFrame:
    """Return the items of a table as JSON, one column ``value``.

    Args:
        segments: tasks that read, at most; by default from the table's item count
        typed: each as in an export: ``{"Item": {"name": {"S": "x"}}}``

    Raises:
        SourceError: in the reading tasks, if the table cannot be scanned
    """
    schema = StructType([StructField("value", StringType())])
    return _scan(spark, table, segments, _exported if typed else _documents, schema)


def _scan(
    spark: SparkSession, table: str, segments: int | None, to_batch: ToBatch, schema: StructType
) -> DataFrame:
    dynamodb = client("dynamodb")
    url = os.environ.get("LAKE_DYNAMODB_ENGINE_ENDPOINT") or dynamodb.meta.endpoint_url
    items = _item_count(dynamodb, table)
    tasks = tasks_for(items, segments, at_once=spark.sparkContext.defaultParallelism)
    count = tasks * parts(items, tasks)
    numbers = spark.range(0, count, 1, tasks)
    scan = _scanner(table, to_batch, count, url, dynamodb.meta.region_name)
    return numbers.mapInArrow(scan, schema)


def table_name(location: str) -> str:
    """Name of the table that a catalog location (an ARN, or the plain name) points to."""
    return location.rpartition("/")[2] if location.startswith("arn:") else location


def tasks_for(items: int, asked: int | None, *, at_once: int) -> int:
    """How many tasks read a table.

    Of the splits that a job asks for, as many as the items fill or the cores have use for: AWS's
    examples ask for 100, and each costs a task in every pass over the table.
    """
    filled, most = -(-items // ITEMS_PER_TASK), 4 * at_once
    return min(asked, max(filled, most)) if asked else max(1, min(filled, most))


def parts(items: int, tasks: int) -> int:
    """Into how many segments a task's part of a table is divided.

    DynamoDB Local looks at all that remains of a segment for each page.
    """
    return max(1, min(-(-items // (tasks * ITEMS_PER_SEGMENT)), MOST_SEGMENTS // tasks))


def _item_count(dynamodb: Any, table: str) -> int:
    try:
        count: int = dynamodb.describe_table(TableName=table)["Table"].get("ItemCount", 0)
    except dynamodb.exceptions.ResourceNotFoundException as e:
        raise SourceError(f"there is no DynamoDB table {table}") from e
    return count


def _scanner(
    table: str, to_batch: ToBatch, segments: int, url: str, region: str
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def scan(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        call = _caller(url, region)
        for batch in batches:
            for segment in batch.column(0).to_pylist():
                for items in _pages(call, table, segment, segments):
                    yield to_batch(items)

    return scan


def _exported(items: Items) -> pa.RecordBatch:
    texts = [orjson.dumps({"Item": item}).decode() for item in items]
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["value"])


def _documents(items: Items) -> pa.RecordBatch:
    texts = [
        orjson.dumps({n: plain(k, v) for n, e in item.items() for k, v in e.items()}).decode()
        for item in items
    ]
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["value"])


def _columns(
    names: list[str], position: dict[str, int], types: list[str], items: Items
) -> pa.RecordBatch:
    renamers = [renamer(kind) for kind in types]
    columns: list[list[str | None]] = [[None] * len(items) for _ in names]
    known: dict[str, int | None] = {}
    for row, item in enumerate(items):
        for attribute, typed in item.items():
            if attribute not in known:
                known[attribute] = position.get(attribute.lower())
            index = known[attribute]
            if index is None:
                continue
            rename = renamers[index]
            for kind, value in typed.items():
                if kind not in ("S", "N", "B"):
                    found = plain(kind, value)
                    value = as_text(rename(found) if rename else found)  # noqa: PLW2901
                columns[index][row] = value
    return pa.RecordBatch.from_arrays([pa.array(c, pa.string()) for c in columns], names)


def plain(kind: str, value: Any) -> Any:
    """A typed attribute value as plain JSON: ``plain("L", [{"N": "1"}])`` is ``[1]``."""
    match kind:
        case "NULL":
            return None
        case "N":
            return orjson.loads(value)
        case "NS":
            return [orjson.loads(v) for v in value]
        case "L":
            return [plain(k, v) for element in value for k, v in element.items()]
        case "M":
            return {name: plain(k, v) for name, e in value.items() for k, v in e.items()}
        case _:  # S, B (base64), BOOL, SS, BS
            return value


def _pages(
    call: _Caller, table: str, segment: int, segments: int
) -> Iterator[list[dict[str, Any]]]:
    request: dict[str, Any] = {
        "TableName": table,
        "TotalSegments": segments,
        "Segment": segment,
    }
    while True:
        answer = call(request)
        if answer["Items"]:
            yield answer["Items"]
        if not (key := answer.get("LastEvaluatedKey")):
            return
        request["ExclusiveStartKey"] = key


class _Caller:
    """Signed Scan requests over one connection, repeated when throttled or cut."""

    def __init__(self, url: str, region: str) -> None:
        from botocore.credentials import Credentials
        from botocore.httpsession import URLLib3Session

        self._url, self._region = url, region
        key = os.environ.get("LAKE_DYNAMODB_ENGINE_KEY")
        if key:
            self._credentials = Credentials(key, "emulated")
        else:
            import botocore.session  # takes as long to import as reading 20,000 items

            self._credentials = botocore.session.get_session().get_credentials()
        self._http = URLLib3Session(timeout=TIMEOUT_SECONDS)

    def __call__(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import ConnectionError as NoConnection
        from botocore.exceptions import HTTPClientError

        body = orjson.dumps(request)
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(BACK_OFF_SECONDS * 2**attempt)
            try:
                response = self._http.send(self._signed(body))
            except (NoConnection, HTTPClientError) as e:
                problem = str(e)
                continue
            if response.status_code == 200:
                answer: dict[str, Any] = orjson.loads(response.content)
                return answer
            problem = response.content.decode(errors="replace")
            if response.status_code < 500 and not any(code in problem for code in RETRIED):
                break
        raise SourceError(f"Scan of {request['TableName']} failed: {problem[:500]}")

    def _signed(self, body: bytes) -> Any:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(
            method="POST",
            url=self._url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "DynamoDB_20120810.Scan",
            },
        )
        SigV4Auth(self._credentials, "dynamodb", self._region).add_auth(request)
        return request.prepare()


@cache
def _caller(url: str, region: str) -> _Caller:
    """One for a worker process, which serves many tasks."""
    return _Caller(url, region)
