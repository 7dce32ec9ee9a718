"""`DataFrameReader` under AWS's name for its module; its code is in `readers`."""

from __future__ import annotations

from .readers import DataFrameReader

__all__ = ["DataFrameReader"]
