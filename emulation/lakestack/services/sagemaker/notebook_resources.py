"""CloudFormation types of notebook instances and their lifecycle configurations.

AWS CloudFormation Template Reference, "AWS::SageMaker::NotebookInstance" and
"AWS::SageMaker::NotebookInstanceLifecycleConfig".
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin
from lakestack.services.sagemaker.resources import change_tags

MAX_NAME = 63
_GONE = "RecordNotFound", "does not exist"
_CLEARED = {
    "LifecycleConfigName": "DisassociateLifecycleConfig",
    "AcceleratorTypes": "DisassociateAcceleratorTypes",
    "DefaultCodeRepository": "DisassociateDefaultCodeRepository",
    "AdditionalCodeRepositories": "DisassociateAdditionalCodeRepositories",
}


class NotebookInstance(ModelResource):
    """Ref: the instance's ARN. An update stops the instance, and starts it again."""

    TYPE = "AWS::SageMaker::NotebookInstance"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = (
        *("KmsKeyId", "NotebookInstanceName", "SecurityGroupIds", "SubnetId"),
        *("DirectInternetAccess", "PlatformIdentifier"),
    )

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        if not model.get("NotebookInstanceName"):
            model["NotebookInstanceName"] = generated_name(
                request.stack_name, request.logical_resource_id, MAX_NAME
            )
        answer = aws.sagemaker.create_notebook_instance(**_without_id(model))
        model["Id"] = answer["NotebookInstanceArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        model.setdefault("NotebookInstanceName", previous["NotebookInstanceName"])
        name = model["NotebookInstanceName"]
        given: Model = {
            "InstanceType": model["InstanceType"],
            "RoleArn": model["RoleArn"],
            "VolumeSizeInGB": model.get("VolumeSizeInGB", 5),
            "RootAccess": model.get("RootAccess", "Enabled"),
        }
        optional = (*_CLEARED, "InstanceMetadataServiceConfiguration")
        given |= {k: model[k] for k in optional if model.get(k)}
        given |= {flag: True for k, flag in _CLEARED.items() if k in previous and k not in given}
        aws.sagemaker.stop_notebook_instance(NotebookInstanceName=name)
        aws.sagemaker.update_notebook_instance(NotebookInstanceName=name, **given)
        aws.sagemaker.start_notebook_instance(NotebookInstanceName=name)
        change_tags(aws, previous["Id"], previous.get("Tags"), model.get("Tags"))

    def delete_resource(self, aws: Any, model: Model) -> None:
        named = {"NotebookInstanceName": model["NotebookInstanceName"]}
        try:
            found = aws.sagemaker.describe_notebook_instance(**named)
            if found["NotebookInstanceStatus"] != "Stopped":
                aws.sagemaker.stop_notebook_instance(**named)
            aws.sagemaker.delete_notebook_instance(**named)
        except ClientError as e:
            _unless_gone(e)


class LifecycleConfig(ModelResource):
    """Ref: the configuration's ARN."""

    TYPE = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("NotebookInstanceLifecycleConfigName",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        if not model.get("NotebookInstanceLifecycleConfigName"):
            model["NotebookInstanceLifecycleConfigName"] = generated_name(
                request.stack_name, request.logical_resource_id, MAX_NAME
            )
        answer = aws.sagemaker.create_notebook_instance_lifecycle_config(**_without_id(model))
        model["Id"] = answer["NotebookInstanceLifecycleConfigArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        model.setdefault(
            "NotebookInstanceLifecycleConfigName", previous["NotebookInstanceLifecycleConfigName"]
        )
        aws.sagemaker.update_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=model["NotebookInstanceLifecycleConfigName"],
            OnCreate=model.get("OnCreate") or [],
            OnStart=model.get("OnStart") or [],
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        try:
            aws.sagemaker.delete_notebook_instance_lifecycle_config(
                NotebookInstanceLifecycleConfigName=model["NotebookInstanceLifecycleConfigName"]
            )
        except ClientError as e:
            _unless_gone(e)


def _without_id(model: Model) -> Model:
    return {name: value for name, value in model.items() if name != "Id"}


def _unless_gone(error: ClientError) -> None:
    if not any(words in error.response["Error"]["Message"] for words in _GONE):
        raise error


NotebookInstancePlugin = plugin(NotebookInstance)
LifecycleConfigPlugin = plugin(LifecycleConfig)
