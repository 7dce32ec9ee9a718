"""The destination "HTTP endpoint": its configuration, and its requests.

Amazon Data Firehose Developer Guide, "Understand HTTP endpoint delivery request and response
specifications". Only what is on this machine is asked: loopback, and names of AWS, which lead to
the emulator (an API, a function URL).
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack import clock
from lakestack.services import local_endpoint
from lakestack.services.base import client
from lakestack.services.firehose import processing
from lakestack.services.firehose.buffer import Batch, BufferingHints
from lakestack.services.firehose.destination import DESTINATION_ID, retry_seconds
from lakestack.services.firehose.processing import Processing
from lakestack.services.firehose.s3_output import (
    LogTarget,
    S3Output,
    described_hints,
    hints_of,
    log_target,
)
from lakestack.services.local_endpoint import UnreachableError

HTTP_ENDPOINT = "HttpEndpointDestination"
FAILED_ONLY, ALL = "FailedDataOnly", "AllData"
PROTOCOL_VERSION = "1.0"
ANSWER_SECONDS = 180
"""An endpoint has three minutes."""

MAX_ANSWER_BYTES = 1024 * 1024
MAX_ATTRIBUTES = 50
MAX_URL = 1000
_LARGEST_SIZE_MB = 64
_TOO_LARGE = 413


class DeliveryError(Exception):
    """A request that the endpoint did not take.

    Args:
        code: AWS's name of the error
        retried: whether the same request is sent again
    """

    def __init__(self, code: str, message: str, *, retried: bool = True) -> None:
        super().__init__(message)
        self.code, self.retried = code, retried


@dataclass(frozen=True)
class HttpDestination:
    """A checked HTTP endpoint.

    Attributes:
        errors: where records lie that the endpoint did not take in time
        backup: where all records lie, None if only those that failed
        secret: of an access key, None where it is given or there is none
    """

    config: dict[str, Any]
    url: str
    hints: BufferingHints
    processing: Processing
    errors: S3Output
    backup: S3Output | None
    log_target: LogTarget | None
    packed: bool
    attributes: dict[str, str]
    retry_seconds: float
    secret: str | None
    kind: str = HTTP_ENDPOINT

    @classmethod
    def parse(cls, config: dict[str, Any]) -> HttpDestination:
        """Check a configuration.

        Raises:
            InvalidArgumentException: not valid on AWS, or an endpoint on another machine
        """
        endpoint = config.get("EndpointConfiguration") or {}
        request = config.get("RequestConfiguration") or {}
        encoding = request.get("ContentEncoding") or "NONE"
        if encoding not in ("NONE", "GZIP"):
            raise InvalidArgumentException(
                f"ContentEncoding '{encoding}' is not valid; valid: NONE, GZIP"
            )
        mode = config.get("S3BackupMode") or FAILED_ONLY
        if mode not in (FAILED_ONLY, ALL):
            raise InvalidArgumentException(
                f"S3BackupMode '{mode}' is not valid; valid: {FAILED_ONLY}, {ALL}"
            )
        if not config.get("S3Configuration"):
            raise InvalidArgumentException("S3Configuration must be specified")
        output = S3Output.parse(config["S3Configuration"])
        return cls(
            config=config,
            url=_checked_url(endpoint.get("Url") or ""),
            hints=hints_of(config.get("BufferingHints") or {}, 5, _LARGEST_SIZE_MB),
            processing=processing.parse(config.get("ProcessingConfiguration"), partitioned=False),
            errors=output,
            backup=output if mode == ALL else None,
            log_target=log_target(config),
            packed=encoding == "GZIP",
            attributes=_attributes(request.get("CommonAttributes") or []),
            retry_seconds=retry_seconds(config),
            secret=_secret(config, endpoint),
        )

    def updated(self, changes: dict[str, Any], kind: str) -> HttpDestination:  # noqa: ARG002
        """Return this destination with the given members replaced, the others kept.

        Raises:
            InvalidArgumentException: not valid on AWS
        """
        merged = {**self.config, **changes}
        if s3 := merged.pop("S3Update", None):
            merged["S3Configuration"] = {**self.config["S3Configuration"], **s3}
        return HttpDestination.parse(merged)

    def describe(self) -> dict[str, Any]:
        """Return the member of DescribeDeliveryStream's Destinations; without the access key."""
        description = {
            "CloudWatchLoggingOptions": {"Enabled": False},
            "ProcessingConfiguration": {"Enabled": False},
            "RequestConfiguration": {"ContentEncoding": "NONE", "CommonAttributes": []},
            "S3BackupMode": FAILED_ONLY,
            **self.config,
            "BufferingHints": described_hints(self.hints),
            "RetryOptions": {"DurationInSeconds": int(self.retry_seconds)},
            "EndpointConfiguration": {
                name: value
                for name, value in self.config["EndpointConfiguration"].items()
                if name != "AccessKey"
            },
            "S3DestinationDescription": self.errors.described(),
        }
        description.pop("S3Configuration")
        return {
            "DestinationId": DESTINATION_ID,
            "HttpEndpointDestinationDescription": description,
        }

    def access_key(self) -> str | None:
        """The value of X-Amz-Firehose-Access-Key.

        Raises:
            DeliveryError: the secret cannot be read
        """
        if self.secret is None:
            return self.config["EndpointConfiguration"].get("AccessKey") or None
        _, _, _, region, account, *_ = self.secret.split(":")
        try:
            found = client(account, region, "secretsmanager").get_secret_value(SecretId=self.secret)
            return str(json.loads(found["SecretString"])["api_key"])
        except Exception as e:
            raise DeliveryError(
                "HttpEndpoint.SecretUnreadable", f"the secret with api_key cannot be read: {e}"
            ) from e


def send(destination: HttpDestination, batch: Batch, stream_arn: str) -> None:
    """Send a batch; its key is the request's id, the same for each attempt.

    Raises:
        DeliveryError: any answer but 200 with the request's id
    """
    moment = clock.wall_ms()
    body = json.dumps(
        {
            "requestId": batch.key,
            "timestamp": moment,
            "records": [
                {"data": base64.b64encode(record.data).decode()} for record in batch.records
            ],
        }
    ).encode()
    headers = {
        "X-Amz-Firehose-Protocol-Version": PROTOCOL_VERSION,
        "X-Amz-Firehose-Request-Id": str(batch.key),
        "X-Amz-Firehose-Source-Arn": stream_arn,
        "Content-Type": "application/json",
        "User-Agent": "Amazon Kinesis Data Firehose Agent/1.0",
    }
    if (key := destination.access_key()) is not None:
        headers["X-Amz-Firehose-Access-Key"] = key
    if destination.attributes:
        headers["X-Amz-Firehose-Common-Attributes"] = json.dumps(
            {"commonAttributes": destination.attributes}
        )
    if destination.packed:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body)
    status, answer = _post(destination.url, body, headers)
    shown = answer[:1000].decode(errors="replace")
    if status != 200:
        raise DeliveryError(
            "HttpEndpoint.DestinationException",
            f"The following response was received from the endpoint destination. {status}: {shown}",
            retried=status != _TOO_LARGE,
        )
    _check_answer(answer, str(batch.key))


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    try:
        answer = local_endpoint.ask(
            "POST", url, body, headers, seconds=ANSWER_SECONDS, most=MAX_ANSWER_BYTES
        )
    except UnreachableError as e:
        code = "RequestTimeout" if e.late else "ConnectionFailed"
        raise DeliveryError(f"HttpEndpoint.{code}", str(e)) from e
    return answer.status, answer.body


def _check_answer(answer: bytes, request_id: str) -> None:
    reason = ""
    if len(answer) > MAX_ANSWER_BYTES:
        reason = f"it is larger than {MAX_ANSWER_BYTES} bytes"
    else:
        try:
            found = json.loads(answer)
            if not isinstance(found, dict) or found.get("requestId") != request_id:
                reason = "its requestId is not the request's"
            elif not isinstance(found.get("timestamp"), int | float):
                reason = "it has no timestamp"
        except (ValueError, RecursionError):
            reason = "it is not JSON"
    if reason:
        raise DeliveryError(
            "HttpEndpoint.InvalidResponseFromDestination",
            f"The response of the endpoint is not valid: {reason}",
        )


def _checked_url(url: str) -> str:
    fault = local_endpoint.fault_of(url)
    if fault is None and len(url) > MAX_URL:
        fault = f"is longer than {MAX_URL} characters"
    if fault is not None:
        raise InvalidArgumentException(f"Url '{url[:200]}' {fault}")
    return url


def _attributes(given: list[Any]) -> dict[str, str]:
    found = {each.get("AttributeName"): each.get("AttributeValue") for each in given}
    if len(found) < len(given) or len(found) > MAX_ATTRIBUTES or not all(found):
        raise InvalidArgumentException(
            f"CommonAttributes must have at most {MAX_ATTRIBUTES} names, each once"
        )
    return {str(name): str(value or "") for name, value in found.items()}


def _secret(config: dict[str, Any], endpoint: dict[str, Any]) -> str | None:
    given = config.get("SecretsManagerConfiguration") or {}
    if not given.get("Enabled"):
        return None
    arn = given.get("SecretARN") or ""
    if arn.count(":") < 6 or ":secretsmanager:" not in arn:
        raise InvalidArgumentException(f"SecretARN '{arn[:200]}' is not the ARN of a secret")
    if endpoint.get("AccessKey"):
        raise InvalidArgumentException(
            "AccessKey must not be given when SecretsManagerConfiguration is enabled"
        )
    return str(arn)
