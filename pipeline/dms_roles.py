"""The two roles that DMS wants under fixed names: an account has one of each, for all regions.

AWS DMS User Guide, "Creating the IAM roles to use with AWS DMS": ``dms-vpc-role`` for subnet
groups, ``dms-cloudwatch-logs-role`` for task logs. The lake makes what is absent. Its stack leaves
them when it goes, because others may use them by then; they are deleted once nobody uses DMS.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.cloudformation import Stacks
from pipeline.lake import Lake, error_code, is_missing
from pipeline.settings import ROOT

__all__ = [
    "DMS_ROLES",
    "delete_unused_roles",
    "own_roles",
    "role",
    "roles_to_make",
    "unused_roles",
]

DMS_ROLES: Final = {
    "CreateDmsVpcRole": "dms-vpc-role",
    "CreateDmsLogsRole": "dms-cloudwatch-logs-role",
}
"""By the nested stack's parameter that says whether to make it."""
MADE_BY_A_LAKE: Final = {"Key": "lake", "Value": "account-wide"}
"""Tag of the two roles: the last lake of the account to go deletes them, whichever made them."""
_THREADS: Final = 8


def roles_to_make(stacks: Stacks) -> dict[str, str]:
    """Parameters of the nested stack: a role is made unless it is there or that has made it.

    Raises:
        ClientError: other than that a role is not there
    """
    given = stacks.parameters(ROOT)
    iam = stacks.target.client("iam")
    return {
        parameter: given.get(parameter) or str(role(iam, name) is None).lower()
        for parameter, name in DMS_ROLES.items()
    }


def own_roles(lake: Lake) -> list[str]:
    """Names of those of the two roles that a lake has made, this one or another that is gone."""
    found = ((name, role(lake.client("iam"), name)) for name in DMS_ROLES.values())
    return [n for n, there in found if there and _is_a_lakes(lake, there.get("Tags", []))]


def _is_a_lakes(lake: Lake, tags: list[dict[str, str]]) -> bool:
    return lake.settings.owns(tags) or MADE_BY_A_LAKE in tags


def unused_roles(lake: Lake) -> tuple[list[str], list[str]]:
    """The lake's own of the two roles, to be asked when its stacks are gone.

    Returns:
        names of those that nobody uses, and a text for each that is in use, with by whom
    """
    own = own_roles(lake)
    if not own:
        return [], []
    user = _user_of_dms(lake)
    return ([], [f"role {name} (in use: {user})" for name in own]) if user else (own, [])


def delete_unused_roles(lake: Lake, kept: list[str]) -> list[str]:
    """Delete the lake's own of the two roles unless DMS is in use in any region of the account.

    Args:
        lake: the lake, whose stacks are gone
        kept: gets a text for each role that is in use

    Returns:
        what was deleted
    """
    iam = lake.client("iam")
    unused, in_use = unused_roles(lake)
    kept += in_use
    for name in unused:
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        for policy in [p for page in pages for p in page["AttachedPolicies"]]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)
    return [f"role {name}" for name in unused]


def role(iam: Any, name: str) -> dict[str, Any] | None:
    """A role as IAM describes it, None when there is none of that name.

    Raises:
        ClientError: other than that it is not there
    """
    try:
        return dict(iam.get_role(RoleName=name)["Role"])
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def _user_of_dms(lake: Lake) -> str | None:
    """The first thing of DMS that there is in any region, or else another lake.

    A region that does not answer counts as one, and so does S3.
    """
    regions = [r["RegionName"] for r in lake.client("ec2").describe_regions()["Regions"]]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda region: _user_in(lake, region), regions)
        user = next((user for user in found if user), None)
    return user or _other_lake(lake, regions)


def _other_lake(lake: Lake, regions: list[str]) -> str | None:
    """A lake that stands, of another project or region, by its bucket.

    A paused one has nothing of DMS, and its stack holds the role to be there when it comes back.
    """
    s3, account = lake.client("s3"), lake.settings.account
    try:
        pages = s3.get_paginator("list_buckets").paginate(Prefix=f"{account}-")
        names = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
        for name, region in product(names, regions):
            project = name.removeprefix(f"{account}-").removesuffix(f"-{region}")
            same = name == lake.settings.bucket or name != f"{account}-{project}-{region}"
            if not same and _tag_of_bucket(s3, name) == project:
                return f"the lake of bucket {name}"
    except (ClientError, BotoCoreError) as error:
        reason = error_code(error) if isinstance(error, ClientError) else type(error).__name__
        return f"S3 does not say whether there is another lake ({reason})"
    return None


def _tag_of_bucket(s3: Any, bucket: str) -> str | None:
    """The bucket's tag ``project``."""
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if is_missing(error) or error_code(error) == "NoSuchTagSet":
            return None
        raise
    return next((tag["Value"] for tag in tags if tag["Key"] == "project"), None)


def _user_in(lake: Lake, region: str) -> str | None:
    dms = lake.target.client("dms", region)
    try:
        return next(_things_of_dms(dms, region), None)
    except (ClientError, BotoCoreError) as error:
        reason = error_code(error) if isinstance(error, ClientError) else type(error).__name__
        return f"region {region} does not say whether DMS is in use there ({reason})"


def _things_of_dms(dms: Any, region: str) -> Iterator[str]:
    # A serverless replication has a subnet group too.
    for what, operation, members, name in (
        (
            "replication instance",
            "describe_replication_instances",
            "ReplicationInstances",
            "ReplicationInstanceIdentifier",
        ),
        (
            "subnet group",
            "describe_replication_subnet_groups",
            "ReplicationSubnetGroups",
            "ReplicationSubnetGroupIdentifier",
        ),
    ):
        for found in getattr(dms, operation)()[members]:
            yield f"{what} {found[name]} in {region}"
