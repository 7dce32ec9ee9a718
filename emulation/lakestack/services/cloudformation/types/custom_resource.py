"""CloudFormation custom resources, which really call their function.

``Ref`` is the PhysicalResourceId, ``Fn::GetAtt`` reads Data. AWS CloudFormation User Guide,
"AWS::CloudFormation::CustomResource" and "Custom resources".
"""

from __future__ import annotations

import uuid
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from lakestack.services.cloudformation.stack_notes import CANCELLED, notes_for
from lakestack.services.cloudformation.types.custom_resource_requests import (
    Answer,
    NoResponseError,
    UnreachableError,
    send,
)

Model = dict[str, Any]
ID = "PhysicalResourceId"
SENT = "__Properties"
"""Under this the model keeps what the function was last sent."""
ANSWERED = "__Answered"
MAX_TIMEOUT = 3600


class CustomResource(ResourceProvider[Model]):  # type: ignore[misc]
    """``AWS::CloudFormation::CustomResource`` and every ``Custom::*`` type."""

    TYPE = "AWS::CloudFormation::CustomResource"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": [f"/properties/{ID}"],
        "properties": {ID: {"type": "string"}},
        "handlers": {},
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        properties = strings(request.desired_state)
        outcome = _call(request, "Create", properties, {})
        model = _model(request, properties, outcome)
        if outcome.answer and outcome.answer.succeeded:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        # Rollback sends Delete for what may be half made, but not to a function that is not there.
        return _failed(outcome.reason, model if outcome.sent else {})

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        previous = request.previous_state or {}
        properties = strings({k: v for k, v in request.desired_state.items() if k in _own(request)})
        sent = previous.get(SENT) or {}
        if properties.get("ServiceToken") != sent.get("ServiceToken"):
            return _failed("Modifying service token is not allowed.", previous)
        old_id = previous.get(ID)
        outcome = _call(request, "Update", properties, {ID: old_id, "OldResourceProperties": sent})
        if not (outcome.answer and outcome.answer.succeeded):
            return _failed(outcome.reason, previous)
        # A new physical id supersedes the old one, which the deployment deletes at its end.
        return ProgressEvent(
            OperationStatus.SUCCESS, resource_model=_model(request, properties, outcome)
        )

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state or {}
        if SENT not in model:  # never created
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        outcome = _call(request, "Delete", model[SENT], {ID: model[ID]})
        if outcome.answer and outcome.answer.succeeded:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        if not outcome.answer and not model.get(ANSWERED):
            # A function that never worked cannot undo anything; the stack must still go.
            return ProgressEvent(
                OperationStatus.SUCCESS,
                resource_model={},
                message=f"never created, and deletion was not answered: {outcome.reason}",
            )
        return _failed(outcome.reason, model)


class CustomResourcePlugin(CloudFormationResourceProviderPlugin):  # type: ignore[misc]
    """Through this LocalStack finds the type."""

    name = CustomResource.TYPE

    def __init__(self) -> None:
        self.factory: type[CustomResource] | None = None

    def load(self) -> None:
        self.factory = CustomResource


class _Outcome:
    """What came of a request: an answer, or the reason why there is none."""

    def __init__(self, answer: Answer | None, reason: str, *, sent: bool = True) -> None:
        self.answer, self.reason, self.sent = answer, reason, sent


def strings(value: Any) -> Any:
    """Turn scalars into strings, as CloudFormation hands properties over."""
    if isinstance(value, dict):
        return {k: strings(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [strings(v) for v in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def timeout_of(properties: Model) -> int:
    """Read ServiceTimeout, in seconds.

    Raises:
        ValueError: not within 1 and 3600
    """
    given = properties.get("ServiceTimeout", MAX_TIMEOUT)
    try:
        seconds = int(given)
    except ValueError:
        seconds = 0
    if not 1 <= seconds <= MAX_TIMEOUT:
        raise ValueError(f"ServiceTimeout is {given}; valid are 1 to {MAX_TIMEOUT} seconds")
    return seconds


def _own(request: ResourceRequest[Model]) -> set[str]:
    return set(request.desired_state) - {SENT, ANSWERED}


def _call(request: ResourceRequest[Model], kind: str, properties: Model, extra: Model) -> _Outcome:
    if not properties.get("ServiceToken"):
        return _Outcome(None, "ServiceToken is required", sent=False)
    request_id = str(uuid.uuid4())
    message = {
        "RequestType": kind,
        "ServiceToken": properties["ServiceToken"],
        "RequestId": request_id,
        "StackId": request.stack_id,
        "ResourceType": request.resource_type,
        "LogicalResourceId": request.logical_resource_id,
        "ResourceProperties": properties,
        **extra,
    }
    notes = notes_for(request)

    def given_up() -> bool:
        return kind == "Create" and notes.stopped

    try:
        answer = send(message, timeout_of(properties), given_up)
    except (UnreachableError, ValueError) as e:
        return _Outcome(None, str(e), sent=False)
    except NoResponseError as e:
        return _Outcome(
            None,
            "CloudFormation did not receive a response from your Custom Resource: its function "
            f"failed. {e}",
        )
    except TimeoutError:
        if given_up():
            return _Outcome(None, CANCELLED)
        return _Outcome(
            None,
            "CloudFormation did not receive a response from your Custom Resource. Please check "
            f"your logs for requestId [{request_id}].",
        )
    return _Outcome(
        answer,
        f"Received response status [FAILED] from custom resource. Message returned: "
        f"{answer.reason} (RequestId: {request_id})",
    )


def _model(request: ResourceRequest[Model], properties: Model, outcome: _Outcome) -> Model:
    answer = outcome.answer
    physical_id = answer.physical_id if answer else None
    # CloudFormation makes an id for what failed without naming one, so that it can be deleted.
    made_up = f"{request.stack_name}-{request.logical_resource_id}-{uuid.uuid4().hex[:12].upper()}"
    return {
        **(strings(answer.data) if answer else {}),
        ID: physical_id or made_up,
        SENT: properties,
        ANSWERED: answer is not None,
    }


def _failed(reason: str, model: Model) -> ProgressEvent[Model]:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=reason)
