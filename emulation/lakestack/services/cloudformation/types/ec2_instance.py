"""``AWS::EC2::Instance``: LocalStack's leaves out where an instance is and who it is.

AWS CloudFormation Template Reference, "AWS::EC2::Instance": Ref is its id; an instance without a
public address has the empty text for one.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest

from lakestack.services.cloudformation.changes import tag_specifications
from lakestack.services.cloudformation.resource import Model, ModelResource, not_in_place
from lakestack.services.cloudformation.types.vpc_parts import network_interface

_PLACEMENT = {
    "Affinity": "Affinity",
    "AvailabilityZone": "AvailabilityZone",
    "HostId": "HostId",
    "HostResourceGroupArn": "HostResourceGroupArn",
    "PlacementGroupName": "GroupName",
    "Tenancy": "Tenancy",
}
_GIVEN = (
    *("AdditionalInfo", "BlockDeviceMappings", "CpuOptions", "CreditSpecification"),
    *("DisableApiTermination", "EbsOptimized", "EnclaveOptions", "HibernationOptions", "ImageId"),
    *("InstanceInitiatedShutdownBehavior", "InstanceType", "Ipv6AddressCount", "Ipv6Addresses"),
    *("KernelId", "KeyName", "LaunchTemplate", "LicenseSpecifications", "MetadataOptions"),
    *("PrivateDnsNameOptions", "PrivateIpAddress", "RamdiskId", "SecurityGroupIds"),
    *("SecurityGroups", "SubnetId"),
)

_IMAGE_GIB = 8
"""Size of the volume of an image, whose device may be named without one (our guess)."""


class Instance(ModelResource):
    """Ref: the instance's id."""

    TYPE = "AWS::EC2::Instance"
    IDENTIFIER = "InstanceId"
    READ_ONLY = ("Id", "PrivateDnsName", "PrivateIp", "PublicDnsName", "PublicIp", "State", "VpcId")
    REPLACED_BY = (
        *("AvailabilityZone", "CpuOptions", "EnclaveOptions", "HibernationOptions"),
        *("HostResourceGroupArn", "ImageId", "Ipv6AddressCount", "Ipv6Addresses", "KeyName"),
        *("LaunchTemplate", "LicenseSpecifications", "NetworkInterfaces", "PlacementGroupName"),
        *("PrivateIpAddress", "SecurityGroups", "SubnetId"),
    )
    NOT_FOUND = ("InvalidInstanceID.NotFound",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        (instance,) = aws.ec2.run_instances(**_parameters(model))["Instances"]
        model["InstanceId"] = model["Id"] = instance["InstanceId"]
        if "SourceDestCheck" in model:
            _modify(aws, model, SourceDestCheck={"Value": model["SourceDestCheck"]})
        _attach(aws, model, model.get("Volumes"))

    def is_ready(self, aws: Any, model: Model) -> bool:
        instance = _described(aws, model)
        if instance["State"]["Name"] == "terminated":
            raise ValueError(f"instance {model['InstanceId']} terminates")
        model["AvailabilityZone"] = instance["Placement"]["AvailabilityZone"]
        model["PrivateIp"] = instance.get("PrivateIpAddress", "")
        model["PublicIp"] = instance.get("PublicIpAddress", "")
        for name in ("PrivateDnsName", "PublicDnsName", "VpcId"):
            model[name] = instance.get(name, "")
        model["State"] = instance["State"]
        return bool(instance["State"]["Name"] == "running")

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        # What EC2 has chosen is no change of the template's.
        chosen = (request.previous_state or {}).get("AvailabilityZone")
        request.desired_state.setdefault("AvailabilityZone", chosen)
        return super().update(request)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        settable = {name for name in model if name not in (*self.READ_ONLY, self.IDENTIFIER)}
        changed = {n for n in settable | set(previous) if model.get(n) != previous.get(n)}
        fixed = changed - {*self.READ_ONLY, self.IDENTIFIER, "Tags", *_IN_PLACE}
        if lost := fixed | {name for name in changed & set(_IN_PLACE) if name not in model}:
            raise ValueError(not_in_place(self.TYPE, sorted(lost)))
        for name in sorted(changed & set(_IN_PLACE)):
            _IN_PLACE[name](aws, model, model[name])

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.ec2.terminate_instances(InstanceIds=[model["InstanceId"]])

    def is_gone(self, aws: Any, model: Model) -> bool:
        return bool(_described(aws, model)["State"]["Name"] == "terminated")


def _parameters(model: Model) -> Model:
    given: Model = {name: model[name] for name in _GIVEN if name in model}
    given |= {"MinCount": 1, "MaxCount": 1}
    if placement := {api: model[name] for name, api in _PLACEMENT.items() if name in model}:
        given["Placement"] = placement
    if profile := model.get("IamInstanceProfile"):
        given["IamInstanceProfile"] = {"Name": profile}
    if "Monitoring" in model:
        given["Monitoring"] = {"Enabled": model["Monitoring"]}
    if data := model.get("UserData"):
        given["UserData"] = _decoded(data)
    if interfaces := model.get("NetworkInterfaces"):
        given["NetworkInterfaces"] = [network_interface(each) for each in interfaces]
    given["BlockDeviceMappings"] = [
        _device(each) for each in given.get("BlockDeviceMappings") or ()
    ]
    return given | tag_specifications("instance", model.get("Tags"))


def _device(given: Model) -> Model:
    made = dict(given)
    if isinstance(made.get("NoDevice"), dict):
        made["NoDevice"] = ""
    if (volume := made.get("Ebs")) and not {"SnapshotId", "VolumeSize"} & set(volume):
        made["Ebs"] = {**volume, "VolumeSize": _IMAGE_GIB}
    return made


def _decoded(data: str) -> bytes:
    """User data as boto3 takes it.

    Raises:
        ValueError: it is not in base64, with EC2's words
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as e:
        raise ValueError("Invalid BASE64 encoding of user data.") from e


def _modify(aws: Any, model: Model, **attribute: Any) -> None:
    aws.ec2.modify_instance_attribute(InstanceId=model["InstanceId"], **attribute)


def _value_of(name: str) -> Any:
    def set_value(aws: Any, model: Model, value: Any) -> None:
        _modify(aws, model, **{name: {"Value": value}})

    return set_value


def _groups(aws: Any, model: Model, value: Any) -> None:
    _modify(aws, model, Groups=value)


def _attach(aws: Any, model: Model, volumes: list[Model] | None) -> None:
    instance = _described(aws, model)
    known = {each["Ebs"]["VolumeId"] for each in instance.get("BlockDeviceMappings") or ()}
    for each in volumes or ():
        if each["VolumeId"] in known:
            continue
        aws.ec2.attach_volume(
            Device=each["Device"], VolumeId=each["VolumeId"], InstanceId=model["InstanceId"]
        )


def _described(aws: Any, model: Model) -> Model:
    answer = aws.ec2.describe_instances(InstanceIds=[model["InstanceId"]])
    instance: Model = answer["Reservations"][0]["Instances"][0]
    return instance


_IN_PLACE: dict[str, Any] = {
    **{
        name: _value_of(name)
        for name in (
            *("DisableApiTermination", "EbsOptimized", "InstanceInitiatedShutdownBehavior"),
            *("InstanceType", "SourceDestCheck"),
        )
    },
    "SecurityGroupIds": _groups,
    "Volumes": _attach,
}
"""What an update changes, by property; volumes are only attached."""
