"""What Firehose writes of a record that it could not process, convert or deliver.

A line of JSON for each, in the error output. Amazon Data Firehose Developer Guide, "Handle failure
in data transformation", "Handling errors for data format conversion" and "Understand data delivery
failures" (names and values of the members as such objects have them on AWS: times in Unix
milliseconds, `rawData` in base64).
"""

from __future__ import annotations

import base64
import json
from typing import Any

from lakestack import clock
from lakestack.services.firehose.records import ERROR, Placed, Route, SourceRecord

PROCESSING_FAILED = "processing-failed"
FORMAT_CONVERSION_FAILED = "format-conversion-failed"
HTTP_ENDPOINT_FAILED = "http-endpoint-failed"
DECOMPRESSION_FAILED = "decompression-failed"
ERROR_TYPES = (
    PROCESSING_FAILED,
    FORMAT_CONVERSION_FAILED,
    HTTP_ENDPOINT_FAILED,
    DECOMPRESSION_FAILED,
)
"""What ``!{firehose:error-output-type}`` becomes."""


def failed(
    record: SourceRecord,
    code: str,
    message: str,
    *,
    attempts: int = 1,
    error_type: str = PROCESSING_FAILED,
    **more: Any,
) -> Placed:
    """A record of the error output about one that failed.

    Args:
        record: as it came, before the step that failed
        code: AWS's name of the error
        attempts: how often the step was tried
        more: further members of the document
    """
    line = document(record, code, message, attempts=attempts, **more)
    return Placed(Route(ERROR, error_type), SourceRecord(record.arrival, line, record.origin))


def document(
    record: SourceRecord,
    code: str,
    message: str,
    *,
    attempts: int = 1,
    code_member: str = "errorCode",
    message_member: str = "errorMessage",
    **more: Any,
) -> bytes:
    """One line of an error output, with its newline."""
    found = {
        "attemptsMade": attempts,
        "arrivalTimestamp": milliseconds(record.arrival),
        code_member: code,
        message_member: message,
        "attemptEndingTimestamp": clock.wall_ms(),
        "rawData": base64.b64encode(record.data).decode(),
        **more,
    }
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def conversion_document(
    record: SourceRecord, code: str, message: str, table: dict[str, str]
) -> bytes:
    """A line about a record that does not fit the table's schema.

    Args:
        table: catalogId, databaseName, tableName, region, versionId
    """
    origin = record.origin
    return document(
        record,
        code,
        message,
        code_member="lastErrorCode",
        message_member="lastErrorMessage",
        sequenceNumber=str(origin.sequence) if origin else None,
        subSequenceNumber=origin.subsequence if origin else None,
        dataCatalogTable=table,
    )


def milliseconds(seconds: float) -> int:
    """Unix seconds as the milliseconds that Firehose writes."""
    return round(seconds * 1000)
