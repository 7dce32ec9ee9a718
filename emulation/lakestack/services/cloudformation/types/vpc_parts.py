"""Parts of virtual networks: associations, peerings, interfaces, volumes, flow logs, templates.

AWS CloudFormation Template Reference, the types of AWS::EC2; what Ref is, each class says.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.api_resource import ApiResource
from lakestack.services.cloudformation.changes import tag_specifications
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class DhcpOptionsAssociation(ModelResource):
    """Ref: the ids of options and network."""

    TYPE = "AWS::EC2::VPCDHCPOptionsAssociation"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("VpcId",)
    NOT_FOUND = ("InvalidVpcID.NotFound", "InvalidDhcpOptionID.NotFound")

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        self._associate(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        self._associate(aws, model)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=model["VpcId"])

    def _associate(self, aws: Any, model: Model) -> None:
        named = {name: model[name] for name in ("DhcpOptionsId", "VpcId")}
        aws.ec2.associate_dhcp_options(**named)
        model["Id"] = "|".join(named.values())


class PeeringConnection(ApiResource):
    """Ref: the connection's id. One within an account is accepted by CloudFormation."""

    TYPE = "AWS::EC2::VPCPeeringConnection"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("PeerOwnerId", "PeerRegion", "PeerRoleArn", "PeerVpcId", "VpcId")
    NOT_FOUND = ("InvalidVpcPeeringConnectionID.NotFound",)
    SERVICE, CREATE, DELETE = (
        "ec2",
        "create_vpc_peering_connection",
        "delete_vpc_peering_connection",
    )
    ANSWER = "VpcPeeringConnection"
    ATTRIBUTES = {"Id": "VpcPeeringConnectionId"}
    KEYS = {"Id": "VpcPeeringConnectionId"}
    TAGGED = "vpc-peering-connection"

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        super().create_resource(aws, model, request)
        if model.get("PeerOwnerId", request.account_id) == request.account_id:
            aws.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=model["Id"])


class EgressOnlyGateway(ApiResource):
    """Ref: the gateway's id."""

    TYPE = "AWS::EC2::EgressOnlyInternetGateway"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("VpcId",)
    NOT_FOUND = ("InvalidGatewayID.NotFound",)
    SERVICE, CREATE = "ec2", "create_egress_only_internet_gateway"
    DELETE = "delete_egress_only_internet_gateway"
    ANSWER = "EgressOnlyInternetGateway"
    ATTRIBUTES = {"Id": "EgressOnlyInternetGatewayId"}
    KEYS = {"Id": "EgressOnlyInternetGatewayId"}
    TAGGED = "egress-only-internet-gateway"


class FlowLog(ModelResource):
    """Ref: the flow log's id."""

    TYPE = "AWS::EC2::FlowLog"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = (
        *("DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogFormat"),
        *("LogGroupName", "MaxAggregationInterval", "ResourceId", "ResourceType", "TrafficType"),
    )

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        given = {name: model[name] for name in self.REPLACED_BY if name in model}
        given["ResourceIds"] = [given.pop("ResourceId")]
        given |= tag_specifications("vpc-flow-log", model.get("Tags"))
        answer = aws.ec2.create_flow_logs(**given)
        for failed in answer.get("Unsuccessful") or ():
            raise ValueError(failed["Error"]["Message"])
        model["Id"] = answer["FlowLogIds"][0]

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.delete_flow_logs(FlowLogIds=[model["Id"]])


class NetworkInterface(ApiResource):
    """Ref: the interface's id."""

    TYPE = "AWS::EC2::NetworkInterface"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id", "PrimaryPrivateIpAddress", "SecondaryPrivateIpAddresses", "VpcId")
    REPLACED_BY = ("InterfaceType", "PrivateIpAddress", "SubnetId")
    NOT_FOUND = ("InvalidNetworkInterfaceID.NotFound",)
    SERVICE, CREATE, DELETE = "ec2", "create_network_interface", "delete_network_interface"
    ANSWER = "NetworkInterface"
    ATTRIBUTES = {
        "Id": "NetworkInterfaceId",
        "PrimaryPrivateIpAddress": "PrivateIpAddress",
        "VpcId": "VpcId",
    }
    KEYS = {"Id": "NetworkInterfaceId"}
    TAGGED = "network-interface"

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        super().create_resource(aws, model, request)
        (made,) = aws.ec2.describe_network_interfaces(NetworkInterfaceIds=[model["Id"]])[
            "NetworkInterfaces"
        ]
        model["SecondaryPrivateIpAddresses"] = [
            each["PrivateIpAddress"] for each in made["PrivateIpAddresses"] if not each["Primary"]
        ]
        if "SourceDestCheck" in model:
            aws.ec2.modify_network_interface_attribute(
                NetworkInterfaceId=model["Id"], SourceDestCheck={"Value": model["SourceDestCheck"]}
            )

    def parameters(self, model: Model) -> Model:
        return network_interface(model)


def network_interface(given: Model) -> Model:
    """An interface with EC2's own names; CloudFormation calls its groups GroupSet."""
    return {"Groups" if name == "GroupSet" else name: value for name, value in given.items()}


class Volume(ApiResource):
    """Ref: the volume's id."""

    TYPE = "AWS::EC2::Volume"
    IDENTIFIER = "VolumeId"
    READ_ONLY = ("VolumeId",)
    REPLACED_BY = ("AvailabilityZone", "Encrypted", "KmsKeyId", "OutpostArn", "SnapshotId")
    NOT_FOUND = ("InvalidVolume.NotFound",)
    SERVICE, CREATE, DELETE = "ec2", "create_volume", "delete_volume"
    ATTRIBUTES = {"VolumeId": "VolumeId"}
    KEYS = {"VolumeId": "VolumeId"}
    TAGGED = "volume"


class VolumeAttachment(ApiResource):
    """Ref: the ids of volume and instance."""

    TYPE = "AWS::EC2::VolumeAttachment"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("Device", "InstanceId", "VolumeId")
    NOT_FOUND = ("InvalidAttachment.NotFound", "InvalidVolume.NotFound", "IncorrectState")
    SERVICE, CREATE, DELETE = "ec2", "attach_volume", "detach_volume"
    KEYS = {"VolumeId": "VolumeId", "InstanceId": "InstanceId"}

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        super().create_resource(aws, model, request)
        model["Id"] = f"{model['VolumeId']}|{model['InstanceId']}"


class LaunchTemplate(ApiResource):
    """Ref: the template's id. An update makes a new version of it."""

    TYPE = "AWS::EC2::LaunchTemplate"
    IDENTIFIER = "LaunchTemplateId"
    READ_ONLY = ("DefaultVersionNumber", "LatestVersionNumber", "LaunchTemplateId")
    REPLACED_BY = ("LaunchTemplateName", "TagSpecifications")
    NOT_FOUND = ("InvalidLaunchTemplateId.NotFound",)
    SERVICE, CREATE, DELETE = "ec2", "create_launch_template", "delete_launch_template"
    ANSWER = "LaunchTemplate"
    ATTRIBUTES = {
        "LaunchTemplateId": "LaunchTemplateId",
        "DefaultVersionNumber": "DefaultVersionNumber",
        "LatestVersionNumber": "LatestVersionNumber",
    }
    KEYS = {"LaunchTemplateId": "LaunchTemplateId"}
    NAME = "LaunchTemplateName"

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        given = {"LaunchTemplateId": model["LaunchTemplateId"]}
        for name in ("LaunchTemplateData", "VersionDescription"):
            if name in model:
                given[name] = model[name]
        made = aws.ec2.create_launch_template_version(**given)["LaunchTemplateVersion"]
        model["LatestVersionNumber"] = made["VersionNumber"]


DhcpAssociationPlugin = plugin(DhcpOptionsAssociation)
PeeringConnectionPlugin = plugin(PeeringConnection)
EgressOnlyGatewayPlugin = plugin(EgressOnlyGateway)
FlowLogPlugin = plugin(FlowLog)
NetworkInterfacePlugin = plugin(NetworkInterface)
VolumePlugin = plugin(Volume)
VolumeAttachmentPlugin = plugin(VolumeAttachment)
LaunchTemplatePlugin = plugin(LaunchTemplate)
