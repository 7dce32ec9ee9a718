"""Jars that a script names while it runs, such as ``customJdbcDriverS3Path``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from .clients import client
from .errors import SourceError

_fetched: dict[str, Path] = {}


def add(spark: SparkSession, url: str) -> None:
    """Put a jar on the class path of the session and of its tasks.

    A class that is there already stays the one that is used.

    Args:
        spark: the session
        url: ``s3://bucket/key.jar``, or a path of this machine

    Raises:
        SourceError: it cannot be had
    """
    if url not in _fetched:
        _fetched[url] = _fetch(url)
    # Each time: the class path is one of the thread that asks, and scripts have several.
    session: Any = spark._jsparkSession
    session.sessionState().resourceLoader().addJar(_fetched[url].as_uri())


def _fetch(url: str) -> Path:
    scheme, _, place = url.partition("://")
    if scheme not in ("s3", "s3a", "s3n"):
        path = Path(url.removeprefix("file:").strip())
        if not path.is_file():
            raise SourceError(f"the jar {url} is neither in S3 nor a file of this machine")
        return path.resolve()
    from botocore.exceptions import ClientError

    bucket, _, key = place.partition("/")
    target = Path(tempfile.mkdtemp(prefix="jar-")) / (Path(key).name or "driver.jar")
    try:
        client("s3").download_file(bucket.strip(), key.strip(), str(target))
    except ClientError as e:
        raise SourceError(f"the jar {url} cannot be read: {e}") from e
    return target
