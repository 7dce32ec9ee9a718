"""InvokeEndpoint: one request to a container, its answer or its error as AWS words it.

Amazon SageMaker Runtime API Reference, "InvokeEndpoint".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localstack.aws.api import CommonServiceException, ServiceException

from lakestack.services.arns import arn
from lakestack.services.base import aws_error
from lakestack.services.sagemaker import container as containers
from lakestack.services.sagemaker.container import Answer, InvocationError, UnavailableError
from lakestack.services.sagemaker.hosting import LOG_GROUP, Variant
from lakestack.services.sagemaker.state import SagemakerState

MAX_BODY = 6_291_456  # bytes; the API model's limit ("Body")
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
UNSUPPORTED = (
    "TargetModel",
    "TargetContainerHostname",
    "EnableExplanations",
    "InferenceComponentName",
    "SessionId",
)
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class ModelError(ServiceException):
    """The container answered with an error, or not at all."""

    code = "ModelError"
    status_code = 424
    sender_fault = True

    def __init__(self, state: SagemakerState, endpoint: str, status: int, message: str) -> None:
        group = f"{LOG_GROUP}/{endpoint}"
        kind = "client" if 400 <= status < 500 else "server"
        super().__init__(
            f'Received {kind} error ({status}) from primary with message "{message}". See '
            f"https://{state.region}.console.aws.amazon.com/cloudwatch/home?region={state.region}"
            f"#logEventViewer:group={group} in account {state.account} for more information."
        )
        self.Message = self.message
        self.OriginalStatusCode = status
        self.OriginalMessage = message
        self.LogStreamArn = arn("logs", state.region, state.account, f"log-group:{group}")


def invoke(state: SagemakerState, request: dict[str, Any]) -> dict[str, Any]:
    """Answer InvokeEndpoint.

    Raises:
        ServiceException: ValidationError (no such endpoint or variant, body too large),
            ServiceUnavailable (the container is being restarted), ModelError
    """
    name = request["EndpointName"]
    body = _body(request.get("Body") or b"")
    for feature in UNSUPPORTED:
        if request.get(feature):
            raise aws_error("ValidationError", f"The emulator does not support {feature}")
    with _destination(state, name, request.get("TargetVariant")) as variant:
        answer = _ask(state, name, variant, body, _headers(request))
    if answer.status >= 300:
        said = answer.body[:4096].decode(errors="replace")
        raise ModelError(state, name, answer.status, said)
    response = {
        "Body": answer.body,
        "ContentType": answer.headers.get("Content-Type", ""),
        "InvokedProductionVariant": variant.name,
    }
    if ATTRIBUTES in answer.headers:
        response["CustomAttributes"] = answer.headers[ATTRIBUTES]
    return response


def _body(given: Any) -> bytes:
    """The payload: LocalStack hands over bytes or the request's stream."""
    body = bytes(given.read(MAX_BODY + 1) if hasattr(given, "read") else given)
    if len(body) > MAX_BODY:
        raise aws_error("ValidationError", f"Request size exceeds {MAX_BODY} bytes", 413)
    return body


@contextmanager
def _destination(state: SagemakerState, name: str, target: str | None) -> Iterator[Variant]:
    """The variant that answers; it stays for as long as that takes."""
    missing = aws_error("ValidationError", f"Endpoint {name} of account {state.account} not found.")
    endpoint = state.endpoints.get(name)
    if endpoint is None:
        raise missing
    with endpoint.request() as deployment:
        if deployment is None:
            raise missing
        if endpoint.status == "Failed":
            raise _unavailable(f"Endpoint {name} has failed: {endpoint.failure_reason}")
        variant = deployment.choose(target)
        if variant is None:
            raise aws_error("ValidationError", f"Variant {target} not found for endpoint {name}.")
        yield variant


def _ask(
    state: SagemakerState, name: str, variant: Variant, body: bytes, headers: dict[str, str]
) -> Answer:
    try:
        seconds = containers.INVOCATION_SECONDS
        return variant.next_container().invoke(body, headers, seconds)
    except UnavailableError as e:
        raise _unavailable(f"The service is unavailable: {e}. Please retry.") from e
    except InvocationError as e:
        if e.timed_out:
            raise ModelError(state, name, 0, _TIMED_OUT) from e
        raise ModelError(state, name, 500, f"{e} while it answered; see its log") from e


def _unavailable(message: str) -> CommonServiceException:
    error = aws_error("ServiceUnavailable", message, 503)
    error.sender_fault = False
    return error


def _headers(request: dict[str, Any]) -> dict[str, str]:
    headers = {"Content-Type": request.get("ContentType") or "application/octet-stream"}
    if request.get("Accept"):
        headers["Accept"] = request["Accept"]
    if request.get("CustomAttributes"):
        headers[ATTRIBUTES] = request["CustomAttributes"]
    if request.get("InferenceId"):
        headers["X-Amzn-SageMaker-Inference-Id"] = request["InferenceId"]
    return headers
