"""Whether DMS's two roles may go: not while anybody in the account uses DMS, or nobody can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.dms_roles import MADE_BY_A_LAKE, unused_roles
from pipeline.lake import Lake
from tests.unit.account.fakes import ACCOUNT, REGION, account_lake, put_client
from tests.unit.pipeline.fakes import client_error

ROLE = "dms-vpc-role"


class Dms:
    """DMS of a region."""

    def __init__(self, instances: list[str], groups: list[str], error: str = "") -> None:
        self.instances, self.groups, self.error = instances, groups, error

    def describe_replication_instances(self) -> dict[str, Any]:
        if self.error:
            raise client_error(self.error, "DescribeReplicationInstances")
        found = [{"ReplicationInstanceIdentifier": name} for name in self.instances]
        return {"ReplicationInstances": found}

    def describe_replication_subnet_groups(self) -> dict[str, Any]:
        found = [{"ReplicationSubnetGroupIdentifier": name} for name in self.groups]
        return {"ReplicationSubnetGroups": found}


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    with account_lake(monkeypatch) as lake:
        lake.client("iam").create_role(
            RoleName=ROLE, AssumeRolePolicyDocument="{}", Tags=[MADE_BY_A_LAKE]
        )
        for region in lake.client("ec2").describe_regions()["Regions"]:
            name = region["RegionName"]
            put_client(lake, "dms" if name == REGION else f"dms in {name}", Dms([], []))
        yield lake


def bucket(lake: Lake, name: str, project: str) -> None:
    lake.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    tags = [{"Key": "project", "Value": project}]
    lake.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def test_nobody_uses_dms(lake: Lake) -> None:
    assert unused_roles(lake) == ([ROLE], [])


@pytest.mark.parametrize(
    ("dms", "user"),
    [
        (Dms(["theirs"], []), "replication instance theirs in us-west-2"),
        (Dms([], ["theirs"]), "subnet group theirs in us-west-2"),
        (Dms([], [], "AccessDeniedException"), "region us-west-2 does not say"),
    ],
)
def test_another_region_uses_dms(lake: Lake, dms: Dms, user: str) -> None:
    put_client(lake, "dms in us-west-2", dms)
    unused, in_use = unused_roles(lake)
    assert unused == []
    assert user in in_use[0]


@pytest.mark.parametrize(("tag", "uses"), [("films", True), ("other", False)])
def test_a_paused_lake_is_known_by_its_buckets_tag(lake: Lake, tag: str, uses: bool) -> None:
    name = f"{ACCOUNT}-films-{REGION}"
    bucket(lake, name, tag)
    unused, in_use = unused_roles(lake)
    assert (unused == []) == uses
    assert in_use == ([f"role {ROLE} (in use: the lake of bucket {name})"] if uses else [])


def test_its_own_bucket_is_no_other_lakes(lake: Lake) -> None:
    bucket(lake, lake.bucket, lake.settings.project)
    assert unused_roles(lake) == ([ROLE], [])


def test_s3_that_does_not_say_counts_as_a_user(lake: Lake) -> None:
    class Closed:
        def get_paginator(self, _: str) -> None:
            raise client_error("AccessDenied", "ListBuckets")

    put_client(lake, "s3", Closed())
    unused, in_use = unused_roles(lake)
    assert unused == []
    assert "S3 does not say" in in_use[0]
