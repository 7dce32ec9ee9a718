"""What the region offers of what a run orders: DMS class, framework images; and DMS's roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pipeline.account.images import AS_OF, newest_with_wheels, python_of, without_wheel
from pipeline.check import Check
from pipeline.dms_roles import role
from pipeline.dms_zones import ZONES, zones_by_class
from pipeline.errors import SettingsError
from pipeline.lake import Lake

__all__ = ["dms_class", "dms_roles", "images", "wheels"]

_POLICIES: Final = {
    "dms-vpc-role": "AmazonDMSVPCManagementRole",
    "dms-cloudwatch-logs-role": "AmazonDMSCloudWatchLogsRole",
}
"""By the role that needs it: AWS DMS User Guide, 'Creating the IAM roles to use with AWS DMS'."""


def dms_class(lake: Lake) -> Iterator[Check]:
    """Whether DMS offers the instance class in two zones, which a subnet group needs."""
    wanted = lake.target.sizes.dms_instance_class
    offered = zones_by_class(lake.client("dms"))
    name = f"DMS class {wanted}"
    found = ", ".join(sorted(offered[wanted]))
    if len(offered[wanted]) >= len(ZONES):
        yield Check(name, True, f"offered in {found}")
        return
    small = sorted(
        c
        for c, zones in offered.items()
        if len(zones) >= len(ZONES) and c.endswith((".micro", ".small", ".medium", ".large"))
    )
    where = f"only offered in {found} of" if found else "not offered in"
    yield Check(
        name,
        False,
        f"{where} {lake.target.region}, two zones are needed; offered are "
        f"{', '.join(small) or 'none'}",
        f"export LAKE_DMS_INSTANCE_CLASS={small[0]}" if small else "export AWS_REGION=us-east-1",
    )


def images(lake: Lake) -> Iterator[Check]:
    """Whether the registry of the region has the images; asked as a container's pull asks."""
    for kind in ("training", "inference"):
        name = f"image for {kind}"
        try:
            uri = lake.target.sizes.image(kind, lake.target.region)
        except SettingsError as error:
            yield Check(name, False, error.message, error.hint)
            continue
        place, _, tag = uri.partition(":")
        registry, _, repository = place.partition("/")
        answer = lake.client("ecr").batch_get_image(
            registryId=registry.partition(".")[0],
            repositoryName=repository,
            imageIds=[{"imageTag": tag}],
        )
        if answer.get("images"):
            yield Check(name, True, uri)
        else:
            why = ", ".join(f["failureCode"] for f in answer.get("failures", [])) or "no answer"
            yield Check(
                name,
                False,
                f"{uri} is not there ({why})",
                f"export LAKE_FRAMEWORK_TAG={newest_with_wheels()}",
            )


def wheels(lake: Lake) -> Iterator[Check]:
    """Whether the image's Python has wheels of everything that the model needs; asks nobody."""
    tag = lake.target.sizes.framework_tag
    lacking = without_wheel(tag)
    name = "wheels for the image"
    if not lacking:
        yield Check(name, True, f"all there for Python {python_of(tag)}, as of {AS_OF}")
        return
    yield Check(
        name,
        False,
        f"{tag} has Python {python_of(tag)}, for which {', '.join(lacking)} "
        f"{'have no wheels' if len(lacking) > 1 else 'has no wheel'} as of {AS_OF}",
        f"export LAKE_FRAMEWORK_TAG={newest_with_wheels()}",
    )


def dms_roles(lake: Lake) -> Iterator[Check]:
    """Whether the account's roles for DMS, where there are any, are what DMS needs."""
    iam = lake.client("iam")
    for name, policy in _POLICIES.items():
        found = role(iam, name)
        if found is None:
            yield Check(f"role {name}", True, "not there; the run makes it")
            continue
        trusted = "dms.amazonaws.com" in str(found.get("AssumeRolePolicyDocument", {}))
        if not trusted:
            yield Check(
                f"role {name}",
                False,
                "there, but DMS may not assume it",
                f"Let dms.amazonaws.com assume it: {lake.target.aws_cli} iam "
                f"update-assume-role-policy --role-name {name} --policy-document <document>",
            )
            continue
        attached: list[dict[str, Any]] = iam.list_attached_role_policies(RoleName=name)[
            "AttachedPolicies"
        ]
        if any(entry["PolicyName"] == policy for entry in attached):
            yield Check(f"role {name}", True, "there, and as DMS needs it")
        else:
            partition = lake.target.session.get_partition_for_region(lake.target.region)
            arn = f"arn:{partition}:iam::aws:policy/service-role/{policy}"
            yield Check(
                f"role {name}",
                False,
                f"there, but without {policy}",
                f"{lake.target.aws_cli} iam attach-role-policy --role-name {name} "
                f"--policy-arn {arn}",
            )
