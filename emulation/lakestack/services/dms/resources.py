"""CloudFormation types of the emulated DMS.

AWS CloudFormation User Guide, "AWS DMS resource type reference".
"""

from __future__ import annotations

from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import ResourceRequest
from localstack.utils.strings import short_uid

from lakestack.services import arns
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin
from lakestack.services.dms.parameters import request_for


class _DmsResource(ModelResource):
    """What the types share.

    Attributes:
        KIND: of an ARN that ends with the identifier; None: the identifier is the ARN
    """

    NOT_FOUND = ("ResourceNotFoundFault",)
    KIND: ClassVar[str | None] = None

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        """Change what the service's Modify operation takes."""
        raise NotImplementedError

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        self.modify(aws, model, previous)
        old, new = (
            {tag["Key"]: tag["Value"] for tag in each.get("Tags") or []}
            for each in (previous, model)
        )
        if old == new:
            return
        arn = self._arn(aws, model)
        if gone := sorted(old.keys() - new.keys()):
            aws.dms.remove_tags_from_resource(ResourceArn=arn, TagKeys=gone)
        if new:
            aws.dms.add_tags_to_resource(ResourceArn=arn, Tags=model["Tags"])

    def _arn(self, aws: Any, model: Model) -> str:
        identifier = str(model[self.IDENTIFIER])
        if self.KIND is None:
            return identifier
        account = aws.sts.get_caller_identity()["Account"]
        return arns.arn("dms", aws.dms.meta.region_name, account, f"{self.KIND}:{identifier}")


class ReplicationSubnetGroup(_DmsResource):
    """Ref: the group's name."""

    TYPE = "AWS::DMS::ReplicationSubnetGroup"
    IDENTIFIER = "ReplicationSubnetGroupIdentifier"
    KIND = "subgrp"
    REPLACED_BY = ("ReplicationSubnetGroupIdentifier",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _name(model, "ReplicationSubnetGroupIdentifier", request)
        answer = aws.dms.create_replication_subnet_group(
            **request_for("CreateReplicationSubnetGroup", model)
        )
        model[self.IDENTIFIER] = answer["ReplicationSubnetGroup"][self.IDENTIFIER]

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        _keep(model, previous, self.IDENTIFIER)
        aws.dms.modify_replication_subnet_group(
            **request_for("ModifyReplicationSubnetGroup", model)
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.dms.delete_replication_subnet_group(
            ReplicationSubnetGroupIdentifier=model[self.IDENTIFIER]
        )


class ReplicationInstance(_DmsResource):
    """Ref: the instance's ARN."""

    TYPE = "AWS::DMS::ReplicationInstance"
    IDENTIFIER = "ReplicationInstanceArn"
    READ_ONLY = (
        "ReplicationInstancePrivateIpAddresses",
        "ReplicationInstancePublicIpAddresses",
    )
    REPLACED_BY = (
        "AvailabilityZone",
        "KmsKeyId",
        "PubliclyAccessible",
        "ReplicationSubnetGroupIdentifier",
        "ResourceIdentifier",
    )

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _name(model, "ReplicationInstanceIdentifier", request, 63)
        answer = aws.dms.create_replication_instance(
            **request_for("CreateReplicationInstance", model)
        )
        _take(model, answer["ReplicationInstance"], (self.IDENTIFIER, *self.READ_ONLY))
        # GetAtt of a list of addresses is a text, as on AWS.
        for name in self.READ_ONLY:
            model[name] = ",".join(model.get(name, []))

    def is_ready(self, aws: Any, model: Model) -> bool:
        found = aws.dms.describe_replication_instances(
            Filters=[{"Name": "replication-instance-arn", "Values": [model[self.IDENTIFIER]]}]
        )["ReplicationInstances"]
        return bool(found[0]["ReplicationInstanceStatus"] == "available")

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        _keep(model, previous, "ReplicationInstanceIdentifier")
        aws.dms.modify_replication_instance(
            **request_for("ModifyReplicationInstance", model), ApplyImmediately=True
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.dms.delete_replication_instance(ReplicationInstanceArn=model[self.IDENTIFIER])


class Endpoint(_DmsResource):
    """Ref: the endpoint's ARN."""

    TYPE = "AWS::DMS::Endpoint"
    IDENTIFIER = "EndpointArn"
    READ_ONLY = ("ExternalId",)
    REPLACED_BY = ("KmsKeyId", "ResourceIdentifier")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _name(model, "EndpointIdentifier", request)
        answer = aws.dms.create_endpoint(**request_for("CreateEndpoint", model))
        model[self.IDENTIFIER] = answer["Endpoint"][self.IDENTIFIER]
        # Only endpoints with cross-account roles have one; AWS leaves it empty for others.
        model["ExternalId"] = answer["Endpoint"].get("ExternalId", "")

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        _keep(model, previous, "EndpointIdentifier")
        aws.dms.modify_endpoint(**request_for("ModifyEndpoint", model), ExactSettings=True)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.dms.delete_endpoint(EndpointArn=model[self.IDENTIFIER])


class ReplicationTask(_DmsResource):
    """Ref: the task's ARN. A running task is stopped before it is changed or deleted."""

    TYPE = "AWS::DMS::ReplicationTask"
    IDENTIFIER = "ReplicationTaskArn"
    REPLACED_BY = (
        "ReplicationInstanceArn",
        "ResourceIdentifier",
        "SourceEndpointArn",
        "TargetEndpointArn",
    )

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _name(model, "ReplicationTaskIdentifier", request)
        answer = aws.dms.create_replication_task(**request_for("CreateReplicationTask", model))
        model[self.IDENTIFIER] = answer["ReplicationTask"][self.IDENTIFIER]

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        _keep(model, previous, "ReplicationTaskIdentifier")
        if not self._stopped(aws, model):
            raise ValueError(
                f"Replication task {model[self.IDENTIFIER]} is running; stop it before the update"
            )
        aws.dms.modify_replication_task(**request_for("ModifyReplicationTask", model))

    def delete_resource(self, aws: Any, model: Model) -> None:
        if self._status(aws, model) in ("starting", "running"):
            aws.dms.stop_replication_task(ReplicationTaskArn=model[self.IDENTIFIER])

    def is_gone(self, aws: Any, model: Model) -> bool:
        if not self._stopped(aws, model):
            return False
        aws.dms.delete_replication_task(ReplicationTaskArn=model[self.IDENTIFIER])
        return True

    def _stopped(self, aws: Any, model: Model) -> bool:
        return self._status(aws, model) not in ("starting", "running", "stopping")

    def _status(self, aws: Any, model: Model) -> str:
        found = aws.dms.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [model[self.IDENTIFIER]]}],
            WithoutSettings=True,
        )["ReplicationTasks"]
        return str(found[0]["Status"])


class EventSubscription(_DmsResource):
    """Ref: the subscription's name."""

    TYPE = "AWS::DMS::EventSubscription"
    IDENTIFIER = "SubscriptionName"
    KIND = "es"
    REPLACED_BY = ("SourceIds", "SubscriptionName")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _name(model, "SubscriptionName", request)
        aws.dms.create_event_subscription(**request_for("CreateEventSubscription", model))

    def modify(self, aws: Any, model: Model, previous: Model) -> None:
        _keep(model, previous, "SubscriptionName")
        gone: Model = {"EventCategories": []} if "EventCategories" in previous else {}
        aws.dms.modify_event_subscription(
            **{"Enabled": True, **gone, **request_for("ModifyEventSubscription", model)}
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.dms.delete_event_subscription(SubscriptionName=model["SubscriptionName"])


def _name(model: Model, key: str, request: ResourceRequest[Model], most: int = 255) -> None:
    """Give a resource without a name one as CloudFormation does: stack, logical id, random."""
    if not model.get(key):
        random = short_uid().replace("_", "")
        stem = f"{request.stack_name}-{request.logical_resource_id}".lower()
        model[key] = f"{stem[: most - len(random) - 1].rstrip('-')}-{random}"


def _keep(model: Model, previous: Model, key: str) -> None:
    """A name that CloudFormation made up stays through an update."""
    if not model.get(key) and previous.get(key):
        model[key] = previous[key]


def _take(model: Model, answer: dict[str, Any], names: tuple[str, ...]) -> None:
    model.update({name: answer[name] for name in names if name in answer})


ReplicationSubnetGroupPlugin = plugin(ReplicationSubnetGroup)
ReplicationInstancePlugin = plugin(ReplicationInstance)
EndpointPlugin = plugin(Endpoint)
ReplicationTaskPlugin = plugin(ReplicationTask)
EventSubscriptionPlugin = plugin(EventSubscription)
