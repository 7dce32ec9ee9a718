"""What is left of a lake: found by its tag in whatever service, and in its network.

Services put network interfaces into a network and take them away themselves, some time after what
they served is gone. Until then the network cannot be deleted (Amazon VPC User Guide, "Delete your
VPC").
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from pipeline.lake import Lake
from pipeline.settings import NETWORK

__all__ = ["network_interfaces", "tagged_resources"]


def tagged_resources(lake: Lake, known: Iterable[str] = ()) -> list[str]:
    """ARNs of all in the region that the Resource Groups Tagging API shows with the lake's tag.

    The list lags behind: what is deleted is still in it for a while (Resource Groups Tagging API
    Reference, "GetResources"). So it is asked again until it is empty or the target's
    `Waits.tag_index` has passed.

    Args:
        lake: the lake
        known: ends of ARNs that are left out, because they are known to stay
    """
    waits, ends = lake.target.waits, tuple(known)
    deadline = time.monotonic() + waits.tag_index
    while True:
        found = [arn for arn in _tagged(lake) if not (ends and arn.endswith(ends))]
        if not found or time.monotonic() >= deadline:
            return found
        time.sleep(waits.poll)


def network_interfaces(lake: Lake) -> list[str]:
    """The network interfaces in the lake's network, each with what its service says of it."""
    stack = lake.stacks.describe(NETWORK)
    if stack is None:
        return []
    made = lake.client("cloudformation").describe_stack_resources(StackName=stack["StackId"])
    networks = [
        resource["PhysicalResourceId"]
        for resource in made["StackResources"]
        if resource.get("ResourceType") == "AWS::EC2::VPC" and resource.get("PhysicalResourceId")
    ]
    if not networks:
        return []
    pages = lake.client("ec2").get_paginator("describe_network_interfaces")
    return [
        f"network interface {found['NetworkInterfaceId']} "
        f"({found.get('Description') or 'of no description'})"
        for page in pages.paginate(Filters=[{"Name": "vpc-id", "Values": networks}])
        for found in page["NetworkInterfaces"]
    ]


def _tagged(lake: Lake) -> list[str]:
    tag = lake.settings.tag
    pages = lake.client("resourcegroupstaggingapi").get_paginator("get_resources")
    return [
        found["ResourceARN"]
        for page in pages.paginate(TagFilters=[{"Key": tag["Key"], "Values": [tag["Value"]]}])
        for found in page["ResourceTagMappingList"]
        if lake.settings.owns(found.get("Tags", []))
    ]
