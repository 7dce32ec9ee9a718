"""Lab 1: the cleaned CSV files arrive in the bucket, rejected rows beside them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from pipeline.data import DataFile, Dataset
from pipeline.errors import StageError
from pipeline.lake import Lake, is_missing
from pipeline.run_state import Record
from pipeline.stages.base import Result, Stage, Work

__all__ = ["Land", "quarantine_key"]


def quarantine_key(quarantine: str, table: str) -> str:
    """Key of the JSON lines that hold a source file's rejected rows."""
    return f"{quarantine}/source/{table}.jsonl"


class Land(Stage):
    """Upload ``data/<table>/<table>.csv``, but only what has changed."""

    name = "land"

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [dataset.fingerprint]

    def missing(self, lake: Lake, record: Record) -> str | None:
        for table, file in record.details["files"].items():
            key = lake.settings.data_key(table)
            if _landed_sha256(lake, key) != file["sha256"]:
                return f"s3://{lake.bucket}/{key}"
        return None

    def run(self, work: Work) -> Result:
        lake, files = work.lake, work.dataset.files
        work.note(source=work.dataset.fingerprint)
        uploaded = 0
        for number, (table, file) in enumerate(files.items()):
            work.progress(f"{table}.csv", number, len(files))
            self._nothing_else_in(lake, table)
            uploaded += self._upload(lake, table, file)
            self._quarantine(lake, table, file)
        rejected = len(work.dataset.rejected)
        counts = {**work.dataset.counts, "rejected": rejected, "uploaded": uploaded}
        details: dict[str, Any] = {
            "source": work.dataset.fingerprint,
            "origin": work.dataset.origin,
            "kind": work.dataset.kind,
            "rating_pairs": work.dataset.rating_pairs,
            "files": {
                table: {
                    "rows": file.rows,
                    "rejected": len(file.rejected),
                    "keys": file.keys,
                    "duplicates": file.duplicates,
                    "sha256": file.sha256,
                }
                for table, file in files.items()
            },
        }
        rows = sum(work.dataset.counts.values())
        text = f"{rows:,} rows in {len(files)} files, {rejected:,} rejected, {uploaded} uploaded"
        return Result(text, counts, details)

    @staticmethod
    def _nothing_else_in(lake: Lake, table: str) -> None:
        """DMS loads every object of the folder, so a stranger there would become items."""
        key = lake.settings.data_key(table)
        folder = f"{PurePosixPath(key).parent}/"
        strangers = [o["Key"] for o in lake.objects(folder) if o["Key"] not in (key, folder)]
        if strangers:
            raise StageError(
                f"s3://{lake.bucket}/{folder} holds {strangers[0]} beside {key}, and DMS would "
                "load it too.",
                f"Remove it: aws s3 rm s3://{lake.bucket}/{strangers[0]}",
            )

    @staticmethod
    def _upload(lake: Lake, table: str, file: DataFile) -> int:
        key = lake.settings.data_key(table)
        if _landed_sha256(lake, key) == file.sha256:
            return 0
        lake.s3.upload_file(
            str(file.path),
            lake.bucket,
            key,
            ExtraArgs={"ContentType": "text/csv", "Metadata": {"sha256": file.sha256}},
        )
        return 1

    @staticmethod
    def _quarantine(lake: Lake, table: str, file: DataFile) -> None:
        key = quarantine_key(lake.settings.quarantine, table)
        if not file.rejected:
            lake.s3.delete_object(Bucket=lake.bucket, Key=key)
            return
        lines = [json.dumps(asdict(row), ensure_ascii=False) for row in file.rejected]
        body = "\n".join(lines).encode("utf-8") + b"\n"
        lake.s3.put_object(
            Bucket=lake.bucket, Key=key, Body=body, ContentType="application/x-ndjson"
        )


def _landed_sha256(lake: Lake, key: str) -> str | None:
    try:
        metadata: dict[str, str] = lake.s3.head_object(Bucket=lake.bucket, Key=key)["Metadata"]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return metadata.get("sha256")
