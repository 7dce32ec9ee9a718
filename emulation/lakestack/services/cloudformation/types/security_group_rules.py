"""Rules of a security group: those of its own properties, and as resources of their own.

AWS CloudFormation Template Reference, "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"
and "AWS::EC2::SecurityGroupEgress". Ref of a rule is its id.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_ANY_PORT = -1
_GROUPS = ("SourceSecurityGroupId", "DestinationSecurityGroupId")
_LISTS = ("SourcePrefixListId", "DestinationPrefixListId")


class _Rule(ModelResource):
    """What both directions share: a change makes a new rule."""

    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    NOT_FOUND = ("InvalidGroup.NotFound", "InvalidPermission.NotFound")
    DIRECTION: str

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002
        call = getattr(aws.ec2, f"authorize_security_group_{self.DIRECTION}")
        answer = call(GroupId=_group(aws, model), IpPermissions=[_permission(model)])
        rules = answer.get("SecurityGroupRules") or []
        if not rules:
            raise ValueError(f"{self.TYPE}: the rule was not made; look at its source or target")
        model["Id"] = rules[0]["SecurityGroupRuleId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Only the description can change: everything else makes a new rule."""
        if model.get("Description") == previous.get("Description"):
            return
        call = getattr(aws.ec2, f"update_security_group_rule_descriptions_{self.DIRECTION}")
        call(GroupId=_group(aws, model), IpPermissions=[_permission(model)])

    def delete_resource(self, aws: Any, model: Model) -> None:
        call = getattr(aws.ec2, f"revoke_security_group_{self.DIRECTION}")
        call(GroupId=_group(aws, model), IpPermissions=[_permission(model)])


class SecurityGroupIngress(_Rule):
    """What may come in."""

    TYPE = "AWS::EC2::SecurityGroupIngress"
    REPLACED_BY = (
        *("CidrIp", "CidrIpv6", "FromPort", "GroupId", "GroupName", "IpProtocol"),
        *("SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"),
        *("SourceSecurityGroupOwnerId", "ToPort"),
    )
    DIRECTION = "ingress"


class SecurityGroupEgress(_Rule):
    """What may go out."""

    TYPE = "AWS::EC2::SecurityGroupEgress"
    REPLACED_BY = (
        *("CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"),
        *("FromPort", "GroupId", "IpProtocol", "ToPort"),
    )
    DIRECTION = "egress"


def change_ingress(aws: Any, model: Model, rules: list[Model] | None, old: Any) -> None:
    """Make a group's `SecurityGroupIngress` what it is now, beside the rules of others."""
    group, now, before = model["GroupId"], _permissions(rules), _permissions(old)
    if gone := [rule for rule in before if rule not in now]:
        aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=gone)
    if new := [rule for rule in now if rule not in before]:
        aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=new)


def change_egress(aws: Any, model: Model, rules: list[Model] | None, old: Any) -> None:
    """Make a group's `SecurityGroupEgress` what it is now, beside the rules of others.

    A group without any allows everything, by a rule that EC2 makes with it; once it has some, that
    rule is gone, and does not come back when they are removed.
    """
    group, now, before = model["GroupId"], _permissions(rules), _permissions(old)
    gone = [rule for rule in before if rule not in now]
    if old is None:
        found = aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        gone = [rule for rule in found["IpPermissionsEgress"] if _allows_all(rule)]
    if gone:
        aws.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=gone)
    if new := [rule for rule in now if rule not in before]:
        aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=new)


def _permissions(rules: list[Model] | None) -> list[Model]:
    return [_permission(rule) for rule in rules or ()]


def _allows_all(permission: Model) -> bool:
    ranges = [r["CidrIp"] for r in permission.get("IpRanges") or ()]
    ranges += [r["CidrIpv6"] for r in permission.get("Ipv6Ranges") or ()]
    return permission["IpProtocol"] == str(_ANY_PORT) and set(ranges) <= {"0.0.0.0/0", "::/0"}


def _permission(rule: Model) -> Model:
    """A rule's properties as the API has them, of either direction."""
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    made: Model = {"IpProtocol": str(rule["IpProtocol"])}
    if made["IpProtocol"] != str(_ANY_PORT):
        made["FromPort"] = int(rule.get("FromPort", _ANY_PORT))
        made["ToPort"] = int(rule.get("ToPort", _ANY_PORT))
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"], **described}]
    if "CidrIpv6" in rule:
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **described}]
    lists = [rule[name] for name in _LISTS if name in rule]
    if lists:
        made["PrefixListIds"] = [{"PrefixListId": each, **described} for each in lists]
    if pairs := _pairs(rule):
        made["UserIdGroupPairs"] = [{**pair, **described} for pair in pairs]
    return made


def _pairs(rule: Model) -> list[Model]:
    owner = (
        {"UserId": rule["SourceSecurityGroupOwnerId"]}
        if "SourceSecurityGroupOwnerId" in rule
        else {}
    )
    pairs: list[Model] = [{"GroupId": rule[name], **owner} for name in _GROUPS if name in rule]
    if "SourceSecurityGroupName" in rule:
        pairs.append({"GroupName": rule["SourceSecurityGroupName"], **owner})
    return pairs


def _group(aws: Any, model: Model) -> str:
    if "GroupId" in model:
        return str(model["GroupId"])
    found = aws.ec2.describe_security_groups(GroupNames=[model["GroupName"]])["SecurityGroups"]
    return str(found[0]["GroupId"])


SecurityGroupIngressPlugin = plugin(SecurityGroupIngress)
SecurityGroupEgressPlugin = plugin(SecurityGroupEgress)
