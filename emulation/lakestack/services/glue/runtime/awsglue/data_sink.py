"""`DataSink` under AWS's name for its module; its code is in `writers`."""

from __future__ import annotations

from .writers import DataSink

__all__ = ["DataSink"]
