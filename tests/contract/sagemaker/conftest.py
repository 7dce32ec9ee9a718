"""Hosting that leaves no endpoint behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import Aws, Hosting


@pytest.fixture
def hosting(aws: Aws, bucket: str) -> Iterator[Hosting]:
    made = Hosting(aws, bucket)
    yield made
    for name in made.endpoints:
        try:
            if made.settled(name):
                made.sagemaker.delete_endpoint(EndpointName=name)
        except ClientError as e:
            assert "Could not find" in e.response["Error"]["Message"]
