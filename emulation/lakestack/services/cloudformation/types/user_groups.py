"""``AWS::IAM::UserToGroupAddition``.

AWS CloudFormation Template Reference, the type: Ref is an id that CloudFormation makes.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class UserToGroupAddition(ModelResource):
    """Ref: an id that CloudFormation makes."""

    TYPE = "AWS::IAM::UserToGroupAddition"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    NOT_FOUND = ("NoSuchEntity",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        for user in model["Users"]:
            aws.iam.add_user_to_group(GroupName=model["GroupName"], UserName=user)
        model["Id"] = generated_name(request.stack_name, request.logical_resource_id)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        old, new = (
            {(each["GroupName"], user) for user in each["Users"]} for each in (previous, model)
        )
        for group, user in sorted(new - old):
            aws.iam.add_user_to_group(GroupName=group, UserName=user)
        for group, user in sorted(old - new):
            aws.iam.remove_user_from_group(GroupName=group, UserName=user)

    def delete_resource(self, aws: Any, model: Model) -> None:
        for user in model["Users"]:
            aws.iam.remove_user_from_group(GroupName=model["GroupName"], UserName=user)


UserToGroupAdditionPlugin = plugin(UserToGroupAddition)
