"""What Invoke refuses before a function sees it.

AWS Lambda API Reference, "Invoke"; AWS Lambda Developer Guide, "Lambda quotas"; messages as clients
of AWS report them.
"""

from __future__ import annotations

import io
import json
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.lambda_ import (
    InvalidRequestContentException,
    InvocationType,
    ResourceNotFoundException,
)
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.models import lambda_stores

MAX_BYTES = {InvocationType.RequestResponse: 6 * 1024 * 1024, InvocationType.Event: 1024 * 1024}


class InvocationOperations:
    """Goes before LocalStack's provider."""

    def invoke(
        self,
        context: RequestContext,
        function_name: str,
        invocation_type: str | None = None,
        log_type: str | None = None,
        client_context: str | None = None,
        payload: Any = None,
        qualifier: str | None = None,
        **given: Any,
    ) -> Any:
        body = payload.read() if payload else None
        check_payload(body or b"", invocation_type or InvocationType.RequestResponse)
        check_version(context, function_name, qualifier)
        provider: Any = super()
        return provider.invoke(
            context,
            function_name,
            invocation_type,
            log_type,
            client_context,
            io.BytesIO(body) if body is not None else None,
            qualifier,
            **given,
        )


def check_payload(body: bytes, invocation_type: str) -> None:
    """A payload is JSON, and not too large.

    Raises:
        CommonServiceException: RequestEntityTooLargeException
        InvalidRequestContentException: not JSON
    """
    limit = MAX_BYTES.get(invocation_type, MAX_BYTES[InvocationType.RequestResponse])
    if len(body) > limit:
        raise CommonServiceException(
            "RequestEntityTooLargeException",
            f"{len(body)} byte payload is too large for the {invocation_type} invocation type "
            f"(limit {limit} bytes)",
            status_code=413,
            sender_fault=True,
        )
    if not body.strip():
        return
    try:
        json.loads(body)
    except (ValueError, RecursionError) as e:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {e}",
            Type="User",
        ) from e


def check_version(context: RequestContext, function_name: str, qualifier: str | None) -> None:
    """A function must be there, and a version that is named; LocalStack stumbles over none.

    Raises:
        ResourceNotFoundException: it is not; of a function without a qualifier ``$LATEST`` is
            named, as a test of LocalStack recorded it in 2025 (test_invoke_exceptions)
    """
    account, region = api_utils.get_account_and_region(function_name, context)
    name, version = api_utils.get_name_and_qualifier(function_name, qualifier, context)
    function = lambda_stores[account][region].functions.get(name)
    if function is not None and not (version and api_utils.qualifier_is_version(version)):
        return
    if function is None or version not in function.versions:
        arn = api_utils.qualified_lambda_arn(name, version or "$LATEST", account, region)
        raise ResourceNotFoundException(f"Function not found: {arn}", Type="User")
