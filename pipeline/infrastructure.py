"""Which stacks the lake consists of, what each is given, and in which order they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Final

from botocore.exceptions import ClientError

from pipeline.cloudformation import Outcome, Stacks
from pipeline.uploads import lambda_key

__all__ = ["FOUNDATION", "SERVING", "begin_deployment", "deploy_foundation"]

FOUNDATION: Final = "001-storage-and-roles"
SERVING: Final = "006-serving"
"""Deployed by the deploy stage, once there is a model."""
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "004-streaming": (),
    "002-network": (),
    "005-catalog": (),
    "003-full-load": ("002-network",),
}
"""Stacks after the foundation, those that are wanted first first, with what each waits for."""


def deploy_foundation(stacks: Stacks, notice: Callable[[str], None]) -> Outcome:
    """Deploy the stack that all others and the run's own notes need.

    :param notice: called with a line when the stack is complete
    :raises StackError: it fails
    """
    return _deploy(stacks, FOUNDATION, [], notice)


def begin_deployment(
    stacks: Stacks, pool: Executor, notice: Callable[[str], None]
) -> dict[str, Future[Outcome]]:
    """Begin to deploy all other stacks, side by side where they do not need each other.

    :param pool: begins what it is given in the order given
    :returns: by template; a failed stack's future raises StackError
    """
    made: dict[str, Future[Outcome]] = {}
    for template, needs in _NEEDS.items():
        before = [made[need] for need in needs]
        made[template] = pool.submit(_deploy, stacks, template, before, notice)
    return made


def _deploy(
    stacks: Stacks,
    template: str,
    before: list[Future[Outcome]],
    notice: Callable[[str], None],
) -> Outcome:
    for needed in before:
        needed.result()
    outcome = stacks.deploy(template, _parameters(stacks, template))
    notice(f"stack {stacks.settings.stack(template)} {outcome.value}")
    return outcome


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
            "SimulatorKey": lambda_key("simulator"),
            "ConsumerKey": lambda_key("consumer"),
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
