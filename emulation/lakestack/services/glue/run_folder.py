"""The folder of one run: of a job, a session, an evaluation of data quality."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """A new folder, gone when the block ends.

    Args:
        name: no other run has it

    Raises:
        OSError: it cannot be made
    """
    folder = Path(tempfile.gettempdir()) / "glue" / name
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
