"""Data transformation: records go to a function in batches, and come back.

Amazon Data Firehose Developer Guide, "Transform source data in Amazon Data Firehose", "Required
parameters for data transformation" and "Handle failure in data transformation"; the codes and
messages are those of "Monitor Amazon Data Firehose Using CloudWatch Logs", "Lambda invocation
errors".
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.firehose.failed_records import failed, milliseconds
from lakestack.services.firehose.processing import Transformation
from lakestack.services.firehose.records import Placed, SourceRecord

LOG = logging.getLogger(__name__)

MAX_PAYLOAD_BYTES = 6_291_556
"""AWS Lambda Developer Guide, "Lambda quotas": of a synchronous invocation, each way."""

OK, DROPPED, PROCESSING_FAILED = "Ok", "Dropped", "ProcessingFailed"

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_RECORD_OVERHEAD = 400
"""Bytes of a record's event around its data and key; more than there are."""

_INVALID = "Lambda.JsonProcessingException"
_ERRORS = {
    "Lambda.FunctionError": (
        "The Lambda function was successfully invoked but it returned an error result."
    ),
    "Lambda.FunctionTimedOut": (
        "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda "
        "function."
    ),
    "Lambda.ResourceNotFound": (
        "The specified Lambda function does not exist. Use a different function that does exist."
    ),
    "Lambda.InvokeLimitExceeded": (
        "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution "
        "limit."
    ),
    "Lambda.MissingRecordId": (
        "One or more record Ids were not returned. Ensure that the Lambda function returns all "
        "received record Ids."
    ),
    "Lambda.DuplicatedRecordId": (
        "Multiple records were returned with the same record ID. Ensure that the Lambda function "
        "returns unique record IDs for each record."
    ),
    "Lambda.ProcessingFailedStatus": "ProcessingFailed status set for record",
    _INVALID: (
        "There was an error parsing returned records from the Lambda function. Ensure that the "
        "returned records follow the status model required by Amazon Data Firehose."
    ),
}


@dataclass(frozen=True, slots=True)
class Transformed:
    """A record that the function returned.

    Attributes:
        source: as it was before
        keys: metadata.partitionKeys
    """

    source: SourceRecord
    data: bytes
    keys: dict[str, str] = field(default_factory=dict)


class _FailedError(Exception):
    """A batch that the function did not transform.

    Args:
        code: a key of `_ERRORS`
        retried: whether another attempt may help
    """

    def __init__(self, code: str, *, retried: bool, detail: str = "") -> None:
        super().__init__(f"{_ERRORS[code]} {detail}".strip())
        self.code, self.retried = code, retried


class LambdaTransform:
    """Invokes one function.

    Args:
        lambdas: client of Lambda
        event: members of each event beside invocationId and records: deliveryStreamArn, region and
            for a Kinesis stream sourceKinesisStreamArn
        report: takes a line about each batch that failed
    """

    def __init__(
        self,
        lambdas: Any,
        settings: Transformation,
        event: dict[str, str],
        report: Callable[[str], None],
    ) -> None:
        self._lambdas, self._settings, self._event = lambdas, settings, event
        self._report = report

    def transform(
        self, records: list[SourceRecord], patient: Callable[[], bool]
    ) -> tuple[list[Transformed], list[Placed]]:
        """Give records to the function.

        Args:
            patient: whether there is time to pause and try again

        Returns:
            what it transformed, and what failed; what it dropped is in neither
        """
        transformed: list[Transformed] = []
        failures: list[Placed] = []
        for batch in _fitting(records):
            done, not_done = self._transform(batch, patient)
            transformed += done
            failures += not_done
        return transformed, failures

    def _transform(
        self, records: list[SourceRecord], patient: Callable[[], bool]
    ) -> tuple[list[Transformed], list[Placed]]:
        by_id = _with_ids(records)
        payload = json.dumps(
            {
                "invocationId": str(uuid.uuid4()),
                **self._event,
                "records": [_event_of(each, record) for each, record in by_id.items()],
            }
        ).encode()
        attempts, pause = 0, _FIRST_PAUSE_SECONDS
        while True:
            attempts += 1
            try:
                return self._read(self._invoke(payload), by_id, attempts)
            except _FailedError as e:
                failure = e
            if not failure.retried or attempts > self._settings.retries or not patient():
                break
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        text = f"{failure.code}: {len(records)} records, {attempts} attempts: {failure}"
        LOG.warning("function %s: %s", self._settings.function, text)
        self._report(text)
        return [], [self._failed(r, failure.code, str(failure), attempts) for r in records]

    def _invoke(self, payload: bytes) -> Any:
        try:
            answer = self._lambdas.invoke(FunctionName=self._settings.function, Payload=payload)
            body = answer["Payload"].read()
        except ClientError as e:
            raise _FailedError(_code_of(e), retried=True, detail=str(e)) from e
        if answer.get("FunctionError"):
            timed_out = b"Task timed out" in body or b"Sandbox.Timedout" in body
            code = "Lambda.FunctionTimedOut" if timed_out else "Lambda.FunctionError"
            raise _FailedError(code, retried=True)
        if len(body) > MAX_PAYLOAD_BYTES:
            raise _FailedError(
                "Lambda.FunctionError",
                retried=True,
                detail=f"Its answer of {len(body)} bytes exceeds {MAX_PAYLOAD_BYTES}.",
            )
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as e:
            raise _FailedError(_INVALID, retried=False) from e

    def _read(
        self, answer: Any, by_id: dict[str, SourceRecord], attempts: int
    ) -> tuple[list[Transformed], list[Placed]]:
        items = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _FailedError(_INVALID, retried=False)
        returned = [item.get("recordId") for item in items]
        known = [each for each in returned if isinstance(each, str) and each in by_id]
        if len(set(known)) < len(known):
            raise _FailedError("Lambda.DuplicatedRecordId", retried=False)
        if len(known) < len(by_id):
            raise _FailedError("Lambda.MissingRecordId", retried=False)
        if len(known) < len(returned):
            raise _FailedError(_INVALID, retried=False, detail="It returned unknown record Ids.")
        transformed: list[Transformed] = []
        failures: list[Placed] = []
        for item in items:
            source, result = by_id[item["recordId"]], item.get("result")
            if result == DROPPED:
                continue
            if result == PROCESSING_FAILED:
                code = "Lambda.ProcessingFailedStatus"
                failures.append(self._failed(source, code, _ERRORS[code], attempts))
                continue
            try:
                transformed.append(_transformed(source, item))
            except ValueError as e:
                text = f"{_ERRORS[_INVALID]} {e}"
                failures.append(self._failed(source, _INVALID, text, attempts))
        if failures:
            self._report(f"{self._settings.function}: {len(failures)} records failed")
        return transformed, failures

    def _failed(self, record: SourceRecord, code: str, message: str, attempts: int) -> Placed:
        return failed(record, code, message, attempts=attempts, lambdaArn=self._settings.function)


def _transformed(source: SourceRecord, item: dict[str, Any]) -> Transformed:
    if item.get("result") != OK:
        raise ValueError(f"result {str(item.get('result'))[:100]!r} is not one of its statuses")
    data = item.get("data")
    if not isinstance(data, str):
        raise ValueError("data is not a string in base64")
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as e:
        raise ValueError("data is not in base64") from e
    metadata = item.get("metadata")
    keys = (metadata.get("partitionKeys") if isinstance(metadata, dict) else None) or {}
    if not isinstance(keys, dict):
        raise ValueError("metadata.partitionKeys is not an object")
    return Transformed(source, decoded, {name: as_key(value) for name, value in keys.items()})


def as_key(value: Any) -> str:
    """A partition key's value as text; "" for what is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return ""


def _with_ids(records: list[SourceRecord]) -> dict[str, SourceRecord]:
    # As AWS's: the sequence number with the place behind it; unlike its, unique within the batch.
    direct = uuid.uuid4().int
    return {
        f"{record.origin.sequence if record.origin else direct}{place:06d}": record
        for place, record in enumerate(records)
    }


def _event_of(record_id: str, record: SourceRecord) -> dict[str, Any]:
    event: dict[str, Any] = {
        "recordId": record_id,
        "approximateArrivalTimestamp": milliseconds(record.arrival),
        "data": base64.b64encode(record.data).decode(),
    }
    if (origin := record.origin) is not None:
        event["kinesisRecordMetadata"] = {
            "shardId": origin.shard_id,
            "partitionKey": origin.partition_key,
            "approximateArrivalTimestamp": milliseconds(origin.arrival),
            "sequenceNumber": str(origin.sequence),
            "subsequenceNumber": origin.subsequence,
        }
    return event


def _fitting(records: list[SourceRecord]) -> Iterator[list[SourceRecord]]:
    """Lists of records that fit into one payload each; one that never fits is alone."""
    batch: list[SourceRecord] = []
    size = 0
    for record in records:
        key = len(record.origin.partition_key) * 6 if record.origin else 0
        wanted = len(record.data) * 4 // 3 + 4 + key + _RECORD_OVERHEAD
        if batch and size + wanted > MAX_PAYLOAD_BYTES - _RECORD_OVERHEAD:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += wanted
    if batch:
        yield batch


def _code_of(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ResourceNotFoundException":
        return "Lambda.ResourceNotFound"
    if code in ("TooManyRequestsException", "ThrottlingException"):
        return "Lambda.InvokeLimitExceeded"
    return "Lambda.FunctionError"
