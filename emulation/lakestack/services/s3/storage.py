"""Where S3 keeps the bodies of larger objects: below this emulator's own folder.

LocalStack 4.9.2 keeps them in /tmp/localstack-s3-storage, by bucket name. A second emulator on the
machine with a bucket of the same name would delete the first one's files when it stops, and every
later PutObject above 512 KB there fails. Of a bucket that never held an object, LocalStack leaves
the folder behind when it is deleted.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from lakestack import patches


def install() -> None:
    """Give S3 a folder of its own inside TMPDIR, which is private to this emulator."""
    original = patches.original("s3.folder")
    folder = str(Path(tempfile.gettempdir()) / "s3")

    def own_folder(self: Any, root_directory: str | None = None) -> None:  # noqa: ARG001
        original(self, folder)

    delete = patches.original("s3.delete_folder")

    def delete_with_folder(self: Any, bucket: str) -> None:
        delete(self, bucket)
        shutil.rmtree(Path(self.root_directory, bucket), ignore_errors=True)

    delete_bucket = patches.original("s3.delete_bucket")

    def delete_with_tags(self: Any, context: Any, bucket: str, *rest: Any, **named: Any) -> Any:
        store, found = self._get_cross_account_bucket(context, bucket)
        answer = delete_bucket(self, context, bucket, *rest, **named)
        store.TAGS.tags.pop(found.bucket_arn, None)
        return answer

    patches.replace("s3.delete_bucket", delete_with_tags)
    patches.replace("s3.folder", own_folder)
    patches.replace("s3.delete_folder", delete_with_folder)
