"""Delete old objects: `GlueContext.purge_s3_path` and `purge_table`.

AWS Glue Developer Guide, "GlueContext class".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlparse

from .catalog import read_partitions, read_table
from .clients import client
from .errors import SourceError, UnsupportedApiError

_PER_CALL = 25  # partitions, as BatchDeletePartition takes
_HOURS = 168.0
_EXCLUDED = ("GLACIER", "DEEP_ARCHIVE")


@dataclass(frozen=True)
class Retention:
    """Which objects stay.

    Attributes:
        hours: those that were changed since
        classes: those of these storage classes
    """

    hours: float = _HOURS
    classes: tuple[str, ...] = _EXCLUDED

    @classmethod
    def of(cls, options: Mapping[str, Any], where: str) -> Retention:
        """By a method's options.

        Raises:
            UnsupportedApiError: another option
        """
        for name, value in options.items():
            if name not in ("retentionPeriod", "excludeStorageClasses") and value:
                raise UnsupportedApiError(f"{where} option {name!r}")
        classes = options.get("excludeStorageClasses")
        return cls(
            float(options.get("retentionPeriod", _HOURS)),
            _EXCLUDED if classes is None else tuple(str(each).upper() for each in classes),
        )


def path(s3_path: str, retention: Retention) -> int:
    """Delete the objects below a path; returns how many stay.

    Raises:
        SourceError: S3 refuses to delete one
    """
    parts = urlparse(s3_path)
    prefix = parts.path.lstrip("/")
    s3 = client("s3")
    limit = datetime.now(UTC) - timedelta(hours=retention.hours)
    kept = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=prefix):
        old = [
            {"Key": entry["Key"]}
            for entry in page.get("Contents", [])
            if entry["LastModified"] <= limit
            and entry.get("StorageClass", "STANDARD") not in retention.classes
        ]
        kept += len(page.get("Contents", [])) - len(old)
        if old:
            answer = s3.delete_objects(Bucket=parts.netloc, Delete={"Objects": old, "Quiet": True})
            if failed := answer.get("Errors"):
                raise SourceError(f"purge could not delete {failed[0]}")
    return kept


def table(database: str, name: str, retention: Retention, catalog_id: str | None) -> None:
    """Delete the objects of a table, and the partitions that have none any more.

    Raises:
        CatalogError: there is no such table
        SourceError: S3 refuses to delete an object
    """
    found = read_table(database, name, catalog_id=catalog_id)
    if not found.partition_keys:
        path(found.location.rstrip("/") + "/", retention)
        return
    empty = [
        partition.values
        for partition in read_partitions(found)
        if not path(partition.location.rstrip("/") + "/", retention)
    ]
    for start in range(0, len(empty), _PER_CALL):
        _delete_partitions(database, name, empty[start : start + _PER_CALL])


def _delete_partitions(database: str, name: str, values: Sequence[tuple[str, ...]]) -> None:
    answer = client("glue").batch_delete_partition(
        DatabaseName=database,
        TableName=name,
        PartitionsToDelete=[{"Values": list(each)} for each in values],
    )
    for error in answer.get("Errors", ()):
        raise SourceError(f"partition {error['PartitionValues']}: {error['ErrorDetail']}")
