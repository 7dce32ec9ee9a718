"""Move old objects to another storage class: `transition_s3_path` and `transition_table`.

AWS Glue Developer Guide, "GlueContext class": objects in GLACIER and DEEP_ARCHIVE stay there, and
no object goes to REDUCED_REDUNDANCY.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlparse

from .catalog import read_partitions, read_table
from .clients import client
from .errors import UnsupportedApiError

_HOURS = 168.0
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
_CLASSES = (
    "STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
    "GLACIER_IR",
)  # fmt: skip


@dataclass(frozen=True)
class Transition:
    """Where objects go, and which.

    Attributes:
        target: the storage class
        hours: those that were changed since stay
        excluded: those of these storage classes stay
    """

    target: str
    hours: float = _HOURS
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, target: str, options: Mapping[str, Any], where: str) -> Transition:
        """By a method's parameters.

        Raises:
            ValueError: there is no such storage class
            UnsupportedApiError: another option
        """
        if target not in _CLASSES:
            raise ValueError(f"transition_to={target!r}; expected one of {', '.join(_CLASSES)}")
        for name, value in options.items():
            # Whose role moves them does not matter here.
            known = ("retentionPeriod", "excludeStorageClasses", "accountId", "roleArn")
            if name not in known and value:
                raise UnsupportedApiError(f"{where} option {name!r}")
        classes = tuple(str(each).upper() for each in options.get("excludeStorageClasses") or ())
        return cls(target, float(options.get("retentionPeriod", _HOURS)), classes)

    def path(self, s3_path: str) -> None:
        """Move the objects below a path."""
        parts = urlparse(s3_path)
        s3 = client("s3")
        limit = datetime.now(UTC) - timedelta(hours=self.hours)
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=parts.netloc, Prefix=parts.path.lstrip("/")
        )
        for entry in (found for page in pages for found in page.get("Contents", [])):
            now = entry.get("StorageClass", "STANDARD")
            stays = now in (self.target, *self.excluded, *_ARCHIVED)
            if not stays and entry["LastModified"] <= limit:
                s3.copy_object(
                    Bucket=parts.netloc,
                    Key=entry["Key"],
                    CopySource={"Bucket": parts.netloc, "Key": entry["Key"]},
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
