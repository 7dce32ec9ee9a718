"""Tags of our resources; tags of what moto keeps are moto's."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.moto import call_moto

from lakestack.services.sagemaker.state import STORE, SagemakerState
from lakestack.services.sagemaker.validation import check_request, validation_error

MAX_TAGS = 50


def put(state: SagemakerState, arn: str, tags: list[dict[str, str]] | None) -> None:
    """Add tags to a resource; equal keys get the new value.

    Raises:
        CommonServiceException: ValidationException, more than 50 of them
    """
    with state.lock:
        merged = {**state.tags.get(arn, {}), **{t["Key"]: t["Value"] for t in tags or []}}
        if len(merged) > MAX_TAGS:
            raise validation_error(f"A resource has at most {MAX_TAGS} tags, not {len(merged)}.")
        state.tags[arn] = merged


def add(context: RequestContext, request: dict[str, Any]) -> Any:
    """AddTags."""
    state, arn = _state(context, request), request["ResourceArn"]
    if not state.owns(arn):
        return _of_moto(context, arn)
    put(state, arn, request["Tags"])
    return {"Tags": _as_list(state.tags[arn])}


def listed(context: RequestContext, request: dict[str, Any]) -> Any:
    """ListTags."""
    state, arn = _state(context, request), request["ResourceArn"]
    if not state.owns(arn):
        return _of_moto(context, arn)
    return {"Tags": _as_list(state.tags.get(arn, {}))}


def delete(context: RequestContext, request: dict[str, Any]) -> Any:
    """DeleteTags."""
    state, arn = _state(context, request), request["ResourceArn"]
    if not state.owns(arn):
        return _of_moto(context, arn)
    with state.lock:
        for key in request["TagKeys"]:
            state.tags.get(arn, {}).pop(key, None)
    return {}


def _of_moto(context: RequestContext, arn: str) -> Any:
    """Let moto answer; it knows no resource of this ARN by stumbling over None.

    Raises:
        CommonServiceException: ValidationException, there is no such resource
    """
    try:
        return call_moto(context)
    except (AttributeError, LookupError) as e:
        raise validation_error(f"Could not find resource '{arn}'.") from e


def _state(context: RequestContext, request: dict[str, Any]) -> SagemakerState:
    check_request(context.operation.input_shape, request)
    return STORE.get(context.account_id, context.region)


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
