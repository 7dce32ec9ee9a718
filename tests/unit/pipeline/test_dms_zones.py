"""The subnets are in zones that offer the replication instance's class."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.cloudformation import Stacks
from pipeline.dms_zones import zones_to_use
from pipeline.errors import StackError
from pipeline.target import open_target


class Offers:
    """A DMS that offers classes in zones, in two pages."""

    def __init__(self, **zones: list[str]) -> None:
        self.zones = {name.replace("_", "."): offered for name, offered in zones.items()}

    def get_paginator(self, operation: str) -> Offers:
        assert operation == "describe_orderable_replication_instances"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        offers = [
            {"ReplicationInstanceClass": name, "AvailabilityZones": zones}
            for name, zones in self.zones.items()
        ]
        return [{"OrderableReplicationInstances": page} for page in (offers[:1], offers[1:])]


def stacks(dms: Offers, **given: str) -> Stacks:
    names = [f"us-east-1{letter}" for letter in "cabd"]
    zones = {"AvailabilityZones": [{"ZoneName": name} for name in names]}
    ec2 = SimpleNamespace(describe_availability_zones=lambda **_: zones)
    target = replace(open_target("local", environ={}), _clients={"dms": dms, "ec2": ec2})
    return cast(Stacks, SimpleNamespace(target=target, parameters=lambda _: given))


def test_zones_that_do_not_offer_the_class_are_passed_over() -> None:
    """use1-az3 is one, under another letter in each account."""
    offers = Offers(dms_c5_large=["us-east-1a"], dms_t3_medium=["us-east-1d", "us-east-1b"])
    assert zones_to_use(stacks(offers)) == {"FirstZone": "us-east-1b", "SecondZone": "us-east-1d"}


def test_a_network_that_is_there_keeps_its_zones() -> None:
    given = {"FirstZone": "us-east-1a", "SecondZone": ""}
    assert zones_to_use(stacks(Offers(), **given)) == given


def test_too_few_zones_are_named_with_what_was_wanted() -> None:
    with pytest.raises(StackError) as raised:
        zones_to_use(stacks(Offers(dms_t3_medium=["us-east-1b"])))
    assert raised.value.message == (
        "DMS offers instance class dms.t3.medium in us-east-1b of region us-east-1; two zones are "
        "needed."
    )
