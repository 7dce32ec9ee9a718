"""The outputs of a processing job: folders whose files go to S3, at the end or as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakestack.services.sagemaker.objects import split_uri

CONTINUOUS = "Continuous"


class Outputs:
    """The output folders of one job. Not thread-safe.

    Args:
        given: ProcessingOutputConfig's Outputs
        folder_of: the folder of a LocalPath
    """

    def __init__(self, s3: Any, given: list[dict[str, Any]], folder_of: Any) -> None:
        self._s3 = s3
        self._outputs = [(each["S3Output"], folder_of(each["S3Output"])) for each in given]
        self._uploaded: dict[Path, tuple[int, int]] = {}

    @property
    def folders(self) -> list[Path]:
        """All folders."""
        return [folder for _, folder in self._outputs]

    def upload(self, *, ended: bool) -> int:
        """Upload files that are new or have changed; returns how many.

        Args:
            ended: the job has succeeded: all outputs; otherwise those that are Continuous
        """
        count = 0
        for output, folder in self._outputs:
            if ended or output["S3UploadMode"] == CONTINUOUS:
                for path in sorted(folder.rglob("*")):
                    count += self._changed(path, folder) and self._put(path, folder, output)
        return count

    def _changed(self, path: Path, folder: Path) -> bool:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            return False  # a link out of the output is not followed
        status = path.stat()
        state = status.st_size, status.st_mtime_ns
        changed = self._uploaded.get(path) != state
        self._uploaded[path] = state
        return changed

    def _put(self, path: Path, folder: Path, output: dict[str, Any]) -> bool:
        bucket, prefix = split_uri(output["S3Uri"].rstrip("/") + "/")
        self._s3.upload_file(str(path), bucket, prefix + path.relative_to(folder).as_posix())
        return True
