"""Operations on replication subnet groups and replication instances."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.base import aws_error, client
from lakestack.services.dms.state import (
    DmsState,
    Operations,
    Shape,
    already_exists,
    check_identifier,
    described,
    find,
    invalid_value,
    not_found,
    page,
    wrong_state,
)

ENGINE_VERSION = "3.5.4"
DEFAULT_STORAGE_GB = 50
# AWS DMS User Guide, "Choosing the right AWS DMS replication instance for your migration".
CLASSES = (
    *(f"dms.t3.{size}" for size in ("micro", "small", "medium", "large")),
    *(
        f"dms.{family}.{size}"
        for family in ("c5", "c6i", "r5", "r6i")
        for size in ("large", "xlarge", "2xlarge", "4xlarge")
    ),
)

_MODIFIABLE = (
    "AllocatedStorage",
    "ReplicationInstanceClass",
    "PreferredMaintenanceWindow",
    "MultiAZ",
    "EngineVersion",
    "AutoMinorVersionUpgrade",
    "NetworkType",
)


class InstanceOperations(Operations):
    """Mixed into the provider."""

    @handler("CreateReplicationSubnetGroup", expand=False)
    def create_replication_subnet_group(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = request["ReplicationSubnetGroupIdentifier"].lower()
        if not name or name == "default" or len(name) > 255:
            raise invalid_value(f"ReplicationSubnetGroupIdentifier {name!r} is not valid")
        group = {
            "ReplicationSubnetGroupIdentifier": name,
            "ReplicationSubnetGroupDescription": request["ReplicationSubnetGroupDescription"],
            "SubnetGroupStatus": "Complete",
            "SupportedNetworkTypes": ["IPV4"],
            **_subnets(store, request["SubnetIds"]),
        }
        with store.lock:
            if name in store.subnet_groups:
                raise already_exists("Replication subnet group", name)
            store.subnet_groups[name] = group
            store.tag(store.arn("subgrp", name), request)
        return {"ReplicationSubnetGroup": group}

    @handler("DescribeReplicationSubnetGroups", expand=False)
    def describe_replication_subnet_groups(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        filters = {"replication-subnet-group-id": "ReplicationSubnetGroupIdentifier"}
        member, what = "ReplicationSubnetGroups", "replication subnet groups"
        return described(store, store.subnet_groups, request, filters, member, what)

    @handler("ModifyReplicationSubnetGroup", expand=False)
    def modify_replication_subnet_group(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = request["ReplicationSubnetGroupIdentifier"].lower()
        subnets = _subnets(store, request["SubnetIds"])
        with store.lock:
            group = _group(store, name)
            group.update(subnets)
            if request.get("ReplicationSubnetGroupDescription"):
                description = request["ReplicationSubnetGroupDescription"]
                group["ReplicationSubnetGroupDescription"] = description
            return {"ReplicationSubnetGroup": group}

    @handler("DeleteReplicationSubnetGroup", expand=False)
    def delete_replication_subnet_group(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = request["ReplicationSubnetGroupIdentifier"].lower()
        with store.lock:
            _group(store, name)
            for instance in store.instances.values():
                if instance["ReplicationSubnetGroup"]["ReplicationSubnetGroupIdentifier"] == name:
                    raise wrong_state(
                        f"Replication subnet group {name} is used by replication instance "
                        f"{instance['ReplicationInstanceIdentifier']}"
                    )
            del store.subnet_groups[name]
            store.tags.pop(store.arn("subgrp", name), None)
        return {}

    @handler("DescribeOrderableReplicationInstances", expand=False)
    def describe_orderable_replication_instances(
        self, context: RequestContext, request: Any
    ) -> Any:
        """Every class is offered in every zone of the region, which AWS does not promise."""
        store = self.store(context)
        zones = client(store.account, store.region, "ec2").describe_availability_zones()
        names = [zone["ZoneName"] for zone in zones["AvailabilityZones"]]
        offers = [
            {
                "EngineVersion": ENGINE_VERSION,
                "ReplicationInstanceClass": offered,
                "StorageType": "gp2",
                "MinAllocatedStorage": 5,
                "MaxAllocatedStorage": 6144,
                "DefaultAllocatedStorage": DEFAULT_STORAGE_GB,
                "IncludedAllocatedStorage": DEFAULT_STORAGE_GB,
                "AvailabilityZones": names,
                "ReleaseStatus": "prod",
            }
            for offered in CLASSES
        ]
        shown, marker = page(offers, request)
        return {"OrderableReplicationInstances": shown, **marker}

    @handler("CreateReplicationInstance", expand=False)
    def create_replication_instance(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = request["ReplicationInstanceIdentifier"].lower()
        check_identifier(name, "ReplicationInstanceIdentifier", 63)
        _check_class(request["ReplicationInstanceClass"])
        with store.lock:
            if any(i["ReplicationInstanceIdentifier"] == name for i in store.instances.values()):
                raise already_exists("Replication instance", name)
            arn = store.arn("rep", request.get("ResourceIdentifier"))
            instance = _instance(store, name, arn, request)
            store.instances[arn] = instance
            store.tag(arn, request)
        return {"ReplicationInstance": {**instance, "ReplicationInstanceStatus": "creating"}}

    @handler("DescribeReplicationInstances", expand=False)
    def describe_replication_instances(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        filters = {
            "replication-instance-arn": "ReplicationInstanceArn",
            "replication-instance-id": "ReplicationInstanceIdentifier",
            "replication-instance-class": "ReplicationInstanceClass",
            "engine-version": "EngineVersion",
        }
        member, what = "ReplicationInstances", "replication instances"
        return described(store, store.instances, request, filters, member, what)

    @handler("ModifyReplicationInstance", expand=False)
    def modify_replication_instance(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        with store.lock:
            instance = find(
                store.instances, request["ReplicationInstanceArn"], "Replication instance"
            )
            if request.get("ReplicationInstanceClass"):
                _check_class(request["ReplicationInstanceClass"])
            new_name = request.get("ReplicationInstanceIdentifier")
            if new_name:
                name = check_identifier(new_name.lower(), "ReplicationInstanceIdentifier", 63)
                others = (i for a, i in store.instances.items() if i is not instance)
                if any(i["ReplicationInstanceIdentifier"] == name for i in others):
                    raise already_exists("Replication instance", name)
                instance["ReplicationInstanceIdentifier"] = name
            instance.update({k: request[k] for k in _MODIFIABLE if request.get(k) is not None})
            if request.get("VpcSecurityGroupIds") is not None:
                instance["VpcSecurityGroups"] = _security_groups(request)
            return {"ReplicationInstance": instance}

    @handler("DeleteReplicationInstance", expand=False)
    def delete_replication_instance(self, context: RequestContext, request: Any) -> Any:
        store, arn = self.store(context), request["ReplicationInstanceArn"]
        with store.lock:
            instance = find(store.instances, arn, "Replication instance")
            for task in store.tasks.values():
                if task.instance_arn == arn:
                    raise wrong_state(
                        f"Replication instance {arn} has replication task {task.identifier}; "
                        "delete it first"
                    )
            del store.instances[arn]
            store.tags.pop(arn, None)
            for key in [k for k in store.connections if k[0] == arn]:
                del store.connections[key]
        return {"ReplicationInstance": {**instance, "ReplicationInstanceStatus": "deleting"}}


def _group(store: DmsState, name: str) -> Shape:
    if name not in store.subnet_groups:
        raise not_found(f"Replication subnet group {name} not found")
    return store.subnet_groups[name]


def _subnets(store: DmsState, subnet_ids: list[str]) -> Shape:
    """Look the subnets up in EC2; a group must cover two availability zones."""
    try:
        answer = client(store.account, store.region, "ec2").describe_subnets(SubnetIds=subnet_ids)
    except ClientError as e:
        raise aws_error("InvalidSubnet", e.response["Error"]["Message"]) from e
    subnets = answer["Subnets"]
    vpcs = {s["VpcId"] for s in subnets}
    if len(vpcs) != 1:
        raise aws_error("InvalidSubnet", f"The subnets {subnet_ids} are not all in one VPC")
    if len({s["AvailabilityZone"] for s in subnets}) < 2:
        raise aws_error(
            "ReplicationSubnetGroupDoesNotCoverEnoughAZs",
            "The replication subnet group does not cover enough Availability Zones (AZs). "
            "Edit the replication subnet group and add more AZs.",
        )
    return {
        "VpcId": vpcs.pop(),
        "Subnets": [
            {
                "SubnetIdentifier": s["SubnetId"],
                "SubnetAvailabilityZone": {"Name": s["AvailabilityZone"]},
                "SubnetStatus": "Active",
            }
            for s in subnets
        ],
    }


def _check_class(name: str) -> None:
    if not name.startswith("dms.") or name.count(".") != 2:
        raise invalid_value(
            f"Replication instance class {name!r} is not valid, for example: dms.t3.medium"
        )


def _security_groups(request: Shape) -> list[Shape]:
    return [
        {"VpcSecurityGroupId": group, "Status": "active"}
        for group in request.get("VpcSecurityGroupIds") or []
    ]


def _instance(store: DmsState, name: str, arn: str, request: Shape) -> Shape:
    group_name = (request.get("ReplicationSubnetGroupIdentifier") or "default").lower()
    if group_name == "default":
        group: Shape = {
            "ReplicationSubnetGroupIdentifier": "default",
            "ReplicationSubnetGroupDescription": "default",
            "SubnetGroupStatus": "Complete",
        }
        zone = f"{store.region}a"
    else:
        group = _group(store, group_name)
        zone = group["Subnets"][0]["SubnetAvailabilityZone"]["Name"]
    public = request.get("PubliclyAccessible", True)
    # Addresses of the blocks that are reserved for documentation: nothing answers there.
    number = len(store.instances) % 250 + 1
    instance: Shape = {
        "ReplicationInstanceIdentifier": name,
        "ReplicationInstanceClass": request["ReplicationInstanceClass"],
        "ReplicationInstanceStatus": "available",
        "AllocatedStorage": request.get("AllocatedStorage") or DEFAULT_STORAGE_GB,
        "InstanceCreateTime": clock.utc(),
        "VpcSecurityGroups": _security_groups(request),
        "AvailabilityZone": request.get("AvailabilityZone") or zone,
        "ReplicationSubnetGroup": group,
        "PreferredMaintenanceWindow": request.get("PreferredMaintenanceWindow")
        or "sun:06:00-sun:14:00",
        "PendingModifiedValues": {},
        "MultiAZ": bool(request.get("MultiAZ")),
        "EngineVersion": request.get("EngineVersion") or ENGINE_VERSION,
        "AutoMinorVersionUpgrade": request.get("AutoMinorVersionUpgrade", True),
        "ReplicationInstanceArn": arn,
        "ReplicationInstancePrivateIpAddress": f"192.0.2.{number}",
        "ReplicationInstancePrivateIpAddresses": [f"192.0.2.{number}"],
        "PubliclyAccessible": public,
        "NetworkType": request.get("NetworkType") or "IPV4",
    }
    if public:
        instance["ReplicationInstancePublicIpAddress"] = f"198.51.100.{number}"
        instance["ReplicationInstancePublicIpAddresses"] = [f"198.51.100.{number}"]
    for key in ("KmsKeyId", "DnsNameServers"):
        if request.get(key):
            instance[key] = request[key]
    return instance
