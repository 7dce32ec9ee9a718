"""What the tests of jobs share."""

from __future__ import annotations

import pytest

from tests.integration.glue.jobs import Aws, Jobs


@pytest.fixture
def jobs(aws: Aws, bucket: str) -> Jobs:
    """Jobs with their scripts in a bucket of their own."""
    return Jobs(aws, bucket)
