"""Reads what the Glue job has written: the three directories and its report."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.distinct_keys import DistinctKeys
from pipeline.lake import Lake, is_missing
from pipeline.run_state import fingerprint

__all__ = [
    "Directory",
    "job_report",
    "missing_output",
    "output_digest",
    "read_directory",
    "written",
]


@dataclass(frozen=True)
class Directory:
    """One output directory of CSV files with a header."""

    header: list[str]
    rows: int
    keys: int
    """Distinct values of the key columns."""
    quarantined: int
    """Rows in the table's quarantine."""
    duplicates: int
    """Rows that another one of the same key has won over, by the job's report."""


def output_digest(lake: Lake) -> str:
    """Of keys and content (ETags) of all CSV objects: the same bytes give the same digest."""
    entries = lake.objects(f"{lake.settings.training_data}/")
    return fingerprint(*(f"{e['Key']} {e['ETag']}" for e in entries if e["Key"].endswith(".csv")))


def missing_output(lake: Lake) -> str | None:
    """The first of the job's output directories that holds no CSV object, None when all do."""
    for directory in lake.settings.output_directories:
        if not any(entry["Key"].endswith(".csv") for entry in lake.objects(directory)):
            return directory
    return None


def written(lake: Lake, run_id: str) -> tuple[dict[str, int], dict[str, Any]]:
    """Counts and details of the transform stage's record after a run of the Glue job."""
    report = job_report(lake)
    counts = {
        f"{name} {what}": number
        for name, said in report.items()
        for what, number in (
            ("written", said["written"]),
            ("rejected", sum(said["rejected"].values())),
            ("duplicates", said["duplicates"]),
        )
    }
    return counts, {"job_run": run_id, "report": report, "output": output_digest(lake)}


def job_report(lake: Lake) -> dict[str, Any]:
    """The job's own counts per output directory; {} when it has left none.

    ``{"rating": {"read": {table: rows}, "written": rows, "duplicates": rows, "rejected": {reason:
    rows}}, ...}``
    """
    try:
        report = json.loads(lake.read(lake.settings.report_key))
    except ClientError as error:
        if is_missing(error):
            return {}
        raise
    return dict(report["tables"])


def read_directory(lake: Lake, name: str, key_columns: int, report: dict[str, Any]) -> Directory:
    """Count the rows of an output directory, and their distinct keys.

    Args:
        key_columns: how many of the first columns are the key
        report: what `job_report` has returned
    """
    settings = lake.settings
    header: list[str] = []
    rows, keys = 0, DistinctKeys()
    for entry in lake.objects(f"{settings.training_data}/{name}/"):
        if not entry["Key"].endswith(".csv"):
            continue
        with lake.text(entry["Key"]) as lines:
            reader = csv.reader(lines)
            header = next(reader, header)
            for row in reader:
                rows += 1
                keys.add(tuple(row[:key_columns]))
    quarantined = sum(
        _lines(lake, entry["Key"])
        for entry in lake.objects(f"{settings.quarantine}/{name}/")
        if entry["Key"].endswith(".json")
    )
    duplicates = int(report.get(name, {}).get("duplicates", 0))
    return Directory(header, rows, len(keys), quarantined, duplicates)


def _lines(lake: Lake, key: str) -> int:
    with lake.binary(key) as lines:
        return sum(1 for _ in lines)
