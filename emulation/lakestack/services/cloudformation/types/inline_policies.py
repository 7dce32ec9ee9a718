"""Policies that are resources of their own: of users, groups, roles, queues, topics, streams, logs.

AWS CloudFormation Template Reference: "AWS::IAM::GroupPolicy", "AWS::IAM::RolePolicy",
"AWS::IAM::UserPolicy", "AWS::Kinesis::ResourcePolicy", "AWS::Logs::ResourcePolicy",
"AWS::SNS::TopicInlinePolicy", "AWS::SQS::QueueInlinePolicy". Ref is the type's primary identifier;
of a policy of IAM both its parts.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.changes import document
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class _Policy(ModelResource):
    """What is written and written again by one operation, and taken back by another."""

    def put(self, aws: Any, model: Model) -> None:
        """Write the policy."""
        raise NotImplementedError

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        self.put(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        self.put(aws, model)


class _IamPolicy(_Policy):
    KIND: str
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    NOT_FOUND = ("NoSuchEntity",)

    def put(self, aws: Any, model: Model) -> None:
        named = self._named(model)
        written = document(model.get("PolicyDocument") or {})
        getattr(aws.iam, f"put_{self.KIND}_policy")(**named, PolicyDocument=written)
        model["Id"] = "|".join(named.values())

    def delete_resource(self, aws: Any, model: Model) -> None:
        getattr(aws.iam, f"delete_{self.KIND}_policy")(**self._named(model))

    def _named(self, model: Model) -> dict[str, str]:
        return {name: model[name] for name in ("PolicyName", f"{self.KIND.title()}Name")}


class GroupPolicy(_IamPolicy):
    """Ref: the names of policy and group."""

    TYPE = "AWS::IAM::GroupPolicy"
    KIND = "group"
    REPLACED_BY = ("PolicyName", "GroupName")


class RolePolicy(_IamPolicy):
    """Ref: the names of policy and role."""

    TYPE = "AWS::IAM::RolePolicy"
    KIND = "role"
    REPLACED_BY = ("PolicyName", "RoleName")


class UserPolicy(_IamPolicy):
    """Ref: the names of policy and user."""

    TYPE = "AWS::IAM::UserPolicy"
    KIND = "user"
    REPLACED_BY = ("PolicyName", "UserName")


class _AttributePolicy(_Policy):
    """A policy that is an attribute; an empty one takes it back."""

    def write(self, aws: Any, model: Model, policy: str) -> None:
        """Set the attribute."""
        raise NotImplementedError

    def put(self, aws: Any, model: Model) -> None:
        self.write(aws, model, document(model["PolicyDocument"]))

    def delete_resource(self, aws: Any, model: Model) -> None:
        self.write(aws, model, "")


class QueueInlinePolicy(_AttributePolicy):
    """Ref: the queue's URL."""

    TYPE = "AWS::SQS::QueueInlinePolicy"
    IDENTIFIER = "Queue"
    REPLACED_BY = ("Queue",)
    NOT_FOUND = ("AWS.SimpleQueueService.NonExistentQueue",)

    def write(self, aws: Any, model: Model, policy: str) -> None:
        aws.sqs.set_queue_attributes(QueueUrl=model["Queue"], Attributes={"Policy": policy})


class TopicInlinePolicy(_AttributePolicy):
    """Ref: the topic's ARN."""

    TYPE = "AWS::SNS::TopicInlinePolicy"
    IDENTIFIER = "TopicArn"
    REPLACED_BY = ("TopicArn",)
    NOT_FOUND = ("NotFound", "NotFoundException")

    def write(self, aws: Any, model: Model, policy: str) -> None:
        aws.sns.set_topic_attributes(
            TopicArn=model["TopicArn"], AttributeName="Policy", AttributeValue=policy
        )


class StreamPolicy(_Policy):
    """Ref: the ARN of the stream or consumer."""

    TYPE = "AWS::Kinesis::ResourcePolicy"
    IDENTIFIER = "ResourceArn"
    REPLACED_BY = ("ResourceArn",)
    NOT_FOUND = ("ResourceNotFoundException",)

    def put(self, aws: Any, model: Model) -> None:
        aws.kinesis.put_resource_policy(
            ResourceARN=model["ResourceArn"], Policy=document(model["ResourcePolicy"])
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.kinesis.delete_resource_policy(ResourceARN=model["ResourceArn"])


class LogsPolicy(_Policy):
    """Ref: the policy's name."""

    TYPE = "AWS::Logs::ResourcePolicy"
    IDENTIFIER = "PolicyName"
    REPLACED_BY = ("PolicyName",)
    NOT_FOUND = ("ResourceNotFoundException",)

    def put(self, aws: Any, model: Model) -> None:
        aws.logs.put_resource_policy(
            policyName=model["PolicyName"], policyDocument=document(model["PolicyDocument"])
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.logs.delete_resource_policy(policyName=model["PolicyName"])


GroupPolicyPlugin = plugin(GroupPolicy)
RolePolicyPlugin = plugin(RolePolicy)
UserPolicyPlugin = plugin(UserPolicy)
QueueInlinePolicyPlugin = plugin(QueueInlinePolicy)
TopicInlinePolicyPlugin = plugin(TopicInlinePolicy)
StreamPolicyPlugin = plugin(StreamPolicy)
LogsPolicyPlugin = plugin(LogsPolicy)
