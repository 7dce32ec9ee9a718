"""``AWS::Logs::MetricFilter``.

AWS CloudFormation Template Reference, "AWS::Logs::MetricFilter": Ref is the filter's name.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_LONGEST = 512
_MEMBERS = {
    "ApplyOnTransformedLogs": "applyOnTransformedLogs",
    "EmitSystemFieldDimensions": "emitSystemFieldDimensions",
    "FieldSelectionCriteria": "fieldSelectionCriteria",
    "FilterName": "filterName",
    "FilterPattern": "filterPattern",
    "LogGroupName": "logGroupName",
}
_TRANSFORMATION = {
    "DefaultValue": "defaultValue",
    "MetricName": "metricName",
    "MetricNamespace": "metricNamespace",
    "MetricValue": "metricValue",
    "Unit": "unit",
}


class MetricFilter(ModelResource):
    """Ref: the filter's name."""

    TYPE = "AWS::Logs::MetricFilter"
    IDENTIFIER = "FilterName"
    REPLACED_BY = ("FilterName", "LogGroupName")
    NOT_FOUND = ("ResourceNotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        made = generated_name(request.stack_name, request.logical_resource_id, _LONGEST)
        model.setdefault("FilterName", made)
        _put(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        model["FilterName"] = previous["FilterName"]
        _put(aws, model)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.logs.delete_metric_filter(
            logGroupName=model["LogGroupName"], filterName=model["FilterName"]
        )


def _put(aws: Any, model: Model) -> None:
    aws.logs.put_metric_filter(
        **{member: model[name] for name, member in _MEMBERS.items() if name in model},
        metricTransformations=[_transformation(each) for each in model["MetricTransformations"]],
    )


def _transformation(given: Model) -> dict[str, Any]:
    made = {member: given[name] for name, member in _TRANSFORMATION.items() if name in given}
    if dimensions := given.get("Dimensions"):
        made["dimensions"] = {each["Key"]: each["Value"] for each in dimensions}
    return made


MetricFilterPlugin = plugin(MetricFilter)
