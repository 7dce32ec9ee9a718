"""API "ProcessingConfiguration": which processors there are, and what their parameters may be.

Amazon Data Firehose API Reference, "ProcessorParameter"; Developer Guide, "Transform source data"
and "Partition streaming data". The order in which they work is AWS's own, whatever order they are
listed in: unpacking, taking apart, the function, partition keys, the delimiter.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack.services.firehose.buffer import BufferingHints

REQUIRED, OPTIONAL = "required", "optional"

PROCESSORS: dict[str, dict[str, str]] = {
    "Decompression": {"CompressionFormat": REQUIRED},
    "CloudWatchLogProcessing": {"DataMessageExtraction": REQUIRED},
    "RecordDeAggregation": {"SubRecordType": REQUIRED, "Delimiter": OPTIONAL},
    "Lambda": {
        "LambdaArn": REQUIRED,
        "NumberOfRetries": OPTIONAL,
        "RoleArn": OPTIONAL,
        "BufferSizeInMBs": OPTIONAL,
        "BufferIntervalInSeconds": OPTIONAL,
    },
    "MetadataExtraction": {"MetadataExtractionQuery": REQUIRED, "JsonParsingEngine": REQUIRED},
    "AppendDelimiterToRecord": {"Delimiter": OPTIONAL},
}
"""Parameters of each processor."""

ENGINE = "JQ-1.6"
JSON, DELIMITED = "JSON", "DELIMITED"
_LAMBDA_ARN = re.compile(r"arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w$.-]+(?::[\w$-]+)?")
_MAX_QUERY_CHARACTERS = 5120
_ONLY_PARTITIONED = ("MetadataExtraction", "RecordDeAggregation")


@dataclass(frozen=True, slots=True)
class Transformation:
    """Processor "Lambda".

    Attributes:
        retries: invocations after the first one, of a batch that failed
        hints: how much goes to the function at a time
    """

    function: str
    retries: int = 3
    hints: BufferingHints = field(default_factory=lambda: BufferingHints(1, 60))


@dataclass(frozen=True, slots=True)
class Processing:
    """What is done with the records, in this order.

    Attributes:
        unpack: whether they are gunzipped
        messages: whether only the messages of CloudWatch Logs are kept
        split: `JSON`, a delimiter, or None
        transformation: by a function
        query: for the partition keys
        delimiter: written behind each record
    """

    unpack: bool = False
    messages: bool = False
    split: str | bytes | None = None
    transformation: Transformation | None = None
    query: str | None = None
    delimiter: bytes = b""

    @property
    def intake(self) -> BufferingHints | None:
        """What is collected before it begins, None where there is nothing to do."""
        if self == Processing():
            return None
        return self.transformation.hints if self.transformation else BufferingHints(1, 0)


def parse(config: Mapping[str, Any] | None, *, partitioned: bool) -> Processing:
    """Check a ProcessingConfiguration.

    Args:
        partitioned: whether dynamic partitioning is enabled

    Raises:
        InvalidArgumentException: what is not valid on AWS
    """
    processors = _processors((config or {}).get("Processors") or [])
    if not (config or {}).get("Enabled", False):
        return Processing()
    for kind in _ONLY_PARTITIONED:
        if kind in processors and not partitioned:
            raise InvalidArgumentException(
                f"class com.amazonaws.services.firehose.internal.model.{kind}Processor can only "
                "be present when Dynamic Partitioning is enabled."
            )
    unpack = processors.get("Decompression")
    if unpack is not None:
        _one_of("CompressionFormat", unpack["CompressionFormat"], ("GZIP",))
    messages = processors.get("CloudWatchLogProcessing")
    if messages is not None:
        _one_of("DataMessageExtraction", messages["DataMessageExtraction"].lower(), ("true",))
        if unpack is None:
            raise InvalidArgumentException(
                "CloudWatchLogProcessing needs the processor Decompression beside it"
            )
    return Processing(
        unpack=unpack is not None,
        messages=messages is not None,
        split=_split(processors.get("RecordDeAggregation")),
        transformation=_transformation(processors.get("Lambda")),
        query=_query(processors.get("MetadataExtraction")),
        delimiter=_delimiter(processors.get("AppendDelimiterToRecord")),
    )


def _processors(given: list[Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for processor in given:
        kind = processor.get("Type")
        if kind not in PROCESSORS:
            raise InvalidArgumentException(
                f"Processor type '{kind}' is not valid; valid: {', '.join(PROCESSORS)}"
            )
        if kind in found:
            raise InvalidArgumentException(f"Processor {kind} is given more than once")
        found[kind] = _parameters(kind, processor.get("Parameters") or [])
    return found


def _parameters(kind: str, given: list[Any]) -> dict[str, str]:
    known, found = PROCESSORS[kind], dict[str, str]()
    for parameter in given:
        name, value = parameter.get("ParameterName"), str(parameter.get("ParameterValue", ""))
        if name not in known:
            raise InvalidArgumentException(
                f"Parameter '{name}' is not valid for the processor {kind}; "
                f"valid: {', '.join(known)}"
            )
        if not value.strip() and name != "Delimiter":
            raise InvalidArgumentException(f"Parameter {name} of {kind} must not be empty")
        found[name] = value
    for name, need in known.items():
        if need == REQUIRED and name not in found:
            raise InvalidArgumentException(f"The processor {kind} needs the parameter {name}")
    return found


def _transformation(parameters: dict[str, str] | None) -> Transformation | None:
    if parameters is None:
        return None
    arn = parameters["LambdaArn"]
    if not _LAMBDA_ARN.fullmatch(arn):
        raise InvalidArgumentException(f"LambdaArn '{arn}' is not the ARN of a function")
    size = _number("BufferSizeInMBs", parameters.get("BufferSizeInMBs", "1"), 0.2, 3)
    interval = _number(
        "BufferIntervalInSeconds", parameters.get("BufferIntervalInSeconds", "60"), 0, 900
    )
    retries = _number("NumberOfRetries", parameters.get("NumberOfRetries", "3"), 0, 300)
    if retries != int(retries):
        raise InvalidArgumentException(f"NumberOfRetries {retries} is not a whole number")
    return Transformation(arn, int(retries), BufferingHints(size, interval))


def _query(parameters: dict[str, str] | None) -> str | None:
    if parameters is None:
        return None
    _one_of("JsonParsingEngine", parameters["JsonParsingEngine"], (ENGINE,))
    query = parameters["MetadataExtractionQuery"]
    if len(query) > _MAX_QUERY_CHARACTERS:
        raise InvalidArgumentException(
            f"MetadataExtractionQuery has {len(query)} characters; valid: up to "
            f"{_MAX_QUERY_CHARACTERS}"
        )
    return query


def _split(parameters: dict[str, str] | None) -> str | bytes | None:
    if parameters is None:
        return None
    kind = parameters["SubRecordType"].upper()
    _one_of("SubRecordType", kind, (JSON, DELIMITED))
    if (kind == DELIMITED) != ("Delimiter" in parameters):
        raise InvalidArgumentException(
            f"Delimiter must be given with SubRecordType {DELIMITED} and only then"
        )
    if kind == JSON:
        return JSON
    try:
        delimiter = base64.b64decode(parameters["Delimiter"], validate=True)
    except (binascii.Error, ValueError):
        delimiter = b""
    if not delimiter:
        raise InvalidArgumentException(
            f"Delimiter '{parameters['Delimiter']}' of RecordDeAggregation is not in base64"
        )
    return delimiter


def _delimiter(parameters: dict[str, str] | None) -> bytes:
    if parameters is None:
        return b""
    # Templates write the two characters of an escape as well as the character itself.
    text = parameters.get("Delimiter") or "\\n"
    return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").encode()


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise InvalidArgumentException(f"{name} {text} is not between {least} and {most}")
    return value


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise InvalidArgumentException(f"{name} '{value}' is not valid; valid: {', '.join(valid)}")
