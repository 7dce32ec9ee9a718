"""``AWS::Logs::SubscriptionFilter`` under its own name, with its role, changed in place.

LocalStack's type names every filter as its log group. AWS CloudFormation Template Reference,
"AWS::Logs::SubscriptionFilter": Ref is the filter's name.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.logs.resource_providers.aws_logs_subscriptionfilter import (
    LogsSubscriptionFilterProvider,
)

from lakestack.services.cloudformation.generated_names import generated_name

Model = dict[str, Any]

_MEMBERS = {
    "ApplyOnTransformedLogs": "applyOnTransformedLogs",
    "DestinationArn": "destinationArn",
    "Distribution": "distribution",
    "EmitSystemFields": "emitSystemFields",
    "FieldSelectionCriteria": "fieldSelectionCriteria",
    "FilterName": "filterName",
    "FilterPattern": "filterPattern",
    "LogGroupName": "logGroupName",
    "RoleArn": "roleArn",
}


class SubscriptionFilter(LogsSubscriptionFilterProvider):  # type: ignore[misc]
    """Ref: the filter's name."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        model.setdefault(
            "FilterName", generated_name(request.stack_name, request.logical_resource_id)
        )
        return _put(request, model)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        previous = request.previous_state or {}
        return _put(request, {"FilterName": previous.get("FilterName"), **request.desired_state})

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        request.aws_client_factory.logs.delete_subscription_filter(
            logGroupName=model["LogGroupName"], filterName=model["FilterName"]
        )
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={})


def _put(request: ResourceRequest[Model], model: Model) -> ProgressEvent[Model]:
    given = {member: model[name] for name, member in _MEMBERS.items() if name in model}
    request.aws_client_factory.logs.put_subscription_filter(**given)
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
