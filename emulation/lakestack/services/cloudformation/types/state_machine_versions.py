"""``AWS::StepFunctions::StateMachineVersion`` and ``AWS::StepFunctions::StateMachineAlias``.

AWS CloudFormation Template Reference, the types: Ref of both is the ARN.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_LONGEST = 80


class StateMachineVersion(ModelResource):
    """Ref: the version's ARN."""

    TYPE = "AWS::StepFunctions::StateMachineVersion"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("Description", "StateMachineArn", "StateMachineRevisionId")
    NOT_FOUND = ("ResourceNotFound", "StateMachineDoesNotExist")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        given = {
            parameter: model[name]
            for name, parameter in (
                ("StateMachineArn", "stateMachineArn"),
                ("StateMachineRevisionId", "revisionId"),
                ("Description", "description"),
            )
            if name in model
        }
        answer = aws.stepfunctions.publish_state_machine_version(**given)
        model["Arn"] = answer["stateMachineVersionArn"]

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.stepfunctions.delete_state_machine_version(stateMachineVersionArn=model["Arn"])


class StateMachineAlias(ModelResource):
    """Ref: the alias's ARN."""

    TYPE = "AWS::StepFunctions::StateMachineAlias"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("Name",)
    NOT_FOUND = ("ResourceNotFound",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        made = generated_name(request.stack_name, request.logical_resource_id, _LONGEST)
        answer = aws.stepfunctions.create_state_machine_alias(
            name=model.setdefault("Name", made), **_settings(model)
        )
        model["Arn"] = answer["stateMachineAliasArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.stepfunctions.update_state_machine_alias(
            stateMachineAliasArn=previous["Arn"], **{"description": "", **_settings(model)}
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.stepfunctions.delete_state_machine_alias(stateMachineAliasArn=model["Arn"])


def _settings(model: Model) -> Model:
    """Description and routes; a deployment goes to its version at once.

    Raises:
        ValueError: neither routes nor a deployment
    """
    given = {"description": model["Description"]} if "Description" in model else {}
    routes = model.get("RoutingConfiguration")
    if deployment := model.get("DeploymentPreference"):
        routes = [{"StateMachineVersionArn": deployment["StateMachineVersionArn"], "Weight": 100}]
    if not routes:
        raise ValueError("an alias needs RoutingConfiguration or DeploymentPreference")
    given["routingConfiguration"] = [
        {"stateMachineVersionArn": each["StateMachineVersionArn"], "weight": int(each["Weight"])}
        for each in routes
    ]
    return given


StateMachineVersionPlugin = plugin(StateMachineVersion)
StateMachineAliasPlugin = plugin(StateMachineAlias)
