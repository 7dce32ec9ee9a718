"""Counts of read, written, rejected and superseded rows, for each output table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from spark_jobs.row_rules import REASON, SOURCE


@dataclass
class TableReport:
    """Counts and files of one output; ``read = written + rejected + duplicates``."""

    read: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    written: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def read_rows(self) -> int:
        """Rows of all sources."""
        return sum(self.read.values())

    @property
    def rejected_rows(self) -> int:
        """Rows in quarantine."""
        return sum(self.rejected.values())


def count_rows(checked: dict[str, DataFrame]) -> dict[str, TableReport]:
    """Count read and rejected rows of all tables in one Spark job."""
    parts = [
        frame.groupBy(SOURCE, REASON).count().withColumn("table", F.lit(table))
        for table, frame in checked.items()
    ]
    reports = {table: TableReport() for table in checked}
    for row in sorted(reduce(DataFrame.unionByName, parts).collect(), key=str):
        report, rows = reports[row["table"]], row["count"]
        report.read[row[SOURCE]] = report.read.get(row[SOURCE], 0) + rows
        if row[REASON] is not None:
            report.rejected[row[REASON]] = report.rejected.get(row[REASON], 0) + rows
    return reports
