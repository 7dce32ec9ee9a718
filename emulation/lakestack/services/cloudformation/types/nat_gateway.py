"""``AWS::EC2::NatGateway``: LocalStack's asks for an AllocationId, which a private one has not.

AWS CloudFormation Template Reference, "AWS::EC2::NatGateway": Ref is the gateway's id.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.changes import tag_specifications
from lakestack.services.cloudformation.resource import Model, ModelResource

_GIVEN = (
    *("AllocationId", "ConnectivityType", "PrivateIpAddress", "SecondaryAllocationIds"),
    *("SecondaryPrivateIpAddressCount", "SecondaryPrivateIpAddresses", "SubnetId"),
)


class NatGateway(ModelResource):
    """Ref: the gateway's id."""

    TYPE = "AWS::EC2::NatGateway"
    IDENTIFIER = "NatGatewayId"
    REPLACED_BY = ("AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId")
    NOT_FOUND = ("NatGatewayNotFound",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        given = {name: model[name] for name in _GIVEN if name in model}
        given |= tag_specifications("natgateway", model.get("Tags"))
        model["NatGatewayId"] = aws.ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"]

    def is_ready(self, aws: Any, model: Model) -> bool:
        gateway = _described(aws, model)
        if gateway["State"] == "failed":
            raise ValueError(gateway.get("FailureMessage") or "the gateway has failed")
        return bool(gateway["State"] == "available")

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.delete_nat_gateway(NatGatewayId=model["NatGatewayId"])

    def is_gone(self, aws: Any, model: Model) -> bool:
        return bool(_described(aws, model)["State"] == "deleted")


def _described(aws: Any, model: Model) -> Model:
    answer = aws.ec2.describe_nat_gateways(NatGatewayIds=[model["NatGatewayId"]])
    gateway: Model = answer["NatGateways"][0]
    return gateway
