"""Endpoints that a test of events makes, and deletes."""

from __future__ import annotations

from tests.contract.sagemaker.conftest import hosting

__all__ = ["hosting"]
