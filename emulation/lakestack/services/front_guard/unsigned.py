"""What AWS takes without a signature, and its answer to the rest.

Which operations need none is taken from botocore's models (``smithy.api#noAuth``: STS's
AssumeRoleWithWebIdentity, Cognito's sign-up and others).
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from botocore.model import OperationModel, ServiceModel
from localstack.aws.api import CommonServiceException
from localstack.aws.protocol.parser import RequestParserError, create_parser
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.protocol.service_router import (
    ProtocolError,
    determine_aws_protocol,
    determine_aws_service_model,
)
from localstack.aws.spec import get_service_catalog
from localstack.http import Request, Response
from localstack.utils.strings import long_uid

from lakestack.services.front_guard.signatures import Signed, form_signed, policy_signed

LOG = logging.getLogger(__name__)
FORM = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"
BEARER = "smithy.api#httpBearerAuth"
NO_AUTH = "smithy.api#noAuth"

BY_A_LINK = frozenset({("sns", "ConfirmSubscription"), ("sns", "Unsubscribe")})
"""Addresses in messages, for anybody who has them (SNS API Reference, "ConfirmSubscription" and
"Unsubscribe"); the models do not say it."""


def service_of(request: Request) -> ServiceModel | None:
    """Return the service that LocalStack finds a request to be for.

    It knows an unsigned DELETE of an object for nothing; on AWS what has a path and no other sign
    is S3's.
    """
    service = None
    try:
        service = determine_aws_service_model(request)
    except Exception:  # a body that is not what its content type says
        LOG.debug("no service found", exc_info=True)
    if service is None and request.path.strip("/"):
        return get_service_catalog().get("s3")
    return service


def accepted(request: Request, service: ServiceModel | None, how: Signed, told: bool) -> bool:
    """Whether AWS takes a request that no Authorization header signs.

    Args:
        how: as `signatures.signed` found it
        told: False for a browser that does not say which page is behind it: what anybody can write
            into an address then counts for no signature
    """
    reading = request.method in ("GET", "HEAD") and "Action" not in request.args
    if service is None:  # LocalStack answers 404
        return reading
    if service.service_name == "s3" and reading:  # of public objects, or by a presigned address
        return True
    if any(of == service.service_name for of, _ in BY_A_LINK) and _by_a_link(request, service):
        return True
    if how is Signed.BEARER:
        return told and takes_bearer(service)
    return told and (how is Signed.BY_QUERY or _taken_unsigned(request, service))


def _by_a_link(request: Request, service: ServiceModel) -> bool:
    operation = _operation(request, service) if request.method == "GET" else None
    return operation is not None and (service.service_name, operation.name) in BY_A_LINK


def _taken_unsigned(request: Request, service: ServiceModel) -> bool:
    if request.method == "POST" and request.mimetype == UPLOAD and service.service_name == "s3":
        return policy_signed(request.form)
    if request.method == "POST" and request.mimetype == FORM and form_signed(request.form):
        return True
    if not unsigned_operations(service):
        return False
    operation = _operation(request, service)
    return operation is not None and operation.name in unsigned_operations(service)


def takes_bearer(service: ServiceModel) -> bool:
    """Whether a service takes bearer tokens."""
    metadata = service.metadata
    return metadata.get("signatureVersion") == "bearer" or BEARER in metadata.get("auth", ())


@functools.cache
def unsigned_operations(service: ServiceModel) -> frozenset[str]:
    """Names of a service's operations that need no signature."""
    return frozenset(name for name in service.operation_names if _takes_unsigned(service, name))


def _takes_unsigned(service: ServiceModel, name: str) -> bool:
    operation = service.operation_model(name)
    return operation.auth_type == "none" or NO_AUTH in (operation.auth or ())


def _operation(request: Request, service: ServiceModel) -> OperationModel | None:
    try:
        protocol = determine_aws_protocol(request, service)
        operation, _ = create_parser(service, protocol).parse(request)
    except (RequestParserError, ProtocolError, CommonServiceException):
        return None
    return operation


def refusal(request: Request, service: ServiceModel | None) -> Response:
    """AWS's answer to a request without a signature, in the service's own protocol.

    IAM User Guide, "Common errors": MissingAuthenticationToken, 403; S3 API Reference, "List of
    error codes": AccessDenied.
    """
    if service is not None and service.service_name == "s3":
        error = CommonServiceException("AccessDenied", "Access Denied", 403, True)
    else:
        error = CommonServiceException(
            "MissingAuthenticationToken", "Missing Authentication Token", 403, True
        )
    if service is None:
        return Response(
            '{"__type": "MissingAuthenticationToken", "message": "Missing Authentication Token"}',
            status=403,
            mimetype="application/json",
        )
    return _serialized(error, request, service)


def _serialized(error: Any, request: Request, service: ServiceModel) -> Response:
    try:
        protocol = determine_aws_protocol(request, service)
    except ProtocolError:
        protocol = service.metadata["protocols"][0]
    # Any operation will do: the error is not in the model.
    operation = service.operation_model(service.operation_names[0])
    answer = create_serializer(service, protocol).serialize_error_to_response(
        error, operation, request.headers, long_uid()
    )
    answer.status_code = error.status_code  # LocalStack's CBOR serializer would say 400
    return answer
