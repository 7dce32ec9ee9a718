"""Scalable targets, policies and scheduled actions: kept and shown, nothing is scaled.

Application Auto Scaling API Reference; the words of errors are those that AWS's users report.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import unique

Aws = Callable[[str], Any]
READ = "dynamodb:table:ReadCapacityUnits"
USE = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


def table(aws: Aws) -> dict[str, str]:
    """A new table, as a place of the service."""
    name = unique("t")
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": READ,
    }


def refusal(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def shown(client: Any, place: dict[str, str]) -> dict[str, Any]:
    (found,) = client.describe_scalable_targets(
        ServiceNamespace=place["ServiceNamespace"], ResourceIds=[place["ResourceId"]]
    )["ScalableTargets"]
    return dict(found)


def test_a_target_is_registered_and_changed(aws: Aws) -> None:
    client, place = aws("application-autoscaling"), table(aws)
    made = client.register_scalable_target(**place, MinCapacity=1, MaxCapacity=9, Tags={"a": "b"})
    arn = made["ScalableTargetARN"]
    assert ":application-autoscaling:us-east-1:000000000000:scalable-target/" in arn
    found = shown(client, place)
    assert found["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 9)
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "b"}

    suspended = {"DynamicScalingInSuspended": True}
    again = client.register_scalable_target(**place, MaxCapacity=5, SuspendedState=suspended)
    assert again["ScalableTargetARN"] == arn
    found = shown(client, place)
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 5)
    assert found["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


def test_what_cannot_be_a_target(aws: Aws) -> None:
    client, place = aws("application-autoscaling"), table(aws)
    register, limits = client.register_scalable_target, {"MinCapacity": 1, "MaxCapacity": 2}
    missing = {**place, "ResourceId": "table/none"}
    assert refusal(register, **missing, **limits) == (
        "ValidationException",
        "DynamoDB table does not exist: table/none",
    )
    for wrong in ({"ServiceNamespace": "ecs"}, {"ResourceId": "dynamo/none"}):
        assert refusal(register, **{**place, **wrong}, **limits) == (
            "ValidationException",
            "Unsupported service namespace, resource type or scalable dimension",
        )
    code, said = refusal(register, **place, MinCapacity=3, MaxCapacity=2)
    assert (code, said) == (
        "ValidationException",
        "Maximum capacity cannot be less than minimum capacity",
    )
    assert refusal(register, **place, MinCapacity=3)[0] == "ValidationException"


def test_a_policy_keeps_its_arn_and_needs_a_target(aws: Aws) -> None:
    client, place = aws("application-autoscaling"), table(aws)
    policy = {
        "PolicyName": "by-use",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": USE,
    }
    assert refusal(client.put_scaling_policy, **place, **policy) == (
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: dynamodb, resource ID: "
        f"{place['ResourceId']}, scalable dimension: {READ}",
    )
    client.register_scalable_target(**place, MinCapacity=1, MaxCapacity=9)
    arn = client.put_scaling_policy(**place, **policy)["PolicyARN"]
    assert ":autoscaling:us-east-1:000000000000:scalingPolicy:" in arn
    assert arn.endswith(f":resource/dynamodb/{place['ResourceId']}:policyName/by-use")

    changed = {"TargetTrackingScalingPolicyConfiguration": {**USE, "TargetValue": 50.0}}
    assert client.put_scaling_policy(**place, PolicyName="by-use", **changed)["PolicyARN"] == arn
    asked = {"ServiceNamespace": "dynamodb", "ResourceId": place["ResourceId"]}
    (found,) = client.describe_scaling_policies(**asked, PolicyNames=["by-use"])["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50.0
    assert found["PolicyType"] == "TargetTrackingScaling"
    assert client.describe_scaling_activities(**asked)["ScalingActivities"] == []

    client.delete_scaling_policy(**place, PolicyName="by-use")
    code, said = refusal(client.delete_scaling_policy, **place, PolicyName="by-use")
    assert code == "ObjectNotFoundException"
    assert said.endswith(f"{READ}, policy name: by-use")


def test_a_target_takes_its_policies_and_actions_along(aws: Aws) -> None:
    client, place = aws("application-autoscaling"), table(aws)
    client.register_scalable_target(**place, MinCapacity=1, MaxCapacity=9)
    steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
    for name in ("one", "two"):
        client.put_scaling_policy(
            **place,
            PolicyName=name,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": steps,
            },
        )
    asked = {"ServiceNamespace": "dynamodb", "ResourceId": place["ResourceId"]}
    first = client.describe_scaling_policies(**asked, MaxResults=1)
    second = client.describe_scaling_policies(**asked, NextToken=first["NextToken"])
    pages = [each["PolicyName"] for page in (first, second) for each in page["ScalingPolicies"]]
    assert pages == ["one", "two"]
    assert "NextToken" not in second

    start = datetime(2027, 1, 1, tzinfo=UTC)
    action = {**place, "ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)"}
    _, said = refusal(client.put_scheduled_action, **action)
    assert said == "At least one of minimum capacity and maximum capacity should be provided"
    client.put_scheduled_action(
        **action, StartTime=start, ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 1}
    )
    (found,) = client.describe_scheduled_actions(**asked)["ScheduledActions"]
    assert (found["StartTime"], found["ScalableTargetAction"]["MinCapacity"]) == (start, 0)

    client.deregister_scalable_target(**place)
    assert client.describe_scaling_policies(**asked)["ScalingPolicies"] == []
    assert client.describe_scheduled_actions(**asked)["ScheduledActions"] == []
    assert refusal(client.deregister_scalable_target, **place) == (
        "ObjectNotFoundException",
        "No scalable target found for service namespace: dynamodb, resource ID: "
        f"{place['ResourceId']}, scalable dimension: {READ}",
    )
