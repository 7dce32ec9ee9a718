"""Rules of a security group as resources of their own.

AWS CloudFormation Template Reference, "AWS::EC2::SecurityGroupIngress" and
"AWS::EC2::SecurityGroupEgress". Ref is the rule's id.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_ANY_PORT = -1


class _Rule(ModelResource):
    """What both directions share: a change makes a new rule."""

    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    NOT_FOUND = ("InvalidGroup.NotFound", "InvalidPermission.NotFound")
    DIRECTION: str
    OTHER_GROUP: str
    OTHER_LIST: str

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002
        call = getattr(aws.ec2, f"authorize_security_group_{self.DIRECTION}")
        answer = call(GroupId=_group(aws, model), IpPermissions=[self._permission(model)])
        rules = answer.get("SecurityGroupRules") or []
        if not rules:
            raise ValueError(f"{self.TYPE}: the rule was not made; look at its source or target")
        model["Id"] = rules[0]["SecurityGroupRuleId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Only the description can change: everything else makes a new rule."""
        if model.get("Description") == previous.get("Description"):
            return
        call = getattr(aws.ec2, f"update_security_group_rule_descriptions_{self.DIRECTION}")
        call(GroupId=_group(aws, model), IpPermissions=[self._permission(model)])

    def delete_resource(self, aws: Any, model: Model) -> None:
        call = getattr(aws.ec2, f"revoke_security_group_{self.DIRECTION}")
        call(GroupId=_group(aws, model), IpPermissions=[self._permission(model)])

    def _permission(self, model: Model) -> Model:
        described = {"Description": model["Description"]} if "Description" in model else {}
        made: Model = {"IpProtocol": str(model["IpProtocol"])}
        if made["IpProtocol"] != str(_ANY_PORT):
            made["FromPort"] = int(model.get("FromPort", _ANY_PORT))
            made["ToPort"] = int(model.get("ToPort", _ANY_PORT))
        if "CidrIp" in model:
            made["IpRanges"] = [{"CidrIp": model["CidrIp"], **described}]
        if "CidrIpv6" in model:
            made["Ipv6Ranges"] = [{"CidrIpv6": model["CidrIpv6"], **described}]
        if self.OTHER_LIST in model:
            made["PrefixListIds"] = [{"PrefixListId": model[self.OTHER_LIST], **described}]
        if self.OTHER_GROUP in model:
            made["UserIdGroupPairs"] = [{"GroupId": model[self.OTHER_GROUP], **described}]
        return made


class SecurityGroupIngress(_Rule):
    """What may come in."""

    TYPE = "AWS::EC2::SecurityGroupIngress"
    REPLACED_BY = (
        *("CidrIp", "CidrIpv6", "FromPort", "GroupId", "GroupName", "IpProtocol"),
        *("SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"),
        *("SourceSecurityGroupOwnerId", "ToPort"),
    )
    DIRECTION = "ingress"
    OTHER_GROUP = "SourceSecurityGroupId"
    OTHER_LIST = "SourcePrefixListId"

    def _permission(self, model: Model) -> Model:
        made = super()._permission(model)
        if "SourceSecurityGroupName" in model:
            pair = {"GroupName": model["SourceSecurityGroupName"]}
            if "SourceSecurityGroupOwnerId" in model:
                pair["UserId"] = model["SourceSecurityGroupOwnerId"]
            made["UserIdGroupPairs"] = [*made.get("UserIdGroupPairs", []), pair]
        return made


class SecurityGroupEgress(_Rule):
    """What may go out."""

    TYPE = "AWS::EC2::SecurityGroupEgress"
    REPLACED_BY = (
        *("CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"),
        *("FromPort", "GroupId", "IpProtocol", "ToPort"),
    )
    DIRECTION = "egress"
    OTHER_GROUP = "DestinationSecurityGroupId"
    OTHER_LIST = "DestinationPrefixListId"


def _group(aws: Any, model: Model) -> str:
    if "GroupId" in model:
        return str(model["GroupId"])
    found = aws.ec2.describe_security_groups(GroupNames=[model["GroupName"]])["SecurityGroups"]
    return str(found[0]["GroupId"])


SecurityGroupIngressPlugin = plugin(SecurityGroupIngress)
SecurityGroupEgressPlugin = plugin(SecurityGroupEgress)
