"""Which objects are old enough for `purge` and `storage_classes`.

AWS Glue Developer Guide, "GlueContext class".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlparse

from .clients import client
from .errors import UnsupportedApiError

HOURS = 168.0
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
_OPTIONS = frozenset({"retentionPeriod", "excludeStorageClasses"})


@dataclass(frozen=True)
class Retention:
    """Which objects stay.

    Attributes:
        hours: those that were changed since
        classes: those of these storage classes
    """

    hours: float = HOURS
    classes: tuple[str, ...] = ARCHIVED

    @classmethod
    def of(cls, options: Mapping[str, Any], where: str, ignored: Collection[str] = ()) -> Retention:
        """By a method's options.

        Args:
            where: the method's name
            ignored: further options, which do not matter here

        Raises:
            UnsupportedApiError: another option
        """
        for name, value in options.items():
            if name not in _OPTIONS and name not in ignored and value:
                raise UnsupportedApiError(f"{where} option {name!r}")
        classes = options.get("excludeStorageClasses")
        return cls(
            float(options.get("retentionPeriod", HOURS)),
            ARCHIVED if classes is None else tuple(str(each).upper() for each in classes),
        )

    def listed(self, s3_path: str) -> Iterator[tuple[str, list[dict[str, Any]], int]]:
        """Each page of the objects below a path.

        Returns:
            the bucket, the entries of the objects that do not stay, and how many do
        """
        parts = urlparse(s3_path)
        limit = datetime.now(UTC) - timedelta(hours=self.hours)
        pages = (
            client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=parts.netloc, Prefix=parts.path.lstrip("/"))
        )
        for page in pages:
            entries = page.get("Contents", [])
            old = [
                entry
                for entry in entries
                if entry["LastModified"] <= limit and storage_class(entry) not in self.classes
            ]
            yield parts.netloc, old, len(entries) - len(old)


def storage_class(entry: Mapping[str, Any]) -> str:
    """The storage class of an object in a listing."""
    return str(entry.get("StorageClass", "STANDARD"))
