"""An account of moto's, and services that moto lacks, for tests of what is asked of an account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws

from pipeline.lake import Lake
from pipeline.target import open_target
from tests.unit.pipeline.fakes import SilentReporter, client_error

ACCOUNT = "123456789012"
REGION = "eu-central-1"
READS = ("BatchGetImage", "Describe", "Get", "Head", "List")
"""Beginnings of the names of operations that change nothing."""


@contextmanager
def account_lake(monkeypatch: pytest.MonkeyPatch, region: str = REGION) -> Iterator[Lake]:
    """A lake on the aws target in an empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        target = open_target("aws", environ={"AWS_REGION": region})
        yield Lake.open(target, SilentReporter())


def record_operations(lake: Lake) -> list[str]:
    """The operations that the lake's clients call from now on."""
    called: list[str] = []

    def note(model: Any, **_: Any) -> None:
        called.append(model.name)

    lake.target.session.events.register("before-call", note)
    return called


class Pages:
    """A paginator that has one page."""

    def __init__(self, page: dict[str, Any]) -> None:
        self._page = page

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [self._page]


class Quotas:
    """Service Quotas: those given, by name."""

    def __init__(self, values: dict[str, tuple[str, float]]) -> None:
        self.quotas = [
            {"QuotaName": name, "QuotaCode": code, "Value": value}
            for name, (code, value) in values.items()
        ]

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:  # noqa: ARG002, N803
        for quota in self.quotas:
            if quota["QuotaCode"] == QuotaCode:
                return {"Quota": quota}
        raise client_error("NoSuchResourceException", "GetServiceQuota")

    get_aws_default_service_quota = get_service_quota

    def get_paginator(self, _: str) -> Pages:
        return Pages({"Quotas": self.quotas})


class Dms:
    """DMS: offers the classes given, has nothing."""

    zones: tuple[str, ...] = (f"{REGION}a", f"{REGION}b")

    def __init__(self, *classes: str) -> None:
        self._classes = classes

    def get_paginator(self, _: str) -> Pages:
        offered = [
            {"ReplicationInstanceClass": name, "AvailabilityZones": list(self.zones)}
            for name in self._classes
        ]
        return Pages({"OrderableReplicationInstances": offered})

    def __getattr__(self, operation: str) -> Any:
        def nothing(**_: Any) -> None:
            raise client_error("ResourceNotFoundFault", operation)

        return nothing


class Ecr:
    """A registry that has the tags given."""

    def __init__(self, *tags: str) -> None:
        self._tags = tags

    def batch_get_image(self, *, imageIds: list[dict[str, str]], **_: str) -> dict[str, Any]:  # noqa: N803
        there = [i for i in imageIds if i["imageTag"] in self._tags]
        failures = [] if there else [{"failureCode": "ImageNotFound"}]
        return {"images": there, "failures": failures}


def put_client(lake: Lake, service: str, client: Any) -> None:
    """Let the lake's target answer with `client`."""
    lake.target._clients[service] = client


GOOD_QUOTAS = {
    "ml.m5.large for training job usage": ("L-611FA074", 1.0),
    "ml.t2.medium for endpoint usage": ("L-29C181D7", 2.0),
    "VPCs per Region": ("L-F678F1CE", 5.0),
    "Internet gateways per Region": ("L-A4707A72", 5.0),
}


def make_ready(lake: Lake) -> None:
    """Give the account what moto lacks, and all as a run needs it."""
    put_client(lake, "service-quotas", Quotas(GOOD_QUOTAS))
    put_client(lake, "dms", Dms("dms.t3.medium", "dms.t3.small"))
    put_client(lake, "ecr", Ecr(lake.target.sizes.framework_tag))
