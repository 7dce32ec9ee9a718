"""Names that are not of Spark's own catalog: of another, such as Iceberg's, or a path in S3.

Apache Spark, "SQL Reference: Identifiers", and its `LookupCatalog`: the first part of a name is a
catalog if one is configured by it; else the name is of the session's current catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

SESSION_CATALOG = "spark_catalog"
_ICEBERG = "org.apache.iceberg.spark.SparkSessionCatalog"


def is_elsewhere(session: SparkSession, parts: Sequence[str]) -> bool:
    """Whether Spark's own catalog has no part in a name.

    Args:
        parts: of the name of a table or of a database
    """
    if len(parts) == 2 and "/" in parts[1]:  # delta.`s3://…`
        return True
    state: Any = session._jsparkSession.sessionState()
    manager = state.catalogManager()
    if len(parts) > 1 and manager.isCatalogRegistered(parts[0]):
        return parts[0] != SESSION_CATALOG
    return str(manager.currentCatalog().name()) != SESSION_CATALOG


def are_elsewhere(session: SparkSession, names: Sequence[Sequence[str]]) -> bool:
    """The same of all of several names, of which there must be one."""
    return bool(names) and all(is_elsewhere(session, parts) for parts in names)


def has_iceberg_within(session: SparkSession) -> bool:
    """Whether Iceberg's catalog stands before Spark's own and has its tables under plain names."""
    return session.conf.get(f"spark.sql.catalog.{SESSION_CATALOG}", None) == _ICEBERG
