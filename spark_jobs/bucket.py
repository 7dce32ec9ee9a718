"""The output bucket: whole prefixes are listed, deleted, or put in place of others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from spark_jobs.errors import TrainingDataError


class Bucket:
    """The output bucket: listing, copying and deleting whole prefixes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._s3 = boto3.client("s3")

    def objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the objects below a prefix, by key."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        for page in pages:
            yield from page.get("Contents", [])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects.

        Raises:
            TrainingDataError: one of them could not be deleted
        """
        for start in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[start : start + 1000]]
            answer = self._s3.delete_objects(
                Bucket=self.name, Delete={"Objects": batch, "Quiet": True}
            )
            for error in answer.get("Errors", []):
                raise TrainingDataError(f"cannot delete {error['Key']}: {error['Message']}")

    def clear(self, prefix: str) -> None:
        """Delete everything below a prefix."""
        self.delete([entry["Key"] for entry in self.objects(prefix)])

    def put_json(self, key: str, value: Any) -> None:
        """Write an object of readable JSON with sorted keys."""
        body = json.dumps(value, indent=2, sort_keys=True) + "\n"
        self._s3.put_object(
            Bucket=self.name, Key=key, Body=body.encode(), ContentType="application/json"
        )

    def promote(self, staged: str, final: str, suffix: str) -> list[dict[str, Any]]:
        """Replace what is below `final` by the part files below `staged`, under settled names.

        Spark's ``part-00003-<random>.csv`` becomes ``part-00003.csv``. Objects that are not
        replaced are deleted afterwards.

        Returns:
            key, bytes and ETag of each file
        """
        parts = {
            f"{final}part-{entry['Key'].rpartition('/')[2].split('-')[1]}{suffix}": entry
            for entry in self.objects(staged)
            if entry["Key"].rpartition("/")[2].startswith("part-")
        }

        def copy(target: str) -> dict[str, Any]:
            source = {"Bucket": self.name, "Key": parts[target]["Key"]}
            done = self._s3.copy_object(Bucket=self.name, Key=target, CopySource=source)
            etag = done["CopyObjectResult"]["ETag"].strip('"')
            return {"key": target, "bytes": parts[target]["Size"], "etag": etag}

        with ThreadPoolExecutor(8) as pool:
            files = list(pool.map(copy, sorted(parts)))
        self.delete([e["Key"] for e in self.objects(final) if e["Key"] not in parts])
        return files
