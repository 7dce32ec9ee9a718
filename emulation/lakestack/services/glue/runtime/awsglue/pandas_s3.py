"""`s3://` in pandas: ``read_csv``, ``to_json`` and all that opens one file.

On AWS Glue pandas has s3fs for it, which wants another botocore than the one here. Where a job
brings fsspec (``--additional-python-modules s3fs``), that opens the files; else an object is read
whole, and written when it is closed, by boto3. Parquet needs neither: Arrow reads S3 itself.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .clients import client

_URL = re.compile(r"s3[an]?://([^/]+)/(.+)", re.DOTALL)
_MISSING = {"NoSuchKey", "NoSuchBucket", "404"}


class _Written(io.BytesIO):
    """A new object, stored when it is closed."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__()
        self._bucket, self._key = bucket, key

    def close(self) -> None:
        if not self.closed:
            body = self.getvalue()
            try:
                with _as_os_errors(f"{self._bucket}/{self._key}"):
                    client("s3").put_object(Bucket=self._bucket, Key=self._key, Body=body)
            finally:
                super().close()


def opened(url: str, mode: str) -> io.BytesIO:
    """An object as a binary file.

    Raises:
        FileNotFoundError: there is no such object or bucket, as s3fs says it
        PermissionError: S3 refuses it
        ValueError: the mode is neither to read nor to write
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"{url!r} is no s3://bucket/key")
    bucket, key = found.groups()
    if mode[:1] in ("w", "x"):
        return _Written(bucket, key)
    if mode[:1] != "r" or "+" in mode:
        raise ValueError(f"mode {mode!r} is not possible with {url}: r or w is")
    with _as_os_errors(f"{bucket}/{key}"):
        return io.BytesIO(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def open_s3(common: Any) -> None:
    """Let pandas open such URLs.

    Args:
        common: the module pandas.io.common, where pandas opens whatever it is given a path of
    """
    plain = common._get_filepath_or_buffer

    @functools.wraps(plain)
    def of_path(
        filepath_or_buffer: Any,
        encoding: str = "utf-8",
        compression: Any = None,
        mode: str = "r",
        storage_options: Any = None,
    ) -> Any:
        path = common.stringify_path(filepath_or_buffer)
        if not (isinstance(path, str) and _URL.fullmatch(path)) or _has_fsspec():
            return plain(filepath_or_buffer, encoding, compression, mode, storage_options)
        method, options = common.get_compression_method(compression)
        method = common.infer_compression(path, method)
        binary = mode if "b" in mode else mode.replace("t", "") + "b"
        file = opened(path, mode)
        found = plain(file, encoding, {**options, "method": method}, binary, None)
        return replace(found, should_close=True)

    common._get_filepath_or_buffer = of_path


def _has_fsspec() -> bool:
    return importlib.util.find_spec("fsspec") is not None


@contextmanager
def _as_os_errors(what: str) -> Iterator[None]:
    from botocore.exceptions import ClientError  # late: every worker of Spark comes by here

    try:
        yield
    except ClientError as e:
        code = e.response["Error"]["Code"]
        if code in _MISSING:
            raise FileNotFoundError(what) from e
        if code in ("AccessDenied", "403"):
            raise PermissionError(what) from e
        raise OSError(f"{what}: {e}") from e
