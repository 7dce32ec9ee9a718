"""Delete old objects: `GlueContext.purge_s3_path` and `purge_table`.

AWS Glue Developer Guide, "GlueContext class".
"""

from __future__ import annotations

from collections.abc import Sequence

from .catalog import read_partitions, read_table
from .clients import client
from .errors import SourceError
from .retention import Retention

_PER_CALL = 25  # partitions, as BatchDeletePartition takes


def path(s3_path: str, retention: Retention) -> int:
    """Delete the objects below a path; returns how many stay.

    Raises:
        SourceError: S3 refuses to delete one
    """
    s3 = client("s3")
    kept = 0
    for bucket, old, others in retention.listed(s3_path):
        kept += others
        if old:
            keys = [{"Key": entry["Key"]} for entry in old]
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
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
