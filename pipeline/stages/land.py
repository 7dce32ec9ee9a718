"""Lab 1: the cleaned CSV files arrive in the bucket, rejected rows beside them.

Stack 004 copies them from where they were staged; this stage sees that they have arrived.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.errors import StageError
from pipeline.infrastructure import copy_again
from pipeline.lake import Lake
from pipeline.run_state import Record
from pipeline.settings import ROOT
from pipeline.stages.base import Result, Stage, Work
from pipeline.staging import landed_sha256
from pipeline.text.counted import counted

if TYPE_CHECKING:
    from pipeline.data import DataFile, Dataset

__all__ = ["Land", "quarantine_key"]


def quarantine_key(quarantine: str, table: str) -> str:
    """Key of the JSON lines that hold a source file's rejected rows."""
    return f"{quarantine}/source/{table}.jsonl"


class Land(Stage):
    """See that ``data/<table>/<table>.csv`` is what it should be, or have it copied again."""

    name = "land"
    stacks = (ROOT,)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [dataset.fingerprint]

    def missing(self, lake: Lake, record: Record) -> str | None:
        for table, file in record.details["files"].items():
            key = lake.settings.data_key(table)
            if landed_sha256(lake, key) != file["sha256"]:
                return f"s3://{lake.bucket}/{key}"
        return None

    def run(self, work: Work) -> Result:
        lake, files = work.lake, work.dataset.files
        work.note(source=work.dataset.fingerprint)
        for number, (table, file) in enumerate(files.items()):
            work.progress(f"{table}.csv", number, len(files))
            self._nothing_else_in(lake, table)
            self._quarantine(lake, table, file)
        if work.forced or self._absent(lake, files):
            copy_again(lake.stacks)
        if absent := self._absent(lake, files):
            raise StageError(
                f"s3://{lake.bucket}/{absent} is not the file that was staged.",
                "Copy it again with: lake run --only land --force",
            )
        rejected = len(work.dataset.rejected)
        counts = {**work.dataset.counts, "rejected": rejected}
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
        text = f"{counted(rows, 'row')} in {counted(len(files), 'file')}, {rejected:,} rejected"
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
                f"Remove it: {lake.target.aws_cli} s3 rm s3://{lake.bucket}/{strangers[0]}",
            )

    @staticmethod
    def _absent(lake: Lake, files: dict[str, DataFile]) -> str | None:
        """The first key that does not hold its file."""
        keys = ((lake.settings.data_key(table), file.sha256) for table, file in files.items())
        return next((key for key, sha256 in keys if landed_sha256(lake, key) != sha256), None)

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
