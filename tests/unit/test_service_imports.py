"""What the emulator's services read and import once, and what they leave alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lakestack import patches
from lakestack.services.service_regions import regions_of

SCHEMA = """
import sys
from lakestack.services.cloudformation.schemas import schema_of
schema = schema_of("AWS::S3::Bucket")
assert schema is not None and schema["typeName"] == "AWS::S3::Bucket", schema
print(*sorted({"cfnlint", "sympy", "networkx"} & set(sys.modules)))
"""


def test_a_resource_schema_is_read_without_an_import_of_cfn_lint() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCHEMA], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


@pytest.mark.parametrize("service", ["s3", "dms", "ec2", "iam", "sagemaker", "no-such-service"])
def test_a_service_has_the_regions_that_localstack_finds(service: str) -> None:
    found = regions_of(service)
    assert found == patches.original("service_regions")(service)
    assert "us-gov-west-1" in found
    assert ("us-east-1" in found) == (service not in ("iam", "no-such-service"))
