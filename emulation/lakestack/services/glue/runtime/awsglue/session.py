"""What frames, readers and writers need of the GlueContext that made them."""

from __future__ import annotations

from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession


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


def in_session(frame: DataFrame, session: SparkSession) -> DataFrame:
    """The same rows as a DataFrame of this session, where scripts look for its views.

    Spark hands over a batch of a stream in a clone of the session, so views of what comes of it are
    the clone's. AWS's ``toDF`` makes a DataFrame of the GlueContext (its library,
    ``awsglue/dynamicframe.py``).
    """
    java, home = frame._jdf, session._jsparkSession
    if java.sparkSession().equals(home):
        return frame
    jvm: Any = session._jvm
    plan = java.queryExecution().analyzed()
    return DataFrame(jvm.org.apache.spark.sql.Dataset.ofRows(home, plan), session)
