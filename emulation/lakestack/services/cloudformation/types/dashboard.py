"""``AWS::CloudWatch::Dashboard``.

AWS CloudFormation Template Reference, "AWS::CloudWatch::Dashboard": Ref is the dashboard's name.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class Dashboard(ModelResource):
    """Ref: the dashboard's name."""

    TYPE = "AWS::CloudWatch::Dashboard"
    IDENTIFIER = "DashboardName"
    REPLACED_BY = ("DashboardName",)
    NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        made = generated_name(request.stack_name, request.logical_resource_id)
        model.setdefault("DashboardName", made)
        _put(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        _put(aws, {**model, "DashboardName": previous["DashboardName"]})

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.cloudwatch.delete_dashboards(DashboardNames=[model["DashboardName"]])


def _put(aws: Any, model: Model) -> None:
    body = model["DashboardBody"]
    aws.cloudwatch.put_dashboard(
        DashboardName=model["DashboardName"],
        DashboardBody=body if isinstance(body, str) else json.dumps(body),
    )


DashboardPlugin = plugin(Dashboard)
