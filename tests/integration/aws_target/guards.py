"""The lake's names in the test's account."""

from __future__ import annotations

from pipeline.settings import Settings
from tests.integration.aws_target.account import ACCOUNT, REGION


def names() -> Settings:
    """The lake's names in the test's account."""
    return Settings(account=ACCOUNT, region=REGION)
