"""AWS Glue's Python API, our own, on plain Spark: what Glue scripts import.

Written from the AWS Glue Developer Guide ("AWS Glue PySpark extensions"); it contains nothing of
AWS's library and needs none of its jars. What it does not have raises `UnsupportedApiError` with
the name of the feature, never a silent no-op. It imports nothing of the emulator: the addresses
come from the standard AWS_* variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dynamicframe import DynamicFrame

__all__ = ["DynamicFrame"]


def __getattr__(name: str) -> Any:
    # Late, as PySpark takes a while and the emulator imports parts of this package without it.
    if name == "DynamicFrame":
        from .dynamicframe import DynamicFrame

        return DynamicFrame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
