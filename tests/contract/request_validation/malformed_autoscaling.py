"""Right requests of Application Auto Scaling; see `malformed_bases`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.request_validation.malformed_values import ROLE, UNIQUE, Base
from tests.support import unique


def autoscaling(aws: Callable[[str], Any]) -> list[Base]:
    """A target that nothing looks up, and requests about it."""
    client = aws("application-autoscaling")
    place = {
        "ServiceNamespace": "lambda",
        "ResourceId": f"function:{unique('fz')}:live",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    suspended = {"SuspendedState": {"DynamicScalingInSuspended": True}}
    target = {**place, "MinCapacity": 1, "MaxCapacity": 2, **suspended}
    arn = client.register_scalable_target(**target)["ScalableTargetARN"]
    page = {"ServiceNamespace": "lambda", "MaxResults": 1, "NextToken": "0"}
    metric = {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}
    tracking = {"TargetValue": 0.7, "PredefinedMetricSpecification": metric, "ScaleInCooldown": 5}
    steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
    step = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps, "Cooldown": 5}
    action = {"Schedule": "rate(1 day)", "Timezone": "UTC", "StartTime": 1.5, "EndTime": 2.5}
    limits = {"ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2}}
    named = {**place, "PolicyName": UNIQUE}
    tracked = {"TargetTrackingScalingPolicyConfiguration": tracking}
    return [
        ("RegisterScalableTarget", {**target, "RoleARN": ROLE, "Tags": {"a": "b"}}),
        ("DescribeScalableTargets", {**page, "ResourceIds": [place["ResourceId"]]}),
        ("PutScalingPolicy", {**named, "PolicyType": "TargetTrackingScaling", **tracked}),
        (
            "PutScalingPolicy",
            {**named, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": step},
        ),
        ("DescribeScalingPolicies", {**page, "PolicyNames": ["a"]}),
        ("PutScheduledAction", {**place, "ScheduledActionName": UNIQUE, **action, **limits}),
        ("DescribeScheduledActions", {**page, "ScheduledActionNames": ["a"]}),
        ("DescribeScalingActivities", {**page, "IncludeNotScaledActivities": True}),
        ("TagResource", {"ResourceARN": arn, "Tags": {"a": "b"}}),
        ("UntagResource", {"ResourceARN": arn, "TagKeys": ["a"]}),
        ("ListTagsForResource", {"ResourceARN": arn}),
    ]
