"""Puts the page into its file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.errors import EvaluationError
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.report.page import page

__all__ = ["write_report"]


def write_report(found: Evaluation, path: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        EvaluationError: the file cannot be written
    """
    text = page(found.as_dict())
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written: {error.strerror}.",
            "Name another file: lake evaluate --report report.html",
        ) from error
