"""Which catalog Spark uses: the one in memory, which `spark_catalog` fills, and never Hive's.

``enableHiveSupport()``, or ``spark.sql.catalogImplementation=hive`` in a SparkConf, is how scripts
ask for the Data Catalog on AWS. Here it would start a metastore of its own, which holds nothing
and refuses names that the Data Catalog has. What scripts change there goes to the Data Catalog
(`metastore_changes`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

IMPLEMENTATION = "spark.sql.catalogImplementation"


def without_hive() -> None:
    """Let every session that this process begins have Spark's catalog in memory."""
    plain = SparkSession.__init__

    @functools.wraps(plain)
    def begin(
        self: SparkSession,
        sparkContext: SparkContext,  # noqa: N803 - Spark's name
        jsparkSession: Any = None,  # noqa: N803
        options: Mapping[str, Any] | None = None,
    ) -> None:
        context: Any = sparkContext
        # Spark looks at the context's settings when its first session begins.
        context._jsc.sc().conf().set(IMPLEMENTATION, "in-memory")
        kept = {name: v for name, v in (options or {}).items() if name != IMPLEMENTATION}
        plain(self, sparkContext, jsparkSession, kept)

    setattr(SparkSession, "__init__", begin)  # noqa: B010 - mypy takes it for a method
