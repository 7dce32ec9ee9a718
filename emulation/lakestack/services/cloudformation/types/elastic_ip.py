"""``AWS::EC2::EIP`` and ``AWS::EC2::EIPAssociation``.

AWS CloudFormation Template Reference, "AWS::EC2::EIP": Ref is the address, and AllocationId what a
NAT gateway is given; "AWS::EC2::EIPAssociation": Ref is the association's id.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.changes import tag_specifications
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_GIVEN = ("Domain", "NetworkBorderGroup", "PublicIpv4Pool", "Address")


class ElasticIp(ModelResource):
    """Ref: the address."""

    TYPE = "AWS::EC2::EIP"
    IDENTIFIER = "PublicIp"
    READ_ONLY = ("AllocationId",)
    REPLACED_BY = _GIVEN
    NOT_FOUND = ("InvalidAllocationID.NotFound", "InvalidAddress.NotFound")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        given = {name: model[name] for name in _GIVEN if name in model}
        given |= tag_specifications("elastic-ip", model.get("Tags"))
        answer = aws.ec2.allocate_address(**given)
        model["PublicIp"], model["AllocationId"] = answer["PublicIp"], answer["AllocationId"]
        _associate(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        if previous.get("InstanceId"):
            _disassociate(aws, model)
        _associate(aws, model)

    def delete_resource(self, aws: Any, model: Model) -> None:
        _disassociate(aws, model)
        aws.ec2.release_address(AllocationId=model["AllocationId"])


class Association(ModelResource):
    """Ref: the association's id."""

    TYPE = "AWS::EC2::EIPAssociation"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("AllocationId", "EIP", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")
    NOT_FOUND = ("InvalidAssociationID.NotFound",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        given = {name: model[name] for name in self.REPLACED_BY if name in model}
        if address := given.pop("EIP", None):
            given["PublicIp"] = address
        model["Id"] = aws.ec2.associate_address(**given)["AssociationId"]

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.disassociate_address(AssociationId=model["Id"])


def _associate(aws: Any, model: Model) -> None:
    if instance := model.get("InstanceId"):
        aws.ec2.associate_address(AllocationId=model["AllocationId"], InstanceId=instance)


def _disassociate(aws: Any, model: Model) -> None:
    found = aws.ec2.describe_addresses(AllocationIds=[model["AllocationId"]])["Addresses"]
    for association in [each["AssociationId"] for each in found if each.get("AssociationId")]:
        aws.ec2.disassociate_address(AssociationId=association)


ElasticIpPlugin = plugin(ElasticIp)
AssociationPlugin = plugin(Association)
