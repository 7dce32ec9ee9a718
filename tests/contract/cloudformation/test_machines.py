"""Instances, launch templates and zones as templates have them; what their attributes are.

AWS CloudFormation Template Reference, "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate" and
"AWS::Route53::HostedZone".
"""

from __future__ import annotations

from typing import Any

from tests.contract.cloudformation.helpers import Stacks, outputs, template


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def attribute(resource: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, name]}


NETWORK = {
    "V": resource("VPC", CidrBlock="10.9.0.0/16"),
    "S": resource("Subnet", VpcId={"Ref": "V"}, CidrBlock="10.9.1.0/24"),
    "G": resource("SecurityGroup", VpcId={"Ref": "V"}, GroupDescription="of machines"),
}


def test_an_instance_is_where_its_interface_is(stacks: Stacks) -> None:
    interface = {
        "DeviceIndex": "0",
        "SubnetId": {"Ref": "S"},
        "GroupSet": [{"Ref": "G"}],
        "AssociatePublicIpAddress": "true",
    }
    machine = resource(
        "Instance",
        ImageId="ami-12c6146b",
        InstanceType="t3.micro",
        NetworkInterfaces=[interface],
        UserData={"Fn::Base64": "#!/bin/sh\n"},
    )
    values = {
        "Public": attribute("I", "PublicIp"),
        "Vpc": attribute("I", "VpcId"),
        "Net": {"Ref": "V"},
        "Group": {"Ref": "G"},
        "Id": attribute("I", "InstanceId"),
        "Ref": {"Ref": "I"},
    }
    found = outputs(stacks.create(template(values, **NETWORK, I=machine)))

    assert found["Vpc"] == found["Net"]
    assert found["Public"]
    assert found["Id"] == found["Ref"]
    ec2 = stacks.aws("ec2")
    (held,) = ec2.describe_instances(InstanceIds=[found["Id"]])["Reservations"]
    (card,) = held["Instances"][0]["NetworkInterfaces"]
    assert [group["GroupId"] for group in card["Groups"]] == [found["Group"]]


def test_an_instance_without_a_public_address_has_the_empty_text(stacks: Stacks) -> None:
    machine = resource("Instance", ImageId="ami-12c6146b", SubnetId={"Ref": "S"})
    body = template({"Public": {"Fn::Sub": "<${I.PublicIp}>"}}, **NETWORK, I=machine)
    stack = stacks.create(body)
    assert outputs(stack) == {"Public": "<>"}

    machine["Properties"]["InstanceType"] = "t3.large"
    assert stacks.update(stack, body)["StackStatus"] == "UPDATE_COMPLETE"
    machine["Properties"]["UserData"] = "not in base64!"
    assert stacks.update(stack, body)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_makes_a_new_version_of_a_launch_template(stacks: Stacks) -> None:
    made = resource("LaunchTemplate", LaunchTemplateData={"InstanceType": "t3.micro"})
    body = template({"V": attribute("T", "LatestVersionNumber")}, T=made)
    stack = stacks.create(body)
    assert outputs(stack) == {"V": "1"}
    made["Properties"]["LaunchTemplateData"] = {"InstanceType": "t3.large"}
    assert outputs(stacks.update(stack, body)) == {"V": "2"}


def test_a_zone_with_a_network_is_private(stacks: Stacks) -> None:
    zone = {
        "Type": "AWS::Route53::HostedZone",
        "Properties": {
            "Name": "one.internal",
            "VPCs": [{"VPCId": {"Ref": "V"}, "VPCRegion": {"Ref": "AWS::Region"}}],
        },
    }
    stack = stacks.create(template({"Z": {"Ref": "Z"}}, **NETWORK, Z=zone))
    found = stacks.aws("route53").get_hosted_zone(Id=outputs(stack)["Z"])
    assert found["HostedZone"]["Config"]["PrivateZone"] is True


def test_a_gateway_endpoint_and_the_devices_of_an_image(stacks: Stacks) -> None:
    service = {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}
    root = {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}}
    body = template(
        {"Second": {"Fn::Select": [0, attribute("N", "SecondaryPrivateIpAddresses")]}},
        **NETWORK,
        E=resource("VPCEndpoint", VpcId={"Ref": "V"}, ServiceName=service),
        I=resource("Instance", ImageId="ami-12c6146b", BlockDeviceMappings=[root]),
        N=resource("NetworkInterface", SubnetId={"Ref": "S"}, SecondaryPrivateIpAddressCount=1),
    )
    stack = stacks.create(body)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    assert outputs(stack)["Second"].startswith("10.9.1.")
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
