"""CloudFormation resource types of SageMaker: Model, EndpointConfig, Endpoint, ModelPackageGroup.

AWS CloudFormation User Guide, "Amazon SageMaker AI resource type reference": Ref gives the ARN,
Fn::GetAtt the name. A Model or EndpointConfig whose name CloudFormation made up is replaced by one
with a new name when it changes; one with a name of its own cannot be replaced under that name.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model as Properties
from lakestack.services.cloudformation.resource import ModelResource, plugin
from lakestack.services.sagemaker.endpoint import IN_PROGRESS

POLL_SECONDS = 0.05
# Short waits are done here: the engine's own loop sleeps for seconds between two looks.
WAIT_SECONDS = 30.0


def change_tags(aws: Any, arn: str, old: Any, new: Any) -> None:
    """Bring the tags of a resource from those of the former template to those of this one."""
    kept = [tag["Key"] for tag in new or []]
    if gone := [tag["Key"] for tag in old or [] if tag["Key"] not in kept]:
        aws.sagemaker.delete_tags(ResourceArn=arn, TagKeys=gone)
    if new:
        aws.sagemaker.add_tags(ResourceArn=arn, Tags=new)


class _Named:
    """Mixin: a type with a name property and an ARN that Ref returns."""

    TYPE: ClassVar[str]
    IDENTIFIER: ClassVar[str]
    NAME: ClassVar[str]
    PROPERTIES: ClassVar[tuple[str, ...]]

    def create_resource(self, aws: Any, model: Properties, request: ResourceRequest[Any]) -> None:
        if not model.get(self.NAME):
            model[self.NAME] = generated_name(request.stack_name, request.logical_resource_id)
        self.create_named(aws, model)

    def create_named(self, aws: Any, model: Properties) -> None:
        """Create what `model` describes and put its ARN there."""
        raise NotImplementedError

    def delete_named(self, aws: Any, name: str) -> None:
        """Delete by name."""
        raise NotImplementedError

    def delete_resource(self, aws: Any, model: Properties) -> None:
        if not model.get(self.NAME):
            return  # it never came to be
        try:
            self.delete_named(aws, model[self.NAME])
        except ClientError as e:
            if "Could not find" not in e.response["Error"]["Message"]:
                raise

    def given(self, model: Properties) -> Properties:
        """The properties that are parameters of the service's Create operation."""
        return {k: model[k] for k in self.PROPERTIES if model.get(k) is not None}

    def retag(self, aws: Any, arn: str, model: Properties, previous: Properties) -> None:
        """Bring the tags from `previous` to `model`."""
        change_tags(aws, arn, previous.get("Tags"), model.get("Tags"))


class _Immutable(_Named):
    """Mixin: a type that the service cannot change.

    So the engine makes a new one, and deletes the old one once the whole stack is updated: in a
    rollback the old one is still there.
    """

    def update_resource(self, aws: Any, model: Properties, previous: Properties) -> None:
        model[self.NAME] = previous[self.NAME]
        self.retag(aws, previous[self.IDENTIFIER], model, previous)


class Model(_Immutable, ModelResource):
    """AWS::SageMaker::Model."""

    TYPE = "AWS::SageMaker::Model"
    IDENTIFIER = "ModelArn"
    NAME = "ModelName"
    PROPERTIES = (
        "ModelName",
        "PrimaryContainer",
        "Containers",
        "InferenceExecutionConfig",
        "ExecutionRoleArn",
        "Tags",
        "VpcConfig",
        "EnableNetworkIsolation",
    )
    REPLACED_BY = tuple(name for name in PROPERTIES if name != "Tags")

    def create_named(self, aws: Any, model: Properties) -> None:
        model["ModelArn"] = aws.sagemaker.create_model(**self.given(model))["ModelArn"]

    def delete_named(self, aws: Any, name: str) -> None:
        aws.sagemaker.delete_model(ModelName=name)


class EndpointConfig(_Immutable, ModelResource):
    """AWS::SageMaker::EndpointConfig."""

    TYPE = "AWS::SageMaker::EndpointConfig"
    IDENTIFIER = "EndpointConfigArn"
    NAME = "EndpointConfigName"
    PROPERTIES = (
        "EndpointConfigName",
        "ProductionVariants",
        "ShadowProductionVariants",
        "DataCaptureConfig",
        "AsyncInferenceConfig",
        "ExplainerConfig",
        "KmsKeyId",
        "ExecutionRoleArn",
        "VpcConfig",
        "EnableNetworkIsolation",
        "Tags",
    )
    REPLACED_BY = tuple(name for name in PROPERTIES if name != "Tags")

    def create_named(self, aws: Any, model: Properties) -> None:
        created = aws.sagemaker.create_endpoint_config(**self.given(model))
        model["EndpointConfigArn"] = created["EndpointConfigArn"]

    def delete_named(self, aws: Any, name: str) -> None:
        aws.sagemaker.delete_endpoint_config(EndpointConfigName=name)


class Endpoint(_Named, ModelResource):
    """AWS::SageMaker::Endpoint; an update to another EndpointConfigName keeps it answering."""

    TYPE = "AWS::SageMaker::Endpoint"
    IDENTIFIER = "EndpointArn"
    NAME = "EndpointName"
    PROPERTIES = ("EndpointName", "EndpointConfigName", "DeploymentConfig", "Tags")
    UPDATES = (
        "DeploymentConfig",
        "RetainAllVariantProperties",
        "ExcludeRetainedVariantProperties",
    )

    def create_named(self, aws: Any, model: Properties) -> None:
        model["EndpointArn"] = aws.sagemaker.create_endpoint(**self.given(model))["EndpointArn"]

    def update_resource(self, aws: Any, model: Properties, previous: Properties) -> None:
        name = previous[self.NAME]
        if model.setdefault(self.NAME, name) != name:
            raise ValueError(
                f"{self.TYPE}: a change of {self.NAME} needs a replacement; "
                "give the resource a new logical id"
            )
        self.retag(aws, previous[self.IDENTIFIER], model, previous)
        current = _settled(aws, name)
        if current["EndpointConfigName"] != model["EndpointConfigName"]:
            more = {k: model[k] for k in self.UPDATES if model.get(k) is not None}
            aws.sagemaker.update_endpoint(
                EndpointName=name, EndpointConfigName=model["EndpointConfigName"], **more
            )

    def is_ready(self, aws: Any, model: Properties) -> bool:
        found = _settled(aws, model[self.NAME])
        if found["EndpointStatus"] in IN_PROGRESS:
            return False
        wanted = found["EndpointConfigName"] == model["EndpointConfigName"]
        if found["EndpointStatus"] != "InService" or not wanted:
            raise ValueError(found.get("FailureReason") or f"Endpoint is {found['EndpointStatus']}")
        return True

    def delete_named(self, aws: Any, name: str) -> None:
        _settled(aws, name)
        aws.sagemaker.delete_endpoint(EndpointName=name)


class ModelPackageGroup(_Immutable, ModelResource):
    """AWS::SageMaker::ModelPackageGroup; one that still has versions is not deleted, as on AWS."""

    TYPE = "AWS::SageMaker::ModelPackageGroup"
    IDENTIFIER = "ModelPackageGroupArn"
    NAME = "ModelPackageGroupName"
    PROPERTIES = ("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags")
    READ_ONLY = ("CreationTime", "ModelPackageGroupArn", "ModelPackageGroupStatus")
    REPLACED_BY = ("ModelPackageGroupName", "ModelPackageGroupDescription")

    def create_named(self, aws: Any, model: Properties) -> None:
        answer = aws.sagemaker.create_model_package_group(**self.given(model))
        model["ModelPackageGroupArn"] = answer["ModelPackageGroupArn"]
        made = aws.sagemaker.describe_model_package_group(ModelPackageGroupName=model[self.NAME])
        model["ModelPackageGroupStatus"] = made["ModelPackageGroupStatus"]
        model["CreationTime"] = made["CreationTime"].isoformat()

    def delete_named(self, aws: Any, name: str) -> None:
        aws.sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def _settled(aws: Any, name: str) -> Properties:
    """The endpoint's description once it is not changing, or after WAIT_SECONDS as it is then."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found: Properties = aws.sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] not in IN_PROGRESS or time.monotonic() > deadline:
            return found
        time.sleep(POLL_SECONDS)


ModelPlugin = plugin(Model)
EndpointConfigPlugin = plugin(EndpointConfig)
EndpointPlugin = plugin(Endpoint)
ModelPackageGroupPlugin = plugin(ModelPackageGroup)
