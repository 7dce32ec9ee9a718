"""A table that scales, from a template.

AWS CloudFormation Template Reference, "AWS::ApplicationAutoScaling::ScalableTarget" and
"AWS::ApplicationAutoScaling::ScalingPolicy".
"""

from __future__ import annotations

from typing import Any

from tests.contract.cloudformation.helpers import Aws, Stacks, outputs, template

READ = "dynamodb:table:ReadCapacityUnits"
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    },
}


def body(most: int, use: float, **target: Any) -> dict[str, Any]:
    """A table with a target and a policy; numbers as texts, as templates have them."""
    return template(
        {"Table": {"Ref": "Table"}, "Target": {"Ref": "Target"}, "Policy": {"Ref": "Policy"}},
        Table=TABLE,
        Target={
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "MaxCapacity": str(most),
                "MinCapacity": 1,
                "ResourceId": {"Fn::Sub": "table/${Table}"},
                "ScalableDimension": READ,
                "ServiceNamespace": "dynamodb",
                **target,
            },
        },
        Policy={
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "by-use",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": use,
                    "ScaleInCooldown": 60,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
                    },
                },
            },
        },
    )


def test_a_table_scales_by_a_template(stacks: Stacks, aws: Aws) -> None:
    night = {
        "ScheduledActionName": "night",
        "Schedule": "cron(0 20 * * ? *)",
        "ScalableTargetAction": {"MaxCapacity": 2},
    }
    stack = stacks.create(body(15, 50.0, ScheduledActions=[night]))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    made = outputs(stack)
    resource = f"table/{made['Table']}"
    assert made["Target"] == f"{resource}|{READ}|dynamodb"
    assert made["Policy"].endswith(f":resource/dynamodb/{resource}:policyName/by-use")
    client = aws("application-autoscaling")
    asked = {"ServiceNamespace": "dynamodb", "ResourceId": resource}

    def target() -> dict[str, Any]:
        (found,) = client.describe_scalable_targets(
            ServiceNamespace="dynamodb", ResourceIds=[resource]
        )["ScalableTargets"]
        return dict(found)

    assert target()["MaxCapacity"] == 15
    (action,) = client.describe_scheduled_actions(**asked)["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MaxCapacity": 2}

    stack = stacks.update(stack, body(20, 60.0))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == made
    assert target()["MaxCapacity"] == 20
    assert client.describe_scheduled_actions(**asked)["ScheduledActions"] == []
    (policy,) = client.describe_scaling_policies(**asked)["ScalingPolicies"]
    assert policy["PolicyARN"] == made["Policy"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 60.0

    stacks.delete(stack)
    assert client.describe_scaling_policies(**asked)["ScalingPolicies"] == []


def test_a_policy_without_a_target_says_what_it_needs(stacks: Stacks) -> None:
    broken = body(5, 50.0)
    del broken["Resources"]["Policy"]["Properties"]["ScalingTargetId"]
    stack = stacks.create(broken)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "all three of [ResourceId, ScalableDimension, ServiceNamespace]" in stacks.reason(
        stack, "Policy"
    )
