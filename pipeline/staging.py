"""Puts the cleaned CSV files into ``landing/``, with a manifest that says what they are.

From there the custom resource of stack 004 copies them to ``data/``, where DMS reads them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing
from pipeline.run_state import fingerprint
from pipeline.slow_step import SlowStep
from pipeline.uploads import upload

if TYPE_CHECKING:
    from pipeline.data import DataFile

__all__ = ["landed_sha256", "stage_files"]


def stage_files(lake: Lake, files: Mapping[str, DataFile]) -> str:
    """Upload what has changed.

    Args:
        files: by table

    Returns:
        fingerprint of the manifest
    """
    entries = []
    total = sum(file.path.stat().st_size for file in files.values())
    done = 0
    with SlowStep(lake.reporter, "upload") as progress:
        for table, file in sorted(files.items()):
            key = lake.settings.landing_key(table)
            if landed_sha256(lake, key) != file.sha256:
                lake.s3.upload_file(
                    str(file.path),
                    lake.bucket,
                    key,
                    ExtraArgs={"ContentType": "text/csv", "Metadata": {"sha256": file.sha256}},
                    Callback=_Uploaded(progress, f"{table}.csv", done, total),
                )
            done += file.path.stat().st_size
    for table, file in sorted(files.items()):
        key = lake.settings.landing_key(table)
        entries.append({"from": key, "to": lake.settings.data_key(table), "sha256": file.sha256})
    manifest = json.dumps({"files": entries}, indent=1).encode("utf-8")
    upload(lake, lake.settings.manifest_key, manifest, "application/json")
    return fingerprint(manifest)[:16]


class _Uploaded:
    """Told by several threads of the bytes of a file that have gone out."""

    def __init__(self, progress: SlowStep, name: str, before: int, total: int) -> None:
        self._progress, self._name, self._total = progress, name, total
        self._lock, self._done = threading.Lock(), before

    def __call__(self, count: int) -> None:
        from pipeline.data.room import amount

        with self._lock:
            self._done += count
            text = f"{self._name}: {amount(self._done)} of {amount(self._total)}"
            self._progress(text, self._done, self._total)


def landed_sha256(lake: Lake, key: str) -> str | None:
    """SHA-256 of an object as it was noted when it was put there; None when it is not there."""
    try:
        metadata: dict[str, str] = lake.s3.head_object(Bucket=lake.bucket, Key=key)["Metadata"]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return metadata.get("sha256")
