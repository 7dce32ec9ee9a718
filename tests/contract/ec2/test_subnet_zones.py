"""Subnets without a zone do not meet in one by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]


def test_subnets_without_a_zone_spread_over_those_of_the_region(aws: Aws) -> None:
    ec2 = aws("ec2")
    zones = {z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]}
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{n}.0/24")["Subnet"]
        for n in range(len(zones) + 1)
    ]
    given = [subnet["AvailabilityZone"] for subnet in made]
    assert set(given) == zones
    assert len(set(given[:-1])) == len(zones)


def test_a_zone_that_is_named_is_kept(aws: Aws) -> None:
    ec2 = aws("ec2")
    zone = ec2.describe_availability_zones()["AvailabilityZones"][-1]
    vpc = ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"]
    by_name = {"AvailabilityZone": zone["ZoneName"]}
    by_id = {"AvailabilityZoneId": zone["ZoneId"]}
    for n, named in enumerate((by_name, by_name, by_id)):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.61.{n}.0/24", **named)["Subnet"]
        assert subnet["AvailabilityZone"] == zone["ZoneName"]
