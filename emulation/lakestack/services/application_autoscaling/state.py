"""What Application Auto Scaling keeps for an account and region."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.store import Contents, ServiceState, Store, register

Document = dict[str, Any]
PLACE = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def not_found(what: str, request: Mapping[str, Any], end: str = "") -> CommonServiceException:
    """ObjectNotFoundException, with the place that was asked for.

    Args:
        what: such as ``No scalable target found``
        end: what follows the place
    """
    namespace, resource, dimension = (request[name] for name in PLACE)
    return aws_error(
        "ObjectNotFoundException",
        f"{what} for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}{end}",
    )


class ScalingState(ServiceState):
    """Scalable targets, scaling policies and scheduled actions, as they are shown.

    Attributes:
        tags: of scalable targets, by ARN
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.targets: list[Document] = []
        self.policies: list[Document] = []
        self.actions: list[Document] = []
        self.tags: dict[str, dict[str, str]] = {}

    def target_arn(self) -> str:
        """ARN of a new scalable target."""
        name = f"{uuid.uuid4().hex}{uuid.uuid4().hex[:4]}"
        return arns.arn(
            "application-autoscaling", self.region, self.account, f"scalable-target/{name}"
        )

    def arn_of(self, kind: str, request: Mapping[str, Any], end: str) -> str:
        """ARN of a new policy or scheduled action.

        Args:
            kind: ``scalingPolicy`` or ``scheduledAction``
            end: the kind of name and the name, such as ``policyName/by-use``
        """
        place = f"{request['ServiceNamespace']}/{request['ResourceId']}"
        resource = f"{kind}:{uuid.uuid4()}:resource/{place}:{end}"
        return arns.arn("autoscaling", self.region, self.account, resource)

    def contents(self) -> Contents:
        with self.lock:
            return {
                "scalable target": ["|".join(each[n] for n in PLACE) for each in self.targets],
                "scaling policy": [each["PolicyName"] for each in self.policies],
                "scheduled action": [each["ScheduledActionName"] for each in self.actions],
            }

    def snapshot(self) -> dict[str, Any]:
        return {
            "targets": self.targets,
            "policies": self.policies,
            "actions": self.actions,
            "tags": self.tags,
        }

    def restore(self, document: dict[str, Any]) -> None:
        self.targets, self.policies = document["targets"], document["policies"]
        self.actions, self.tags = document["actions"], document["tags"]


def place_of(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Namespace, resource and dimension: what a target is known by."""
    return tuple(request[name] for name in PLACE)


def find(
    items: list[Document], request: Mapping[str, Any], name: str | None = None
) -> Document | None:
    """The item of a place; of this name, where its kind has several at a place."""
    for each in items:
        if place_of(each) == place_of(request) and (name is None or each[name] == request[name]):
            return each
    return None


STORE = register(Store("application-autoscaling", ScalingState))


def state_of(context: RequestContext) -> ScalingState:
    """What the service keeps for a request's account and region."""
    return STORE.get(context.account_id, context.region)
