"""Changes in place of keys, policies, their holders, and routes, as in `changes_in_place`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.cloudformation.changes import Change, Difference, Model, document

_ROUTE_TARGETS = (
    *("CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId"),
    *("InstanceId", "LocalGatewayId", "NatGatewayId", "NetworkInterfaceId", "TransitGatewayId"),
    *("VpcEndpointId", "VpcPeeringConnectionId"),
)
_FULL_ACCESS: Model = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""AWS PrivateLink Guide, "Default endpoint policy"."""
_ROUTE_PLACE = (
    *("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock"),
    "DestinationPrefixListId",
)


def _key_policy(aws: Any, model: Model, value: Any) -> None:
    aws.kms.put_key_policy(KeyId=model["KeyId"], PolicyName="default", Policy=document(value))


def _key_enabled(aws: Any, model: Model, value: Any) -> None:
    change = aws.kms.disable_key if value is False else aws.kms.enable_key
    change(KeyId=model["KeyId"])


def _key_tags(aws: Any, model: Model, value: Any) -> None:
    key = model["KeyId"]
    if old := aws.kms.list_resource_tags(KeyId=key)["Tags"]:
        aws.kms.untag_resource(KeyId=key, TagKeys=[tag["TagKey"] for tag in old])
    if value:
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in value]
        aws.kms.tag_resource(KeyId=key, Tags=tags)


def _key_alias(aws: Any, model: Model, value: Any) -> None:
    aws.kms.update_alias(AliasName=model["AliasName"], TargetKeyId=value)


def _topic_policy(aws: Any, model: Model, value: Any) -> None:
    for topic in model["Topics"]:
        aws.sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=document(value)
        )


def _secret_policy(aws: Any, model: Model, value: Any) -> None:
    aws.secretsmanager.put_resource_policy(
        SecretId=model["SecretId"], ResourcePolicy=document(value)
    )


def _route(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - one of its targets
    names = (*_ROUTE_PLACE, *_ROUTE_TARGETS)
    aws.ec2.replace_route(**{name: model[name] for name in names if model.get(name)})


def _public_addresses(aws: Any, model: Model, value: Any) -> None:
    aws.ec2.modify_subnet_attribute(
        SubnetId=model["SubnetId"], MapPublicIpOnLaunch={"Value": bool(value)}
    )


def _endpoint_policy(aws: Any, model: Model, value: Any) -> None:
    given = document(_FULL_ACCESS if value is None else value)
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=model["Id"], PolicyDocument=given)


def _endpoint_list(kind: str) -> Difference:
    """Route tables or subnets of an endpoint."""

    def apply(aws: Any, model: Model, value: Any, before: Any) -> None:
        old, new = set(before or ()), set(value or ())
        given = {f"Add{kind}Ids": sorted(new - old), f"Remove{kind}Ids": sorted(old - new)}
        changed = {name: ids for name, ids in given.items() if ids}
        aws.ec2.modify_vpc_endpoint(VpcEndpointId=model["Id"], **changed)

    return apply


def _policy_holders(kind: str) -> Difference:
    """The users, groups or roles to which a managed policy is attached."""
    name = f"{kind.title()}Name"

    def apply(aws: Any, model: Model, value: Any, before: Any) -> None:
        arn, old, new = model["Id"], set(before or ()), set(value or ())
        for holder in sorted(old - new):
            getattr(aws.iam, f"detach_{kind}_policy")(**{name: holder}, PolicyArn=arn)
        for holder in sorted(new - old):
            getattr(aws.iam, f"attach_{kind}_policy")(**{name: holder}, PolicyArn=arn)

    return apply


def _profile_roles(aws: Any, model: Model, value: Any, before: Any) -> None:
    named, old, new = model["InstanceProfileName"], set(before or ()), set(value or ())
    for role in sorted(old - new):
        aws.iam.remove_role_from_instance_profile(InstanceProfileName=named, RoleName=role)
    for role in sorted(new - old):
        aws.iam.add_role_to_instance_profile(InstanceProfileName=named, RoleName=role)


CHANGES: Mapping[str, Mapping[str, Change]] = {
    "AWS::EC2::Route": dict.fromkeys(_ROUTE_TARGETS, _route),
    "AWS::KMS::Alias": {"TargetKeyId": _key_alias},
    "AWS::SNS::TopicPolicy": {"PolicyDocument": _topic_policy},
    "AWS::SecretsManager::ResourcePolicy": {"ResourcePolicy": _secret_policy},
}
KEY: Mapping[str, Change] = {
    "Enabled": _key_enabled,
    "KeyPolicy": _key_policy,
    "Tags": _key_tags,
}
SUBNET: Mapping[str, Change] = {"MapPublicIpOnLaunch": _public_addresses}
ENDPOINT: Mapping[str, Change] = {"PolicyDocument": _endpoint_policy}
DIFFERENCES: Mapping[str, Mapping[str, Difference]] = {
    "AWS::EC2::VPCEndpoint": {
        "RouteTableIds": _endpoint_list("RouteTable"),
        "SubnetIds": _endpoint_list("Subnet"),
    },
    "AWS::IAM::InstanceProfile": {"Roles": _profile_roles},
    "AWS::IAM::ManagedPolicy": {
        "Groups": _policy_holders("group"),
        "Roles": _policy_holders("role"),
        "Users": _policy_holders("user"),
    },
}
