"""What frames, readers and writers need of the GlueContext that made them."""

from __future__ import annotations

from typing import Any, Protocol

from pyspark.sql import SparkSession


class HasSession(Protocol):
    """A GlueContext, as far as frames use it; `context` knows them, not they it."""

    @property
    def spark_session(self) -> SparkSession:
        """The SparkSession."""
        ...

    @property
    def write_dynamic_frame(self) -> Any:
        """What writes frames."""
        ...
