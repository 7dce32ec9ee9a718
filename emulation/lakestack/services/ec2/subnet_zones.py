"""The zone of a subnet that names none: the one with the fewest subnets of its VPC.

Amazon EC2 API Reference, "CreateSubnet": AWS selects a zone, and not necessarily another one for
each subnet. moto draws one, so that a template whose DMS subnet group or load balancer needs two
zones fails on some days only. Which zone AWS selects is not documented; this choice is our guess.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from lakestack import patches


def install() -> None:
    """Put ours before moto's, once that is loaded."""
    patches.replace_on_import("ec2.subnet_zones", _spreading)


def _spreading(original: Any) -> Any:
    def create_subnet(response: Any) -> Any:
        given = response._get_param
        if not given("AvailabilityZone") and not given("AvailabilityZoneId"):
            zone = _emptiest(response.ec2_backend, given("VpcId"))
            response.querystring["AvailabilityZone"] = [zone]
        return original(response)

    return create_subnet


def _emptiest(backend: Any, vpc: str | None) -> str:
    zones: list[str] = [zone.name for zone in backend.describe_availability_zones()]
    used = Counter(
        subnet.availability_zone for subnet in backend.describe_subnets() if subnet.vpc_id == vpc
    )
    return min(zones, key=lambda zone: used[zone])
