"""``AWS::EC2::NetworkAclEntry`` and ``AWS::EC2::SubnetNetworkAclAssociation``.

AWS CloudFormation Template Reference, the types: Ref of an association is its id; a subnet has one
network ACL, and its VPC's default one again once the association is gone.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_RULE = ("NetworkAclId", "Protocol", "RuleAction", "RuleNumber", "CidrBlock", "Ipv6CidrBlock")


class NetworkAclEntry(ModelResource):
    """Ref: an id that CloudFormation makes."""

    TYPE = "AWS::EC2::NetworkAclEntry"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("Egress", "NetworkAclId", "RuleNumber")
    NOT_FOUND = ("InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        aws.ec2.create_network_acl_entry(**_entry(model))
        model["Id"] = f"{request.stack_name}-{request.logical_resource_id}-{model['RuleNumber']}"

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        aws.ec2.replace_network_acl_entry(**_entry(model))

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.delete_network_acl_entry(
            NetworkAclId=model["NetworkAclId"],
            RuleNumber=model["RuleNumber"],
            Egress=bool(model.get("Egress")),
        )


class SubnetAssociation(ModelResource):
    """Ref: the association's id."""

    TYPE = "AWS::EC2::SubnetNetworkAclAssociation"
    IDENTIFIER = "AssociationId"
    READ_ONLY = ("AssociationId",)
    REPLACED_BY = ("NetworkAclId", "SubnetId")
    NOT_FOUND = ("InvalidAssociationID.NotFound", "InvalidSubnetID.NotFound")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        model["AssociationId"] = _move(aws, model["SubnetId"], model["NetworkAclId"])

    def delete_resource(self, aws: Any, model: Model) -> None:
        acl, association = _present(aws, model["SubnetId"])
        if association != model["AssociationId"]:
            return  # another one has taken its place
        default = aws.ec2.describe_network_acls(
            Filters=[
                {"Name": "vpc-id", "Values": [acl["VpcId"]]},
                {"Name": "default", "Values": ["true"]},
            ]
        )["NetworkAcls"]
        _move(aws, model["SubnetId"], default[0]["NetworkAclId"])


def _entry(model: Model) -> Model:
    given = {name: model[name] for name in _RULE if name in model}
    given |= {"Protocol": str(model["Protocol"]), "Egress": bool(model.get("Egress"))}
    if ports := model.get("PortRange"):
        given["PortRange"] = {name: int(ports[name]) for name in ("From", "To") if name in ports}
    if icmp := model.get("Icmp"):
        given["IcmpTypeCode"] = {name: int(icmp[name]) for name in ("Code", "Type") if name in icmp}
    return given


def _present(aws: Any, subnet: str) -> tuple[Model, str]:
    """The network ACL of a subnet, and the association's id."""
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (acl,) = aws.ec2.describe_network_acls(Filters=of_subnet)["NetworkAcls"]
    ids = {a["SubnetId"]: a["NetworkAclAssociationId"] for a in acl["Associations"]}
    return acl, ids[subnet]


def _move(aws: Any, subnet: str, acl: str) -> str:
    _, association = _present(aws, subnet)
    answer = aws.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    return str(answer["NewAssociationId"])


NetworkAclEntryPlugin = plugin(NetworkAclEntry)
SubnetAssociationPlugin = plugin(SubnetAssociation)
