"""In which Availability Zones the replication instance can be: not each zone offers each class."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from pipeline.cloudformation import Stacks
from pipeline.errors import StackError
from pipeline.settings import ROOT

__all__ = ["ZONES", "zones_by_class", "zones_to_use"]

ZONES: Final = ("FirstZone", "SecondZone")
"""Parameters of the nested stack. A subnet group covers two zones (AWS DMS User Guide, "Creating a
replication subnet group"); DMS puts the instance into either."""


def zones_to_use(stacks: Stacks) -> dict[str, str]:
    """Parameters of the nested stack: as it has them, else two zones that offer the class.

    Raises:
        StackError: fewer than two zones of the region offer it
    """
    given = stacks.parameters(ROOT)
    if all(name in given for name in ZONES):
        return {name: given[name] for name in ZONES}  # another zone would replace the subnets
    target, wanted = stacks.target, stacks.target.sizes.dms_instance_class
    zones = target.client("ec2").describe_availability_zones(
        Filters=[
            {"Name": "state", "Values": ["available"]},
            {"Name": "zone-type", "Values": ["availability-zone"]},
        ]
    )["AvailabilityZones"]
    offered = zones_by_class(target.client("dms"))[wanted]
    found = sorted(offered.intersection(z["ZoneName"] for z in zones))
    if len(found) < len(ZONES):
        raise StackError(
            f"DMS offers instance class {wanted} in {', '.join(found) or 'no zone'} of region "
            f"{target.region}; two zones are needed.",
            f"See what it offers: {target.aws_cli} dms describe-orderable-replication-instances",
        )
    return dict(zip(ZONES, found, strict=False))


def zones_by_class(dms: Any) -> defaultdict[str, set[str]]:
    """By instance class: the zones that DMS offers it in, for some engine version."""
    pages = dms.get_paginator("describe_orderable_replication_instances").paginate()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for offer in page["OrderableReplicationInstances"]:
            found[offer["ReplicationInstanceClass"]].update(offer.get("AvailabilityZones", []))
    return found
