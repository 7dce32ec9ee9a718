"""Which stacks the lake consists of, what each is given, and in which order they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from botocore.exceptions import ClientError

from pipeline.cloudformation import Outcome, Stacks

__all__ = ["FOUNDATION", "SERVING", "WAVES", "deploy_wave"]

FOUNDATION: Final = "001-storage-and-roles"
SERVING: Final = "006-serving"
"""Deployed by the deploy stage, once there is a model."""
WAVES: Final = (
    (FOUNDATION, "002-network"),
    ("003-full-load", "004-streaming", "005-catalog"),
)
"""Stacks of one wave do not depend on each other."""


def deploy_wave(
    stacks: Stacks, wave: tuple[str, ...], notice: Callable[[str], None]
) -> dict[str, Outcome]:
    """Deploy the stacks of one wave at the same time.

    :param notice: called with a line as each stack completes
    :raises StackError: of the first stack that fails, after all have ended
    """

    def deploy(template: str) -> Outcome:
        outcome = stacks.deploy(template, _parameters(stacks, template))
        notice(f"{stacks.settings.stack(template)} {outcome.value}")
        return outcome

    with ThreadPoolExecutor(max_workers=len(wave)) as pool:
        futures = {template: pool.submit(deploy, template) for template in wave}
    return {template: future.result() for template, future in futures.items()}


def _parameters(stacks: Stacks, template: str) -> Mapping[str, str]:
    sizes = stacks.target.sizes
    if template == FOUNDATION:
        return {"CreateDmsVpcRole": str(_makes_dms_vpc_role(stacks)).lower()}
    if template == "003-full-load":
        return {"InstanceClass": sizes.dms_instance_class}
    if template == "004-streaming":
        return {
            "BufferSeconds": str(sizes.firehose_interval),
            "BufferMegabytes": str(sizes.firehose_size),
        }
    if template == "005-catalog":
        return {"WorkerType": sizes.glue_worker_type, "NumberOfWorkers": str(sizes.glue_workers)}
    return {}


def _makes_dms_vpc_role(stacks: Stacks) -> bool:
    """An account has one dms-vpc-role: make it unless somebody else already has."""
    existing = stacks.describe(FOUNDATION)
    if existing is not None:
        given = {p["ParameterKey"]: p["ParameterValue"] for p in existing.get("Parameters", [])}
        return bool(given.get("CreateDmsVpcRole", "true") == "true")
    try:
        stacks.target.client("iam").get_role(RoleName="dms-vpc-role")
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return True
        raise
    return False
