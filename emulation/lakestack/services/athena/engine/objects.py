"""Objects of S3 as files of this process, where DuckDB reads them.

A body is fetched once for each ETag and kept until the space is needed, so that the second query of
a table fetches nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.athena.engine.errors import QueryError, data_error

KEPT_BYTES = 1 << 30
"""What the files may take before a query, which then lets the oldest go."""
FETCHES = 4
_COMPRESSIONS = (".gz", ".zst", ".bz2", ".snappy", ".lz4", ".deflate")


@dataclass(frozen=True)
class StoredObject:
    """An object with data.

    Attributes:
        size: bytes
    """

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def path(self) -> str:
        """What ``"$path"`` is."""
        return f"s3://{self.bucket}/{self.key}"


def split_url(url: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``.

    Raises:
        QueryError: it is no such URL
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise QueryError("", f"Invalid S3 location: {url}; expected s3://bucket/folder/")
    return bucket, key


class Objects:
    """Reads and writes objects.

    Args:
        s3: boto3's client
        folder: for the files
    """

    def __init__(self, s3: Any, folder: Path) -> None:
        self._s3, self.folder = s3, folder

    def below(self, location: str) -> list[StoredObject]:
        """The objects with data below a location; Hive hides names with ``_`` or ``.`` in front.

        Raises:
            QueryError: there is no such bucket
        """
        bucket, key = split_url(location)
        prefix = f"{key.rstrip('/')}/" if key else ""
        return [
            each
            for each in self._listed(bucket, prefix)
            if each.size and not each.key.rpartition("/")[2].startswith(("_", "."))
        ]

    def folders(self, location: str) -> list[str]:
        """Names of the folders directly below a location."""
        bucket, key = split_url(location)
        prefix = f"{key.rstrip('/')}/" if key else ""
        pages = self._s3.get_paginator("list_objects_v2")
        found = []
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
            found += [
                each["Prefix"][len(prefix) :].rstrip("/") for each in page.get("CommonPrefixes", ())
            ]
        return found

    def delete_below(self, location: str) -> None:
        """Delete everything below a location."""
        bucket, key = split_url(location)
        keys = [each.key for each in self._listed(bucket, f"{key.rstrip('/')}/")]
        for at in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[at : at + 1000]]
            self._s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})

    def files(self, wanted: Sequence[StoredObject]) -> list[Path]:
        """The bodies as files, in the same order.

        Raises:
            QueryError: one was deleted meanwhile
        """
        with ThreadPoolExecutor(FETCHES) as pool:
            return list(pool.map(self._file, wanted))

    def put(self, url: str, body: bytes) -> None:
        """Write an object."""
        bucket, key = split_url(url)
        with _said(url):
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def upload(self, url: str, file: Path) -> None:
        """Write an object from a file."""
        bucket, key = split_url(url)
        with _said(url):
            self._s3.upload_file(str(file), bucket, key)

    def make_space(self) -> None:
        """Let the files go that were not used for the longest time, beyond `KEPT_BYTES`."""
        kept = sorted(
            ((file.stat().st_mtime, file.stat().st_size, file) for file in self.folder.iterdir()),
            reverse=True,
        )
        total = 0
        for _, size, file in kept:
            total += size
            if total > KEPT_BYTES:
                file.unlink()

    def _listed(self, bucket: str, prefix: str) -> Iterator[StoredObject]:
        pages = self._s3.get_paginator("list_objects_v2")
        with _said(f"s3://{bucket}/{prefix}"):
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield StoredObject(bucket, each["Key"], each["Size"], each["ETag"].strip('"'))

    def _file(self, wanted: StoredObject) -> Path:
        name = hashlib.sha256(f"{wanted.path} {wanted.etag}".encode()).hexdigest()[:32]
        suffix = Path(wanted.key).suffix.lower()
        file = self.folder / f"{name}{suffix if suffix in _COMPRESSIONS else ''}"
        if file.exists():
            file.touch()
            return file
        part = file.with_name(f"{file.name}.part")
        try:
            body = self._s3.get_object(Bucket=wanted.bucket, Key=wanted.key)["Body"]
            with part.open("wb") as target:
                while chunk := body.read(1 << 20):
                    target.write(chunk)
        except ClientError as e:
            raise data_error(
                "HIVE_CANNOT_OPEN_SPLIT",
                f"Error opening Hive split {wanted.path} (offset=0, length={wanted.size}): {e}",
            ) from e
        part.rename(file)
        return file


@contextlib.contextmanager
def _said(url: str) -> Iterator[None]:
    """Say which location a request of S3 was about."""
    try:
        yield
    except ClientError as e:
        error = e.response["Error"]
        raise QueryError(
            "",
            f"{error['Message']} (Service: Amazon S3; Status Code: "
            f"{e.response['ResponseMetadata']['HTTPStatusCode']}; Error Code: {error['Code']}); "
            f"location: {url}",
        ) from e
