"""What may be scaled, and between which capacities.

Application Auto Scaling API Reference, "RegisterScalableTarget"; messages as AWS users report them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from localstack.aws.api import CommonServiceException

from lakestack.services import arns
from lakestack.services.base import aws_error, client

_NOT_IN_THE_ID = ("custom-resource", "kafka", "comprehend")
"""Namespaces whose resource ids are an address or an ARN."""
_ROLES = {
    "appstream": "AppStreamFleet",
    "cassandra": "CassandraTable",
    "comprehend": "ComprehendEndpoint",
    "custom-resource": "CustomResource",
    "dynamodb": "DynamoDBTable",
    "ec2": "EC2SpotFleetRequest",
    "ecs": "ECSService",
    "elasticache": "ElastiCacheRG",
    "kafka": "KafkaCluster",
    "lambda": "LambdaConcurrency",
    "neptune": "NeptuneCluster",
    "rds": "RDSCluster",
    "sagemaker": "SageMakerEndpoint",
    "workspaces": "WorkSpacesPool",
}
"""Application Auto Scaling User Guide, "Service-linked roles for Application Auto Scaling"."""


def invalid(message: str) -> CommonServiceException:
    """ValidationException."""
    return aws_error("ValidationException", message)


def check_place(request: Mapping[str, Any]) -> None:
    """Namespace, resource id and dimension must belong together.

    Raises:
        CommonServiceException: ValidationException
    """
    namespace, kind, _ = request["ScalableDimension"].split(":")
    known = namespace == request["ServiceNamespace"]
    if not known or not (namespace in _NOT_IN_THE_ID or kind == _kind(request["ResourceId"])):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")


def _kind(resource: str) -> str:
    """The resource type in an id such as ``table/orders`` or ``table/orders/index/by-day``."""
    parts = resource.split("/") if "/" in resource else resource.split(":")
    inner = parts[0] in ("endpoint", "keyspace") or (parts[0] == "table" and len(parts) > 2)
    return parts[2] if inner and len(parts) > 2 else parts[0]


def check_table(account: str, region: str, request: Mapping[str, Any]) -> None:
    """A table of DynamoDB must be there, and its index; other services are not asked.

    Raises:
        CommonServiceException: ValidationException
    """
    if request["ServiceNamespace"] != "dynamodb":
        return
    resource = request["ResourceId"]
    parts = resource.split("/")
    try:
        dynamodb = client(account, region, "dynamodb")
        table = dynamodb.describe_table(TableName=parts[1] if len(parts) > 1 else "")["Table"]
    except (ClientError, ParamValidationError):
        raise invalid(f"DynamoDB table does not exist: {resource}") from None
    indexes = [each["IndexName"] for each in table.get("GlobalSecondaryIndexes") or ()]
    if len(parts) > 2 and parts[-1] not in indexes:
        raise invalid(f"DynamoDB index does not exist: {resource}")  # our guess at the words


def check_capacity(target: Mapping[str, Any]) -> None:
    """A target has both limits, the lower one first.

    Raises:
        CommonServiceException: ValidationException
    """
    low, high = target.get("MinCapacity"), target.get("MaxCapacity")
    if low is None or high is None:
        raise invalid("Both minimum and maximum capacity must be specified for a new target")
    if low < 0:
        raise invalid("Minimum capacity cannot be less than 0")
    if high < low:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


def check_action(action: Mapping[str, Any]) -> None:
    """A scheduled action says when, and to what capacity.

    Raises:
        CommonServiceException: ValidationException
    """
    if not action.get("Schedule"):
        raise invalid("Schedule is required for a new scheduled action")
    limits = action.get("ScalableTargetAction") or {}
    low, high = limits.get("MinCapacity"), limits.get("MaxCapacity")
    if low is None and high is None:
        raise invalid("At least one of minimum capacity and maximum capacity should be provided")
    if low is not None and high is not None and high < low:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


def role(account: str, region: str, namespace: str) -> str:
    """The role that a target has where none is given: the service's own.

    Raises:
        CommonServiceException: ValidationException, the service has none (EMR)
    """
    name = _ROLES.get(namespace)
    if name is None:
        raise invalid(f"RoleARN is required for service namespace: {namespace}")
    path = f"role/aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
    role_name = f"AWSServiceRoleForApplicationAutoScaling_{name}"
    return arns.global_arn("iam", region, account, f"{path}/{role_name}")
