"""``from awsglueml.transforms import EntityDetector``."""

from __future__ import annotations

from typing import Any

from awsglue.coverage.frames import TRANSFORMS
from awsglue.errors import UnsupportedApiError
from awsglue.sensitive_data.detector import EntityDetector

__all__ = ["EntityDetector"]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    row = TRANSFORMS.get(name)
    raise UnsupportedApiError(f"awsglueml.transforms.{name}", row.instead if row else "")
