"""``AWS::ApplicationAutoScaling::ScalableTarget`` and ``ScalingPolicy``.

AWS CloudFormation Template Reference, the types.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_PLACE = ("ResourceId", "ScalableDimension", "ServiceNamespace")
"""In the order of a target's Ref."""
_NOT_FOUND = ("ObjectNotFoundException",)


class ScalableTarget(ModelResource):
    """Ref: ``resourceId|scalableDimension|serviceNamespace``."""

    TYPE = "AWS::ApplicationAutoScaling::ScalableTarget"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = _PLACE
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        place = _place(model)
        if aws.application_autoscaling.describe_scalable_targets(
            ServiceNamespace=place["ServiceNamespace"],
            ResourceIds=[place["ResourceId"]],
            ScalableDimension=place["ScalableDimension"],
        )["ScalableTargets"]:
            raise ValueError(f"{'|'.join(place.values())} already exists")
        model["Id"] = "|".join(place.values())
        try:
            self.update_resource(aws, model, {})
        except ClientError:  # a scheduled action was refused: nothing may be left of the target
            with suppress(ClientError):
                self.delete_resource(aws, model)
            raise

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        client, place = aws.application_autoscaling, _place(model)
        limits = {"MinCapacity": model["MinCapacity"], "MaxCapacity": model["MaxCapacity"]}
        suspended = {
            name: (model.get("SuspendedState") or {}).get(name, False)
            for name in (
                *("DynamicScalingInSuspended", "DynamicScalingOutSuspended"),
                "ScheduledScalingSuspended",
            )
        }
        if role := model.get("RoleARN"):
            limits["RoleARN"] = role
        client.register_scalable_target(**place, **limits, SuspendedState=suspended)
        wanted = {each["ScheduledActionName"]: each for each in model.get("ScheduledActions") or ()}
        for old in previous.get("ScheduledActions") or ():
            if (name := old["ScheduledActionName"]) not in wanted:
                client.delete_scheduled_action(**place, ScheduledActionName=name)
        for action in wanted.values():
            client.put_scheduled_action(**place, **action)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.application_autoscaling.deregister_scalable_target(**_place(model))


class ScalingPolicy(ModelResource):
    """Ref: the policy's ARN."""

    TYPE = "AWS::ApplicationAutoScaling::ScalingPolicy"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("PolicyName", "ScalingTargetId", *_PLACE)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        self.update_resource(aws, model, {})

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        names = (
            *("PolicyType", "StepScalingPolicyConfiguration"),
            *("TargetTrackingScalingPolicyConfiguration", "PredictiveScalingPolicyConfiguration"),
        )
        given = {name: model[name] for name in names if name in model}
        made = aws.application_autoscaling.put_scaling_policy(**_named(model), **given)
        model["Arn"] = made["PolicyARN"]

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.application_autoscaling.delete_scaling_policy(**_named(model))


def _place(model: Model) -> dict[str, Any]:
    return {name: model[name] for name in _PLACE}


def _named(model: Model) -> dict[str, Any]:
    """A policy's name and its target, which stands in one property or in three.

    Raises:
        ValueError: it stands in neither
    """
    parts = str(model.get("ScalingTargetId") or "").rsplit("|", 2)
    if len(parts) == len(_PLACE):
        place = dict(zip(_PLACE, parts, strict=True))
    elif all(model.get(name) for name in _PLACE):
        place = _place(model)
    else:
        raise ValueError(
            "Either ScalingTargetId or all three of "
            "[ResourceId, ScalableDimension, ServiceNamespace] must be specified"
        )
    return {"PolicyName": model["PolicyName"], **place}


ScalableTargetPlugin = plugin(ScalableTarget)
ScalingPolicyPlugin = plugin(ScalingPolicy)
