"""Quotas that keep a run from its end, asked of Service Quotas before anything is made.

A new account may have 0 instances of most types that SageMaker trains or hosts on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.account.templates import Resource
from pipeline.check import Check
from pipeline.lake import Lake, error_code

__all__ = ["CODES", "quota_checks"]

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ml.m5.large for training job usage": "L-611FA074",
        "ml.t2.medium for endpoint usage": "L-29C181D7",
        "VPCs per Region": "L-F678F1CE",
        "Internet gateways per Region": "L-A4707A72",
    }
)
"""Quota codes by name. They were found in what others published; so the name in the answer is
compared, and where it differs or no code is known, the quota is looked for by its name."""
_SUGGESTED: Final = 5


@dataclass(frozen=True)
class _Need:
    service: str
    quota: str
    used: int
    """Of it by others than the lake's own, as far as can be seen."""
    variable: str
    """That chooses another size; "" where none does."""


def quota_checks(lake: Lake, new: Iterable[Resource]) -> Iterator[Check]:
    """One finding for each quota.

    Args:
        lake: on its target
        new: resources that a run has yet to make

    Raises:
        ClientError: Service Quotas or EC2 does not answer the question
    """
    kinds = {resource.kind for resource in new}
    for need in _needs(lake, kinds):
        yield _judge(lake, need)


def _needs(lake: Lake, kinds: set[str]) -> Iterator[_Need]:
    sizes = lake.target.sizes
    training = f"{sizes.training_instance_type} for training job usage"
    yield _Need("sagemaker", training, 0, "LAKE_TRAINING_INSTANCE_TYPE")
    if "AWS::SageMaker::Endpoint" in kinds:
        hosting = f"{sizes.hosting_instance_type} for endpoint usage"
        yield _Need("sagemaker", hosting, 0, "LAKE_HOSTING_INSTANCE_TYPE")
    ec2 = lake.client("ec2")
    if "AWS::EC2::VPC" in kinds:
        used = _count(ec2, "describe_vpcs", "Vpcs")
        yield _Need("vpc", "VPCs per Region", used, "")
    if "AWS::EC2::InternetGateway" in kinds:
        used = _count(ec2, "describe_internet_gateways", "InternetGateways")
        yield _Need("vpc", "Internet gateways per Region", used, "")


def _count(client: Any, operation: str, key: str) -> int:
    return sum(len(page[key]) for page in client.get_paginator(operation).paginate())


def _judge(lake: Lake, need: _Need) -> Check:
    name = f"quota {need.quota}"
    quota = _find(lake, need)
    if quota is None:
        fix = f"See it in the Service Quotas console, service {need.service}"
        return Check(name, True, f"not known: {need.service} has no quota of that name", fix)
    value, code = int(quota["Value"]), quota["QuotaCode"]
    if value - need.used >= 1:
        return Check(name, True, f"{value}, {need.used} used" if need.used else f"{value}")
    fix = (
        f"{lake.target.aws_cli} service-quotas request-service-quota-increase --service-code "
        f"{need.service} --quota-code {code} --desired-value {need.used + 1}"
    )
    others = _others(lake, need) if need.variable else []
    if others:
        fix += (
            f"; or: export {need.variable}={others[0]} (there is a quota for {', '.join(others)})"
        )
    return Check(name, False, f"{value} ({code}), {need.used} used; a run needs 1 more", fix)


def _find(lake: Lake, need: _Need) -> dict[str, Any] | None:
    """The quota as it applies to the account, else its default."""
    quotas = lake.client("service-quotas")
    if code := CODES.get(need.quota):
        for ask in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
            try:
                found = ask(ServiceCode=need.service, QuotaCode=code)["Quota"]
            except ClientError as error:
                if error_code(error) != "NoSuchResourceException":
                    raise
                continue
            if found["QuotaName"] == need.quota:
                return dict(found)
    return next((q for q in _all(lake, need.service) if q["QuotaName"] == need.quota), None)


def _all(lake: Lake, service: str) -> Iterator[dict[str, Any]]:
    pages = lake.client("service-quotas").get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode=service):
        yield from page["Quotas"]


def _others(lake: Lake, need: _Need) -> list[str]:
    """Instance types of the same use for which the account has a quota, at most a few."""
    _, _, use = need.quota.partition(" ")
    found = [
        quota["QuotaName"].partition(" ")[0]
        for quota in _all(lake, need.service)
        if quota["QuotaName"].startswith("ml.")
        and quota["QuotaName"].partition(" ")[2] == use
        and quota["Value"] >= 1
    ]
    return sorted(found)[:_SUGGESTED]
