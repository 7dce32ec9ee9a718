"""Move old objects to another storage class: `transition_s3_path` and `transition_table`.

AWS Glue Developer Guide, "GlueContext class": objects in GLACIER and DEEP_ARCHIVE stay there, and
no object goes to REDUCED_REDUNDANCY.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .catalog import read_partitions, read_table
from .clients import client
from .retention import ARCHIVED, Retention, storage_class

_WHO_MOVES = ("accountId", "roleArn")
_CLASSES = (
    "STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
    "GLACIER_IR",
)  # fmt: skip


@dataclass(frozen=True)
class Transition:
    """Where objects go, and which.

    Attributes:
        target: the storage class
        retention: which objects stay; those of archives do in any case
    """

    target: str
    retention: Retention

    @classmethod
    def of(cls, target: str, options: Mapping[str, Any], where: str) -> Transition:
        """By a method's parameters.

        Raises:
            ValueError: there is no such storage class
            UnsupportedApiError: another option
        """
        if target not in _CLASSES:
            raise ValueError(f"transition_to={target!r}; expected one of {', '.join(_CLASSES)}")
        return cls(target, Retention.of(options, where, ignored=_WHO_MOVES))

    def path(self, s3_path: str) -> None:
        """Move the objects below a path."""
        s3 = client("s3")
        for bucket, old, _ in self.retention.listed(s3_path):
            for entry in old:
                if storage_class(entry) not in (self.target, *ARCHIVED):
                    s3.copy_object(
                        Bucket=bucket,
                        Key=entry["Key"],
                        CopySource={"Bucket": bucket, "Key": entry["Key"]},
                        StorageClass=self.target,
                        MetadataDirective="COPY",
                    )

    def table(self, database: str, name: str, catalog_id: str | None) -> None:
        """Move the objects of a table.

        Raises:
            CatalogError: there is no such table
        """
        found = read_table(database, name, catalog_id=catalog_id)
        places = (
            [partition.location for partition in read_partitions(found)]
            if found.partition_keys
            else [found.location]
        )
        for place in places:
            self.path(place.rstrip("/") + "/")
