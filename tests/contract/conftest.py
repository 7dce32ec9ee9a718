"""Stacks of CloudFormation, for the tests of each service that a template can describe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.cloudformation.custom_resource_helpers import CustomStacks
from tests.contract.cloudformation.helpers import Aws, Stacks


@pytest.fixture
def stacks(aws: Aws) -> Iterator[Stacks]:
    """Creates stacks, and deletes them after the test."""
    made = Stacks(aws)
    yield made
    made.clean()


@pytest.fixture
def custom_stacks(aws: Aws) -> Iterator[CustomStacks]:
    """Creates stacks with a custom resource and its function, and deletes them after the test."""
    found = CustomStacks(aws)
    yield found
    for name in found.names:
        aws("cloudformation").delete_stack(StackName=name)
